import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Environment } from '@plumbline/worker';
import { join } from 'node:path';
import { ClusterApi } from './cluster/api';
import type { Cluster } from './cluster/cluster';
import type { VerifyContext } from './context';
import { RenderedEnvironment } from './rendered';
import { SampleTrace } from './sample/sample-trace';
import type { GivenAddresses } from './servers/names';
import { Servers } from './servers/servers';

/** What a server answers: JSON with 200, or a status with a text. */
export type Answer = object | PlainAnswer;

interface PlainAnswer {
  readonly status: number;
  readonly text: string;
}

/** A server on loopback for one test. */
export interface TestServer {
  readonly url: string;
  /** Method, path and body of each request. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** Serves JSON on loopback; what `answer` does not know is 404. */
export async function serve(
  answer: (path: string, request: IncomingMessage) => Answer | undefined,
): Promise<TestServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const path = decodeURIComponent(request.url ?? '');
      requests.push(`${request.method ?? ''} ${path} ${Buffer.concat(chunks).toString()}`.trim());
      const found = answer(path, request) ?? { status: 404, text: 'not found' };
      const { status, text } = isPlain(found) ? found : { status: 200, text: JSON.stringify(found) };
      response.writeHead(status);
      response.end(text);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function isPlain(answer: Answer): answer is PlainAnswer {
  return 'status' in answer && 'text' in answer;
}

/** A cluster whose API server is a server of the test; its ports cannot be forwarded. */
export function clusterAt(url: string): Cluster {
  return {
    context: 'test',
    api: new ClusterApi(url, () => Promise.resolve()),
    forward: () => Promise.reject(new Error('nothing is forwarded here')),
    forwardService: () => Promise.reject(new Error('nothing is forwarded here')),
    close: () => Promise.resolve(),
  };
}

/** What is rendered for the environment `thesis`. */
export function thesis(): RenderedEnvironment {
  return RenderedEnvironment.read(join(__dirname, '..', '..', '..', 'dist', 'thesis'));
}

export interface TestContextOptions {
  readonly rendered?: RenderedEnvironment;
  readonly given?: GivenAddresses;
  readonly cluster?: Cluster;
  readonly environment?: Environment;
}

/** A context that is not patient. */
export function contextOf({
  rendered = thesis(),
  given = {},
  cluster,
  environment = {},
}: TestContextOptions): VerifyContext {
  const servers = new Servers(given, rendered, cluster, environment);
  const sample = new SampleTrace(servers);
  const signal = new AbortController().signal;
  return { rendered, servers, sample, patienceMs: 20, signal, ...(cluster && { cluster }) };
}
