import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request that was made, without its method: all are POST. */
export interface AskedOfAirflow {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** What answers as Airflow's REST API, version 2, documents it of tokens and of starts of runs. */
export interface AirflowStandIn {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** In the order in which they came. */
  readonly asked: readonly AskedOfAirflow[];
  stop(): void;
}

/**
 * @param statuses of starts of runs, one after the other, and 500 when they are used up; a function for as many as come
 * @param token status of tokens @default 201
 */
export async function startAirflowStandIn(
  statuses: readonly number[] | (() => number),
  token = 201,
): Promise<AirflowStandIn> {
  const asked: AskedOfAirflow[] = [];
  const left = typeof statuses === 'function' ? undefined : [...statuses];
  const next = typeof statuses === 'function' ? statuses : () => left?.shift() ?? 500;
  const server = createServer((request, answer) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url: path = '', headers } = request;
      asked.push({ path, authorization: headers.authorization, body: JSON.parse(Buffer.concat(chunks).toString()) });
      const status = path === '/auth/token' ? token : next();
      answer.writeHead(status, {
        'content-type': 'application/json',
        ...(status === 302 && { location: 'http://192.0.2.1' }),
      });
      answer.end(JSON.stringify({ access_token: 'a.token' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, asked, stop: () => void server.close() };
}
