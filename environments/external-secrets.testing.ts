import { CertificateIssuer, SecretSource } from '../constructs';
import { enterprise } from './enterprise';
import type { Environment } from './environment';

const secrets = SecretSource.external({ store: 'vault', path: 'plumbline' });

/** An environment whose every secret is in a store of the company, and whose certificates are its authority's. */
export const externalSecrets: Environment = {
  ...enterprise,
  name: 'external-secrets',
  tls: { ca: 'platform-ca', issuer: CertificateIssuer.existing({ name: 'corporate' }) },
  broker: { ...enterprise.broker, users: secrets },
  storage: { ...enterprise.storage, credentials: secrets },
  database: { ...enterprise.database, credentials: secrets },
  grafana: { ...enterprise.grafana, credentials: secrets },
  alerting: { receivers: { team: { slack: { channel: '#team' }, secrets } }, otherwise: 'team' },
  redisExporter: fromStore(enterprise.redisExporter),
  mongodbExporter: fromStore(enterprise.mongodbExporter),
  pipeline: { ...enterprise.pipeline, channels: secrets },
};

function fromStore<T extends object>(props: T | undefined): T {
  if (props === undefined) throw new Error('the enterprise environment has no such exporter');
  return { ...props, credentials: secrets, secretMayFollow: false };
}
