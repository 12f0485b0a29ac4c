import { DemoError } from '../errors';
import { topology, type ServiceName } from '../topology';
import { databasesSettings, loadSettings, serviceSettings } from './settings';

const spec = (name: ServiceName) => topology.find((each) => each.name === name) ?? topology[0];
const cart = { SHOP_CATALOG_URL: 'http://catalog.shop.svc:8080', SHOP_DATABASE: 'databases.shop.svc:5434' };

function settingsOf(name: ServiceName, environment: Readonly<Record<string, string>>) {
  const found = spec(name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return serviceSettings(found, environment);
}

describe('the settings of a service', () => {
  it('are where its callees and its database are; the rest has defaults', () => {
    expect(settingsOf('cart', cart)).toEqual({
      port: 8080,
      adminPort: 8081,
      seed: 1,
      drainMs: 5000,
      peers: { catalog: { host: 'catalog.shop.svc', port: 8080 } },
      database: { host: 'databases.shop.svc', port: 5434 },
    });
  });

  it('are nothing but ports for one that calls nobody and keeps nothing elsewhere', () => {
    const inventory = settingsOf('inventory', { SHOP_DATABASE: '[2001:db8::1]:5433', SHOP_PORT: '1', SHOP_SEED: '0' });
    expect(inventory).toMatchObject({ peers: {}, database: { host: '2001:db8::1', port: 5433 }, port: 1, seed: 0 });
    expect(settingsOf('shipping', { SHOP_INVENTORY_URL: 'http://[::1]/' })).toMatchObject({
      peers: { inventory: { host: '::1', port: 80 } },
    });
    expect(settingsOf('shipping', { SHOP_INVENTORY_URL: 'http://i:1' })).not.toHaveProperty('database');
  });

  it.each([
    [{ ...cart, SHOP_CATALOG_URL: undefined }, 'SHOP_CATALOG_URL should be http://host:port'],
    [{ ...cart, SHOP_CATALOG_URL: 'https://catalog:1' }, 'SHOP_CATALOG_URL'],
    [{ ...cart, SHOP_CATALOG_URL: 'http://catalog/path' }, 'SHOP_CATALOG_URL'],
    [{ ...cart, SHOP_DATABASE: 'databases' }, 'SHOP_DATABASE should be host:port'],
    [{ ...cart, SHOP_DATABASE: 'databases:70000' }, 'SHOP_DATABASE'],
    [{ ...cart, SHOP_PORT: '70000' }, 'SHOP_PORT should be a whole number from 0 to 65535'],
    [{ ...cart, SHOP_SEED: '1.5' }, 'SHOP_SEED should be a whole number'],
    [{ ...cart, SHOP_DRAIN_SECONDS: '-1' }, 'SHOP_DRAIN_SECONDS should be a number'],
  ])('are refused: %j', (environment, message) => {
    const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined));
    expect(() => settingsOf('cart', given as Record<string, string>)).toThrow(message);
    expect(() => settingsOf('cart', given as Record<string, string>)).toThrow(DemoError);
  });
});

describe('the settings of the other programs', () => {
  it('say how many visitors there are, and where they go', () => {
    const environment = { SHOP_GATEWAY_URL: 'http://gateway:8080', SHOP_RATE: '12.5' };
    expect(loadSettings(environment)).toEqual({
      adminPort: 8081,
      seed: 1,
      gateway: { host: 'gateway', port: 8080 },
      ratePerSecond: 12.5,
    });
    expect(() => loadSettings({ ...environment, SHOP_RATE: '' })).toThrow('SHOP_RATE should be a number');
    expect(() => loadSettings({ ...environment, SHOP_RATE: 'many' })).toThrow("got 'many'");
  });

  it('give each database a port of its own, which may be another', () => {
    const { portOf } = databasesSettings({ SHOP_CART_DATABASE_PORT: '15000' });
    expect(['catalog', 'inventory', 'cart', 'checkout', 'payment'].map((name) => portOf(name as ServiceName))).toEqual([
      5432, 5433, 15000, 5435, 5436,
    ]);
  });
});
