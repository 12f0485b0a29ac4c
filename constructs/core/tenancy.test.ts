import { Endpoint } from './endpoint';
import { ofTenant } from './tenancy';

const api = { endpoint: Endpoint.external('mimir.example.org', 8080, { scheme: 'http' }), path: '/prometheus' };

describe('An API that is asked for a tenant', () => {
  it('has the header that stores tell tenants by, beside those that it had', () => {
    expect(ofTenant({ ...api, headers: { 'X-Other': '1' } }, 'team-a')).toEqual({
      ...api,
      headers: { 'X-Other': '1', 'X-Scope-OrgID': 'team-a' },
    });
  });

  it('is as it was where the store knows no tenants', () => {
    expect(ofTenant(api, undefined)).toBe(api);
  });

  it.each(['', '..', 'a/b', 'a b', 'a\r\nX: 1', 'x'.repeat(151)])(
    'refuses the name %j, which stores would not take',
    (tenant) => {
      expect(() => ofTenant(api, tenant)).toThrow(/tenant/);
    },
  );
});
