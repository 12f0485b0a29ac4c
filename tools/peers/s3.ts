import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './guard';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';
import { runProgram, type Printed } from './run';

/** A versitygw with its root account. */
export interface S3Peer extends Peer {
  /** `http://127.0.0.1:<port>` of the S3 API; buckets are in the path. */
  readonly endpoint: string;
  /** The same of the admin API, which manages users and the owners of buckets. */
  readonly adminEndpoint: string;
  readonly region: string;
  /** Random credentials of the root account, in the form that the AWS SDK takes. */
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /**
   * Runs `versitygw admin` as root, such as `['create-user', '--access', …]`.
   *
   * @throws {ProgramFailedError} if the server refuses
   */
  admin(args: readonly string[]): Promise<Printed>;
}

export interface S3Options {
  /** Of the root account. @default - random */
  readonly credentials?: S3Peer['credentials'];
}

/**
 * Starts versitygw on loopback over a folder, with accounts in files as in the cluster.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it does not start
 */
export async function startS3(options: S3Options = {}): Promise<S3Peer> {
  const versitygw = program('versitygw');
  const directory = await dataDirectory('s3');
  const folders = { data: join(directory, 'data'), iam: join(directory, 'iam'), versions: join(directory, 'versions') };
  await Promise.all(Object.values(folders).map((folder) => mkdir(folder)));
  const [port, adminPort] = await freePorts(2);
  const endpoint = `http://127.0.0.1:${port ?? 0}`;
  const adminEndpoint = `http://127.0.0.1:${adminPort ?? 0}`;
  const region = 'us-east-1';
  const credentials = options.credentials ?? {
    accessKeyId: `root${randomBytes(6).toString('hex')}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };

  const server = await PeerProcess.start({
    name: 'versitygw',
    command: versitygw,
    args: [
      // With the health address that is rendered too.
      ...['--quiet', '--region', region, '--iam-dir', folders.iam, '--health', '/health'],
      ...['--port', `127.0.0.1:${port ?? 0}`, '--admin-port', `127.0.0.1:${adminPort ?? 0}`],
      ...['posix', '--versioning-dir', folders.versions, folders.data],
    ],
    env: { ROOT_ACCESS_KEY: credentials.accessKeyId, ROOT_SECRET_KEY: credentials.secretAccessKey },
    directory,
    // Nobody may list buckets unsigned: the refusal shows that it serves.
    ready: answers(endpoint, 200, 403),
  });

  const about = {
    endpoint,
    adminEndpoint,
    region,
    credentials,
    admin: (args: readonly string[]) =>
      runProgram(versitygw, ['admin', ...args], {
        env: {
          ADMIN_ACCESS_KEY_ID: credentials.accessKeyId,
          ADMIN_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          ADMIN_ENDPOINT_URL: adminEndpoint,
          ADMIN_REGION: region,
        },
      }),
  };
  return server.with(about);
}
