import { dataDirectory } from './guard';
import { homeOf } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';

/** What answers as AWS does, in one process: S3 with storage classes and lifecycles, which no server of our own has. */
export interface AwsPeer extends Peer {
  /** `http://127.0.0.1:<port>`, of every service. */
  readonly endpoint: string;
  readonly region: string;
  /** It asks nobody who he is. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * Starts moto, the Python community's model of AWS. It takes what AWS's API takes and keeps it; rules of a lifecycle are not carried out.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it does not start
 */
export async function startAws(): Promise<AwsPeer> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await PeerProcess.start({
    name: 'moto',
    command: homeOf('moto').path('moto', 'bin', 'moto_server'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
    directory: await dataDirectory('moto'),
    ready: answers(`${endpoint}/moto-api/`, 200),
  });
  return server.with({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'anybody', secretAccessKey: 'anything' },
  });
}
