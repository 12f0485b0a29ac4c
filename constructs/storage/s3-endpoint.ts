import type { TlsProps } from '../core/connection';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';

/** Where an S3 service that is not ours is. */
export interface S3Address {
  /** URL of the S3 endpoint. @default - AWS's own of the region */
  readonly endpoint?: string;
  readonly region: string;
  /** Of an https endpoint. @default - authorities that the client's image trusts */
  readonly tls?: TlsProps;
  /** Address ranges of the endpoint. @default - any address */
  readonly ranges?: readonly string[];
}

/**
 * The endpoint of an S3 service that is not ours.
 *
 * @param prop name of the prop that has the URL, for errors
 * @throws {InvalidPropError} if it is no http or https URL
 */
export function s3Endpoint(prop: string, { endpoint, region, tls, ranges }: S3Address): Endpoint {
  const given = endpoint ?? `https://s3.${region}.amazonaws.com`;
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw new InvalidPropError(prop, given, 'an http or https URL');
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port);
  return Endpoint.external(url.hostname, port, { scheme, ...defined({ tls, ranges }) });
}
