import { environmentKeys } from '../contracts';
import type { ObjectStoreAccess } from './bucket';
import type { ClientTls, UserCredentials } from './connection';
import type { DatabaseAccess } from './database';
import { InvalidPropError } from './errors';
import type { StreamAccess } from './topic';
import type { Workload } from './workload';

/** What a grant returned. */
export type Access = StreamAccess | ObjectStoreAccess | DatabaseAccess;

/**
 * Tells a program of the worker image, by its variables, how to reach what it was granted.
 *
 * @throws {InvalidPropError} if it uses another broker, store, database or identity already: its variables name one of each
 */
export function use(workload: Workload, access: Access): void {
  if (access.kind === 'stream') {
    const { brokers, tls, credentials } = access;
    workload.setEnv(environmentKeys.kafkaBrokers, brokers.join(','));
    if (tls !== undefined) useStreamTls(workload, tls);
    if (credentials !== undefined) useStreamUser(workload, credentials);
    return;
  }
  if (access.kind === 'database') {
    useDatabase(workload, access);
    return;
  }
  const { url, region, forcePathStyle, accessKey, tls } = access;
  if (url !== undefined) workload.setEnv(environmentKeys.s3Endpoint, url);
  workload.setEnv(environmentKeys.s3Region, region);
  workload.setEnv(environmentKeys.s3ForcePathStyle, String(forcePathStyle));
  trust(workload, { tls });
  if (accessKey === undefined) return;
  workload.setEnvFrom(environmentKeys.s3AccessKeyId, accessKey.accessKeyId);
  workload.setEnvFrom(environmentKeys.s3SecretAccessKey, accessKey.secretAccessKey);
}

/** A password in a file is taken up without a restart when it changes; a variable is what it was when the pod started. */
function useStreamUser(workload: Workload, { username, password, secret }: UserCredentials): void {
  workload.setEnvFrom(environmentKeys.kafkaUsername, username);
  if (secret === undefined) {
    workload.setEnvFrom(environmentKeys.kafkaPassword, password);
    return;
  }
  workload.setEnv(environmentKeys.kafkaPasswordFile, `${streamUserFolder}/password`);
  if (streamUsers.has(workload)) return;
  streamUsers.add(workload);
  workload.mount(workload.addSecret('kafka-user', secret, ['password']), streamUserFolder);
}

const streamUserFolder = '/etc/plumbline/kafka-user';
/** Workloads that have theirs mounted, whichever grant came first. */
const streamUsers = new WeakSet<Workload>();

/**
 * Has a program of the worker image trust who answers its HTTP requests. They know a host by its name, and show no certificate.
 *
 * @throws {InvalidPropError} if it is to show one, or trusts another authority already
 */
export function trust(workload: Workload, { tls }: { readonly tls?: ClientTls | undefined }): void {
  if (tls?.certificate !== undefined)
    throw new InvalidPropError(`${workload.node.path}.tls`, tls.certificate, 'one without a client certificate');
  if (tls?.caFile !== undefined) workload.setEnv('NODE_EXTRA_CA_CERTS', tls.caFile);
}

function useDatabase(workload: Workload, { host, port, database, tls, credentials }: DatabaseAccess): void {
  workload.setEnv(environmentKeys.postgresHost, host);
  workload.setEnv(environmentKeys.postgresPort, String(port));
  workload.setEnv(environmentKeys.postgresDatabase, database);
  workload.setEnvFrom(environmentKeys.postgresUser, credentials.username);
  workload.setEnvFrom(environmentKeys.postgresPassword, credentials.password);
  if (tls === undefined) return;
  refuseOtherName(workload, tls);
  workload.setEnv(environmentKeys.postgresCaFile, tls.caFile ?? systemAuthorities);
  if (tls.certificate === undefined) return;
  workload.setEnv(environmentKeys.postgresCertificateFile, tls.certificate.certFile);
  workload.setEnv(environmentKeys.postgresKeyFile, tls.certificate.keyFile);
}

/** Our programs have no variable for a name in a certificate that is not the host's. */
function refuseOtherName(workload: Workload, { serverName }: ClientTls): void {
  if (serverName !== undefined)
    throw new InvalidPropError(`${workload.node.path}.tls`, serverName, 'the name of the host');
}

function useStreamTls(workload: Workload, tls: ClientTls): void {
  refuseOtherName(workload, tls);
  const { caFile, certificate } = tls;
  workload.setEnv(environmentKeys.kafkaCaFile, caFile ?? systemAuthorities);
  if (certificate === undefined) return;
  workload.setEnv(environmentKeys.kafkaCertificateFile, certificate.certFile);
  workload.setEnv(environmentKeys.kafkaKeyFile, certificate.keyFile);
}

/** Authorities that the worker image trusts. */
const systemAuthorities = '/etc/ssl/certs/ca-certificates.crt';
