import type { ServiceEndpoint } from '../core/endpoint';
import { DuplicateNameError, ExposureError, InvalidPropError } from '../core/errors';

/** What routes of every kind ask of an endpoint. */

/** @throws {InvalidPropError} if it is no name of a host, of which the first label may be `*` */
export function checkHost(prop: string, host: string): void {
  if (!/^(\*\.)?[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/.test(host))
    throw new InvalidPropError(prop, host, 'a name such as grafana.example.org');
}

/** @throws {ExposureError} if what it speaks is not HTTP */
export function checkHttp(endpoint: ServiceEndpoint): void {
  if (endpoint.scheme === 'http' || endpoint.scheme === 'https') return;
  throw new ExposureError(endpoint.authority, 'it does not speak HTTP');
}

/**
 * Name of a route's object: of the Service and its port, unless it is given one.
 *
 * @throws {DuplicateNameError} if the Service has a route of that kind and name already
 */
export function routeName(
  kind: string,
  { service, name: port }: ServiceEndpoint,
  name = `${service.name}-${port}`,
): string {
  if (service.node.tryFindChild(`${kind}-${name}`) !== undefined)
    throw new DuplicateNameError(kind, name, `Service ${service.name}: give one of them a \`name\``);
  return name;
}
