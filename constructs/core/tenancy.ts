import { InvalidPropError } from './errors';
import type { EndpointPath } from './stores';

/** Tells Mimir, Loki and Tempo whose data a request is about. */
export const tenantHeader = 'X-Scope-OrgID';

/** Letters, digits and a few signs, as all three take them; `.` and `..` would be folders. */
const tenantPattern = /^(?!\.{1,2}$)[A-Za-z0-9!._*'()-]{1,150}$/;

/**
 * The same API, asked for a tenant.
 *
 * @param tenant whose data it is; absent: the store knows no tenants
 * @throws {InvalidPropError} if stores would not take the name
 * @see https://grafana.com/docs/mimir/latest/configure/about-tenant-ids/
 */
export function ofTenant(api: EndpointPath, tenant: string | undefined): EndpointPath {
  if (tenant === undefined) return api;
  if (!tenantPattern.test(tenant)) throw new InvalidPropError('tenant', tenant, "at most 150 of A–Z a–z 0–9 !-_.*'()");
  return { ...api, headers: { ...api.headers, [tenantHeader]: tenant } };
}
