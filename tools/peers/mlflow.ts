import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './guard';
import { homeOf } from './installed';
import { freePort } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';

export interface MlflowOptions {
  /** Whether requests need a user and a password. @default false */
  readonly login?: boolean;
}

export interface MlflowPeer extends Peer {
  /** `http://127.0.0.1:<port>`, what clients call the tracking URI. */
  readonly url: string;
  /** Who may do everything, where requests need a login; the password is random. */
  readonly admin: { readonly user: string; readonly password: string };
}

/**
 * Starts an MLflow server on loopback over SQLite. It takes about half a minute to become ready.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it does not start
 */
export async function startMlflow({ login = false }: MlflowOptions = {}): Promise<MlflowPeer> {
  const mlflow = homeOf('mlflow').path('mlflow', 'bin', 'mlflow');
  const directory = await dataDirectory('mlflow');
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const admin = { user: 'admin', password: randomBytes(12).toString('hex') };
  const loginFile = join(directory, 'login.ini');
  await writeFile(loginFile, loginConfig(directory, admin), { mode: 0o600 });
  const server = await PeerProcess.start({
    name: 'mlflow',
    command: mlflow,
    args: [
      ...['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', '--serve-artifacts'],
      ...['--backend-store-uri', `sqlite:///${join(directory, 'mlflow.db')}`],
      ...['--artifacts-destination', join(directory, 'artifacts')],
      ...(login ? ['--app-name', 'basic-auth'] : []),
    ],
    env: {
      MLFLOW_DISABLE_TELEMETRY: 'true',
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      ...(login && {
        MLFLOW_AUTH_CONFIG_PATH: loginFile,
        MLFLOW_FLASK_SERVER_SECRET_KEY: randomBytes(16).toString('hex'),
      }),
    },
    directory,
    ready: answers(`${url}/health`, 200),
    startTimeoutMs: 180_000,
  });
  return server.with({ url, admin });
}

function loginConfig(directory: string, { user, password }: MlflowPeer['admin']): string {
  return `[mlflow]
default_permission = NO_PERMISSIONS
database_uri = sqlite:///${join(directory, 'login.db')}
admin_username = ${user}
admin_password = ${password}
authorization_function = mlflow.server.auth:authenticate_request_basic_auth
`;
}
