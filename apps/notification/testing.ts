import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  readonly url: string;
  readonly body: unknown;
}

export interface ChannelAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
}

/** An HTTP server that stands where a channel's would be; answers as told, and keeps what it got. */
export async function startChannelServer(
  answer: (request: ReceivedRequest, count: number) => ChannelAnswer | Promise<ChannelAnswer>,
): Promise<{ url: string; received: ReceivedRequest[]; stop: () => Promise<void> }> {
  const received: ReceivedRequest[] = [];
  const server: Server = createServer((request, response) => {
    void readJson(request).then(async (body) => {
      const got = { method: request.method ?? '', url: request.url ?? '', body };
      received.push(got);
      const { status, headers, body: reply } = await answer(got, received.length);
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(reply === undefined ? '' : JSON.stringify(reply));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return JSON.parse(text);
}
