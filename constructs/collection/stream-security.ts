import { whereGiven } from '../core/defined';
import type { IEnvSource } from '../core/env-source';
import { tlsSection } from '../core/tls-settings';
import type { TraceExport } from '../core/trace-destination';

type KafkaExport = Extract<TraceExport, { kind: 'kafka' }>;

/** What a collector calls the parts of TLS. */
export const collectorTlsNames = {
  caFile: 'ca_file',
  serverName: 'server_name_override',
  certFile: 'cert_file',
  keyFile: 'key_file',
} as const;

/** How an exporter shows who it is to brokers, and whom it trusts: nothing where they ask for nothing. */
export function streamSecurity({ topic, access: { tls, credentials } }: KafkaExport): object {
  const { username, password } = variablesOf(topic);
  const mechanism = 'SCRAM-SHA-256';
  return {
    ...tlsSection('tls', tls, collectorTlsNames),
    ...whereGiven(credentials, () => ({
      auth: { sasl: { mechanism, username: `\${env:${username}}`, password: `\${env:${password}}` } },
    })),
  };
}

/** Variables that {@link streamSecurity} names. */
export function streamVariables(destinations: readonly TraceExport[]): Readonly<Record<string, IEnvSource>> {
  const variables: Record<string, IEnvSource> = {};
  for (const destination of destinations) {
    if (destination.kind !== 'kafka') continue;
    const names = variablesOf(destination.topic);
    const user = whereGiven(destination.access.credentials, ({ username, password }) => ({
      [names.username]: username,
      [names.password]: password,
    }));
    Object.assign(variables, user);
  }
  return variables;
}

function variablesOf(topic: string): { readonly username: string; readonly password: string } {
  const prefix = `KAFKA_${topic.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
  return { username: `${prefix}_USERNAME`, password: `${prefix}_PASSWORD` };
}
