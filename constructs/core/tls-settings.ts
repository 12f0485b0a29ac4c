import type { ClientTls, TlsProps } from './connection';

/** What a product's configuration calls the parts of TLS. */
export interface TlsNames {
  readonly caFile: string;
  readonly serverName: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** A path, a name, or a switch. */
export type TlsSetting = string | boolean;

/**
 * TLS of a connection in a product's own words, so that no construct has to ask whether there is any.
 *
 * @param plain what the product is told where there is none
 */
export function tlsSettings(
  tls: ClientTls | undefined,
  names: TlsNames,
  plain: Readonly<Record<string, TlsSetting>> = {},
): Readonly<Record<string, TlsSetting>> {
  if (tls === undefined) return plain;
  const { caFile, serverName, certificate } = tls;
  const settings: Record<string, TlsSetting> = {};
  const parts = [
    [names.caFile, caFile],
    [names.serverName, serverName],
    [names.certFile, certificate?.certFile],
    [names.keyFile, certificate?.keyFile],
  ] as const;
  for (const [name, value] of parts) if (value !== undefined) settings[name] = value;
  return settings;
}

/** {@link tlsSettings} below a field of their own, or nothing. */
export function tlsSection(
  field: string,
  tls: ClientTls | undefined,
  names: TlsNames,
): Readonly<Record<string, Readonly<Record<string, TlsSetting>>>> {
  const settings = tlsSettings(tls, names);
  return Object.keys(settings).length === 0 ? {} : { [field]: settings };
}

/** URL of an endpoint, also of one whose protocol is addressed by host and port alone, as OpenTelemetry's SDKs want it of OTLP over gRPC. */
export function webUrl({ authority, tls }: { readonly authority: string; readonly tls?: object | undefined }): string {
  return `${tls === undefined ? 'http' : 'https'}://${authority}`;
}

/** TLS of a client that is not ours: it mounts the authority itself, if it needs to be told of one. */
export function guestTls(tls: TlsProps | undefined, caFile: string | undefined): ClientTls | undefined {
  return tls === undefined || caFile === undefined ? undefined : { caFile };
}
