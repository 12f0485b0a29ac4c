import type { Connection } from '../core/connection';
import type { DataSource } from '../core/data-source';
import { tlsSettings } from '../core/tls-settings';

/** A data source, and how it is reached. */
export interface ConnectedSource {
  readonly source: DataSource;
  readonly connection: Connection;
}

/**
 * Provisioned data sources, linked to each other. The first metrics store is what is asked by default, else the first source.
 *
 * @param besideOthers whether others provision theirs, too: nothing of theirs is pruned, and nothing of ours takes the place of their default
 * @see https://grafana.com/docs/grafana/latest/administration/provisioning/#data-sources
 */
export function dataSources(connected: readonly ConnectedSource[], { besideOthers = false } = {}): object {
  const all = connected.map(({ source }) => source);
  const standard = all.find(({ type }) => type === 'prometheus') ?? all[0];
  return {
    apiVersion: 1,
    prune: !besideOthers,
    datasources: connected.map(({ source, connection }) => ({
      name: source.name,
      uid: source.uid,
      type: source.type,
      access: 'proxy',
      ...reached(connection),
      isDefault: !besideOthers && source === standard,
      editable: false,
      jsonData: { ...encrypted(connection), ...headed(connection), ...source.settings(all) },
    })),
  };
}

const tlsNames = {
  caFile: 'tlsCACert',
  serverName: 'serverName',
  certFile: 'tlsClientCert',
  keyFile: 'tlsClientKey',
} as const;

/** The URL, and certificates: Grafana takes their text, which it reads from the files that are mounted. */
function reached({ url, tls, headers = {} }: Connection): object {
  const { serverName: _, ...files } = tlsSettings(tls, tlsNames);
  const secureJsonData = Object.fromEntries([
    ...Object.entries(files).map(([key, path]) => [key, `$__file{${String(path)}}`] as const),
    // That of a tenant is no secret; Grafana takes values of headers nowhere else.
    ...Object.values(headers).map((value, index) => [`httpHeaderValue${index + 1}`, value] as const),
  ]);
  return { url, ...(Object.keys(secureJsonData).length > 0 && { secureJsonData }) };
}

/** Headers by their number, which their values have as well. */
function headed({ headers = {} }: Connection): object {
  return Object.fromEntries(Object.keys(headers).map((name, index) => [`httpHeaderName${index + 1}`, name]));
}

function encrypted({ tls }: Connection): object {
  const settings = tlsSettings(tls, tlsNames);
  return {
    ...('serverName' in settings && { serverName: settings.serverName }),
    ...('tlsCACert' in settings && { tlsAuthWithCACert: true }),
    ...('tlsClientCert' in settings && { tlsAuth: true }),
  };
}
