import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './guard';
import { homeOf } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';

export interface FastApiPeer extends Peer {
  readonly host: string;
  readonly port: number;
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/**
 * Starts a FastAPI application, one process of uvicorn.
 *
 * @param program text of a module with `app`
 * @param ready path that answers with 200
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if the program is wrong
 */
export async function startFastApi(program: string, ready: string): Promise<FastApiPeer> {
  const command = homeOf('fastapi').path('fastapi', 'bin', 'uvicorn');
  const directory = await dataDirectory('fastapi');
  await writeFile(join(directory, 'application.py'), program);
  const [host, port] = ['127.0.0.1', await freePort()];
  const url = `http://${host}:${port}`;
  const server = await PeerProcess.start({
    name: 'fastapi',
    command,
    args: ['application:app', '--host', host, '--port', String(port)],
    directory,
    ready: answers(`${url}${ready}`, 200),
  });
  return server.with({ host, port, url });
}
