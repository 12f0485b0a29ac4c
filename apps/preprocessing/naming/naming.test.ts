import fc from 'fast-check';
import { ByteInterner } from './byte-interner';
import { IntTuples } from './int-tuples';
import { operationName, Operations, type TextPosition } from './operations';
import { currentName, sides } from './semantic-conventions';
import { templateName } from './template';

describe('template of a span name', () => {
  it.each([
    ['GET /api/products/{id}', 'GET /api/products/{id}'],
    ['GET /users/123/orders/7', 'GET /users/{id}/orders/{id}'],
    ['/orders/3f2504e0-4f89-11d3-9a0c-0305e82c3301', '/orders/{uuid}'],
    ['GET /o/64b2f9e1a2b3c4d5e6f70819', 'GET /o/{hex}'],
    ['GET /search?q=shoes&page=2', 'GET /search'],
    ['HTTP GET http://shop.example:8080/cart/7#top', 'HTTP GET /cart/{id}'],
    ['mail to ada@example.org', 'mail to {email}'],
    ['process 01ARZ3NDEKTSV4RRFFQ69G5FAV', 'process {id}'],
    ['GET /api/v1/products', 'GET /api/v1/products'],
    ['SELECT shop.orders', 'SELECT shop.orders'],
    ['oteldemo.CartService/GetCart', 'oteldemo.CartService/GetCart'],
    ['order-created-17 process', 'order-created-{id} process'],
    ['md5', 'md5'],
    ['exists? of key', 'exists? of key'],
    ['GET /route/{0}', 'GET /route/{0}'],
  ])('%j is %j', (name, expected) => {
    expect(templateName(name)).toBe(expected);
  });

  it('is the same for a name that was templated before', () => {
    fc.assert(
      fc.property(fc.string(), (name) => {
        const once = templateName(name);
        expect(templateName(once)).toBe(once);
      }),
    );
  });
});

describe('operation name', () => {
  it('is method and route where the span name lacks the route, and name and route where there is no method', () => {
    expect(operationName('GET', 'GET', '/cart/:id')).toBe('GET /cart/:id');
    expect(operationName('HTTP POST', '', '/cart')).toBe('POST /cart');
    expect(operationName('GET /cart/:id', 'GET', '/cart/:id')).toBe('GET /cart/:id');
    expect(operationName('handler', '', '/cart')).toBe('handler /cart');
  });

  it('says so when there is none', () => {
    expect(operationName('', '', '')).toBe('unnamed');
  });
});

describe('operations of a service', () => {
  const none: TextPosition = { start: 0, end: 0 };
  const number = (operations: Operations, service: number, name: string) => {
    const bytes = Buffer.from(name);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return operations.names[operations.number(service, view, { start: 0, end: bytes.length }, none, none)];
  };

  it('are "other" beyond the limit, and those from before stay', () => {
    let others = 0;
    const operations = new Operations(2, () => (others += 1));
    expect(['a', 'b', 'c', 'd', 'a', 'c'].map((name) => number(operations, 0, name))).toEqual([
      'a',
      'b',
      'other',
      'other',
      'a',
      'other',
    ]);
    expect(number(operations, 1, 'c')).toBe('c');
    expect(others).toBe(2);
  });

  it('are one for names that differ only in identifiers, however many come', () => {
    const operations = new Operations(5, () => undefined);
    for (let i = 0; i < 100_000; i += 1) expect(number(operations, 0, `GET /users/${i}`)).toBe('GET /users/{id}');
    expect(operations.names).toEqual(['GET /users/{id}']);
  });
});

describe('attribute names', () => {
  it.each([
    ['http.method', 'http.request.method'],
    ['http.url', 'url.full'],
    ['http.status_code', 'http.response.status_code'],
    ['db.system', 'db.system.name'],
    ['db.name', 'db.namespace'],
    ['db.statement', 'db.query.text'],
    ['messaging.destination', 'messaging.destination.name'],
    ['rpc.system', 'rpc.system.name'],
    ['deployment.environment', 'deployment.environment.name'],
    ['net.peer.name', 'server.address'],
    ['service.name', 'service.name'],
    ['exception.type', 'exception.type'],
    ['exception.message', 'exception.message'],
    ['user_id', 'user_id'],
    ['tenant_id', 'tenant_id'],
    ['constructor', 'constructor'],
  ])('%s is %s today', (earlier, today) => {
    expect(currentName(earlier, sides.client)).toBe(today);
  });

  it('depend on the side where the earlier name meant the other one', () => {
    expect(currentName('net.peer.name', sides.server)).toBe('client.address');
    expect(currentName('net.host.name', sides.server)).toBe('server.address');
  });
});

describe('byte interner', () => {
  const index = (interner: ByteInterner, text: string) => {
    const bytes = Buffer.from(text);
    return interner.index(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.length);
  };

  it('numbers texts by their first occurrence, like a Map', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 6 }), { maxLength: 500 }), (texts) => {
        const interner = new ByteInterner(10_000, 1_000_000);
        const map = new Map<string, number>();
        for (const text of texts) {
          if (!map.has(text)) map.set(text, map.size);
          expect(index(interner, text)).toBe(map.get(text));
          expect(interner.text(index(interner, text))).toBe(text);
        }
      }),
    );
  });

  it('refuses what does not fit, and begins anew when cleared', () => {
    const interner = new ByteInterner(2, 100);
    expect(['a', 'b', 'c', 'a'].map((text) => index(interner, text))).toEqual([0, 1, -1, 0]);
    interner.clear();
    expect(index(interner, 'c')).toBe(0);
  });

  it('is not misled by what it expects next, in whatever order texts come and after it was cleared', () => {
    const alike = fc.constantFrom('', 'a', 'b', 'ab', 'http.route', 'http.routs', 'http.request.method');
    fc.assert(
      fc.property(fc.array(fc.array(alike, { maxLength: 40 }), { minLength: 2, maxLength: 4 }), (rounds) => {
        const interner = new ByteInterner(100, 10_000);
        for (const texts of rounds) {
          const expected = [...new Set(texts)];
          expect(texts.map((text) => index(interner, text))).toEqual(texts.map((text) => expected.indexOf(text)));
          expect(interner.size).toBe(expected.length);
          interner.clear();
        }
      }),
    );
  });
});

describe('tuples of integers', () => {
  it('map to what was set last, like a Map of their text', () => {
    const small = fc.nat(3);
    fc.assert(
      fc.property(fc.array(fc.tuple(small, fc.nat(), small, small, fc.nat(100)), { maxLength: 2000 }), (entries) => {
        const tuples = new IntTuples();
        const map = new Map<string, number>();
        for (const [a, b, c, d, value] of entries) {
          tuples.set(a, b, c, d, value);
          map.set([a, b, c, d].join(), value);
        }
        for (const [a, b, c, d] of entries) expect(tuples.get(a, b, c, d)).toBe(map.get([a, b, c, d].join()));
        expect(tuples.get(9, 9, 9, 9)).toBe(-1);
      }),
      { numRuns: 30 },
    );
  });
});
