import { callerOfUnseen, isPeer, peerName } from './peer';

/** Who a span belongs to. Two services of one name in different namespaces are different services. */
export interface ServiceId {
  readonly tenant: string;
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
}

/** A {@link ServiceId} as one string, the key of every table: four percent-encoded parts joined by `/`. */
export type ServiceKey = string;

/** Tenant of spans that name none. */
export const defaultTenant = 'default';

/** Joins the parts into a key; `/` and `%` in them are escaped, so that {@link parseServiceKey} gets them back. */
export function serviceKey({ tenant, environment, namespace, service }: ServiceId): ServiceKey {
  return [tenant, environment, namespace, service].map(escapePart).join('/');
}

/** @throws {RangeError} when the text is no key of four parts */
export function parseServiceKey(key: ServiceKey): ServiceId {
  const parts = key.split('/');
  const [tenant, environment, namespace, service] = parts.map(unescapePart);
  if (
    parts.length !== 4 ||
    tenant === undefined ||
    environment === undefined ||
    namespace === undefined ||
    service === undefined
  ) {
    throw new RangeError(`a service key has four parts joined by "/", got ${JSON.stringify(key.slice(0, 200))}`);
  }
  return { tenant, environment, namespace, service };
}

/**
 * What a person calls a service, or a peer that may have caused an incident like one: its name, with its namespace before it only
 * where it has one. Never throws: what is no key of either is told as it is.
 */
export function serviceLabel(key: ServiceKey): string {
  const caller = callerOfUnseen(key);
  if (caller !== undefined) return `something that ${serviceLabel(caller)} calls and that sends no spans`;
  if (isPeer(key)) return peerName(key);
  if (key.split('/').length !== 4) return key;
  const { namespace, service } = parseServiceKey(key);
  return namespace === '' ? service : `${namespace}/${service}`;
}

/** `service.name` of a service wherever it runs; of a peer what a person calls it. @throws {RangeError} when it is neither */
export function serviceName(key: ServiceKey): string {
  return isPeer(key) ? serviceLabel(key) : parseServiceKey(key).service;
}

function escapePart(part: string): string {
  return part.replace(/[%/]/g, (char) => (char === '%' ? '%25' : '%2F'));
}

function unescapePart(part: string): string {
  return part.replace(/%2F/g, '/').replace(/%25/g, '%');
}
