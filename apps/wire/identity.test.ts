import fc from 'fast-check';
import { parseServiceKey, serviceKey, serviceLabel, serviceName } from './identity';

const service = fc.record({
  tenant: fc.string(),
  environment: fc.string(),
  namespace: fc.string(),
  service: fc.string(),
});

describe('a service key', () => {
  test('gives back the parts it was made of, whatever is in them', () => {
    fc.assert(fc.property(service, (id) => expect(parseServiceKey(serviceKey(id))).toEqual(id)));
  });

  test('differs for different services', () => {
    fc.assert(
      fc.property(service, service, (a, b) => {
        fc.pre(JSON.stringify(a) !== JSON.stringify(b));
        expect(serviceKey(a)).not.toBe(serviceKey(b));
      }),
    );
  });

  test('keeps names apart that look like paths or escapes', () => {
    const parts = { tenant: 'a/b', environment: '%2F', namespace: '', service: 'c%' };
    expect(serviceKey(parts)).toBe('a%2Fb/%252F//c%25');
    expect(parseServiceKey('a%2Fb/%252F//c%25')).toEqual(parts);
  });

  test.each(['', 'a/b/c', 'a/b/c/d/e', 'peer:postgresql/shop'])('is refused when it is %j', (text) => {
    expect(() => parseServiceKey(text)).toThrow(RangeError);
  });
});

describe('what a person calls a service', () => {
  test('is its name', () => {
    expect(serviceLabel('default/prod//payment')).toBe('payment');
  });

  test('has the namespace before it where there is one', () => {
    expect(serviceLabel('default/prod/shop/payment')).toBe('shop/payment');
  });

  test.each([
    ['peer:postgresql/shop', 'postgresql/shop'],
    ['peer:http/quota-worker', 'http/quota-worker'],
    ['peer:unknown@default/prod//payment', 'something that payment calls and that sends no spans'],
    ['no key', 'no key'],
  ])('is told of a peer, too: %s', (key, label) => {
    expect(serviceLabel(key)).toBe(label);
  });
});

describe('the name of a service', () => {
  test('is the same in whatever namespace it runs', () => {
    expect(serviceName('default/prod/shop/payment')).toBe('payment');
    expect(serviceName('default/prod//payment')).toBe('payment');
  });

  test('is what a peer is called, where it is none', () => {
    expect(serviceName('peer:postgresql/shop')).toBe('postgresql/shop');
  });
});
