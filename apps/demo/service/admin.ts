import { EventEmitter } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { healthAnswer } from '../deployed/health';
import { DemoError, messageOf } from '../errors';
import { parseFault } from '../faults';
import type { ServiceName } from '../topology';
import type { FaultSwitch } from './fault-switch';

const maxBodyBytes = 4096;

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBodyBytes)
      throw new DemoError('DEMO_INVALID_PARAMETER', `a fault takes at most ${String(maxBodyBytes)} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString());
}

async function answer(
  service: ServiceName,
  faults: FaultSwitch,
  isReady: () => boolean,
  request: IncomingMessage,
): Promise<[number, object]> {
  const health = healthAnswer(request.url, isReady);
  if (health !== undefined) return health;
  if (request.url !== '/_fault') return [404, { error: 'there is only /_fault here' }];
  if (request.method === 'POST') faults.turnOn(parseFault(service, await readBody(request)));
  else if (request.method === 'DELETE') faults.turnOff();
  else if (request.method !== 'GET') return [405, { error: 'GET, POST or DELETE' }];
  return [200, { service, active: faults.active ?? null }];
}

/**
 * Where faults are switched: `POST /_fault {"name": …}`, `DELETE /_fault`, `GET /_fault`; and where `/healthz` and `/readyz` are.
 *
 * Instrumentation hooks `http.Server.prototype.emit`; this server emits past it, so that switching leaves no span.
 */
export function adminServer(service: ServiceName, faults: FaultSwitch, isReady = (): boolean => true): Server {
  const server = createServer((request, response) => {
    const send = (status: number, body: object): ServerResponse =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    answer(service, faults, isReady, request).then(
      ([status, body]) => send(status, body),
      (error: unknown) =>
        send(400, { error: messageOf(error), ...(error instanceof DemoError ? { code: error.code } : {}) }),
    );
  });
  server.emit = EventEmitter.prototype.emit.bind(server);
  return server;
}
