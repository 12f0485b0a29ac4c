import type { BucketAccess } from '../core/bucket';
import type { DatabaseAccess } from '../core/database';
import type { Workload } from '../core/workload';
import { postgresUri } from './python-programs';

/** Nothing is reported, and no jobs of its own run. */
export const settings: Readonly<Record<string, string>> = {
  HOME: '/tmp',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  DO_NOT_TRACK: 'true',
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
};

/** Settings of basic authentication. */
export interface AuthSettings {
  readonly default_permission: 'READ' | 'NO_PERMISSIONS';
  readonly database_uri: string;
  readonly authorization_function: string;
}

/**
 * Who is known reads everything; who makes a run or a model may change it, and nobody else but the administrator.
 *
 * @see https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/
 */
export function authSettings(database: DatabaseAccess): AuthSettings {
  return {
    default_permission: 'READ',
    // Beside the tables of runs, whose names are others.
    database_uri: postgresUri('psycopg2', database),
    authorization_function: 'mlflow.server.auth:authenticate_request_basic_auth',
  };
}

/** Sections of `name = value` lines. A `%` would begin a reference to another value. */
export function writeIni(sections: Readonly<Record<string, object>>): string {
  return Object.entries(sections)
    .map(([section, values]) => {
      const lines = Object.entries(values).map(([name, value]) => `${name} = ${String(value).replaceAll('%', '%%')}\n`);
      return `[${section}]\n${lines.join('')}`;
    })
    .join('\n');
}

/**
 * Values of the `Host` header that are taken, each with any port: since 3.5 the server refuses every other with 403, also the names of its
 * own Service. Health is answered whatever the header says.
 *
 * @param host `<service>.<namespace>.svc.<domain>`
 * @see https://mlflow.org/docs/latest/self-hosting/security/network/
 */
export function allowedHosts(host: string, others: readonly string[] = []): readonly string[] {
  const [service = '', namespace = ''] = host.split('.');
  const own = [host, `${service}.${namespace}.svc`, `${service}.${namespace}`, service];
  // By `kubectl port-forward`.
  const all = [...own, 'localhost', '127.0.0.1', ...others];
  return all.flatMap((each) => (each.includes(':') ? [each] : [each, `${each}:*`]));
}

/** Has the server keep files in a bucket, by variables of the AWS SDK for Python. */
export function storeArtifacts(workload: Workload, access: BucketAccess): void {
  workload.setEnv('MLFLOW_ARTIFACTS_DESTINATION', `s3://${access.bucket}`);
  workload.setEnv('AWS_DEFAULT_REGION', access.region);
  if (access.url !== undefined) workload.setEnv('MLFLOW_S3_ENDPOINT_URL', access.url);
  const config = access.forcePathStyle ? 'path' : 'virtual';
  workload.setEnv('MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE', config);
  if (access.tls?.caFile !== undefined) workload.setEnv('AWS_CA_BUNDLE', access.tls.caFile);
  if (access.accessKey === undefined) return;
  workload.setEnvFrom('AWS_ACCESS_KEY_ID', access.accessKey.accessKeyId);
  workload.setEnvFrom('AWS_SECRET_ACCESS_KEY', access.accessKey.secretAccessKey);
}
