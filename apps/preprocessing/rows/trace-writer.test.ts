import { spanFlags, type StoredSpan } from '@plumbline/wire';
import { encodeRequest, otlpRequest, otlpSpan, testEpochMs, type PlainAttributes, type SpanToSend } from '../testing';
import { StageUnderTest } from '../testing-stage';

/** The spans of one trace as they come out, by id. */
async function written(spans: readonly SpanToSend[], settings: Record<string, string> = {}, tenant?: string) {
  const stage = new StageUnderTest(settings);
  await stage.sendBytes(0, otlpRequest(spans), tenant === undefined ? {} : { 'X-Scope-OrgID': tenant });
  await stage.pass(100);
  const byId = new Map(stage.traces[0]?.spans.map((span) => [span.spanId.replace(/^0+/, ''), span]));
  const span = (id: string): StoredSpan => {
    const found = byId.get(id);
    if (found === undefined) throw new Error(`no span ${id}`);
    return found;
  };
  return { stage, span };
}

async function attributesOf(attributes: PlainAttributes, kind = 3): Promise<unknown> {
  const { span } = await written([{ id: '1', kind, attributes }]);
  return JSON.parse(span('1').attributes);
}

const [client, server, producer] = [3, 2, 4];

describe('attributes', () => {
  it('of every application come out by the names of today, and custom ones survive', async () => {
    const { span } = await written([
      {
        id: '1',
        kind: server,
        durationMs: 45,
        service: 'user-service',
        resource: { 'service.version': 'v1.2.3', 'deployment.environment': 'production' },
        attributes: {
          'http.method': 'GET',
          'http.url': '/api/users/123',
          'http.status_code': 200,
          'http.response_time_ms': 45,
          error: true,
          'exception.type': 'DatabaseConnectionError',
          'exception.message': 'Connection timeout',
          user_id: 'u-1',
          tenant_id: 't-1',
        },
      },
    ]);
    const stored = span('1');
    expect(JSON.parse(stored.attributes)).toEqual({
      'http.request.method': 'GET',
      'url.full': '/api/users/123',
      'http.response.status_code': 200,
      'exception.type': 'DatabaseConnectionError',
      'exception.message': 'Connection timeout',
      user_id: 'u-1',
      tenant_id: 't-1',
    });
    expect(stored).toMatchObject({
      service: 'user-service',
      environment: 'production',
      durationMs: 45,
      error: true,
      statusCode: 'error',
      resourceAttributes: '{"service.version":"v1.2.3"}',
    });
  });

  it('under a name of today win over those under an earlier one, wherever they stand', async () => {
    const today = { 'http.request.method': 'PUT' };
    const earlier = { 'http.method': 'put' };
    expect(await attributesOf({ ...today, ...earlier })).toEqual(today);
    expect(await attributesOf({ ...earlier, ...today })).toEqual(today);
    expect(await attributesOf({ 'db.sql.table': 'a', 'db.mongodb.collection': 'b' })).toEqual({
      'db.collection.name': 'a',
    });
  });

  it('become path and query, or a name, where the conventions split or renamed values', async () => {
    expect(await attributesOf({ 'http.target': '/search?q=shoes' })).toEqual({
      'url.path': '/search',
      'url.query': 'q=shoes',
    });
    expect(await attributesOf({ 'http.target': '/cart', 'url.path': '/today' })).toEqual({ 'url.path': '/today' });
    expect(await attributesOf({ 'rpc.grpc.status_code': 14 })).toEqual({ 'rpc.response.status_code': 'UNAVAILABLE' });
    expect(await attributesOf({ 'net.peer.name': 'db' }, client)).toEqual({ 'server.address': 'db' });
    expect(await attributesOf({ 'net.peer.name': 'db' }, server)).toEqual({ 'client.address': 'db' });
  });

  it('keep their types', async () => {
    const attributes = {
      text: 'größe 🚀',
      yes: true,
      no: false,
      small: 7,
      negative: -7,
      large: 2_147_483_648,
      beyond: 9_223_372_036_854_775_807n,
      half: 0.5,
      list: [1, 'two', [3], null],
      map: { a: { b: 'c' } },
      bytes: Uint8Array.of(1, 2, 255),
      nothing: null,
      empty: '',
    };
    expect(await attributesOf(attributes)).toEqual({ ...attributes, beyond: '9223372036854775807', bytes: 'AQL/' });
  });

  it('are cut off at their limits, between characters, and the span says so', async () => {
    const { span } = await written([{ id: '1', attributes: { a: 'ab€cd', b: 'x', c: 'y' } }], {
      MAX_VALUE_BYTES: '4',
      MAX_ATTRIBUTES: '2',
    });
    expect(JSON.parse(span('1').attributes)).toEqual({ a: 'ab', b: 'x' });
    expect(span('1').flags & spanFlags.truncated).not.toBe(0);
  });

  it('called "error" that are no truth value stay what the application meant', async () => {
    const { span } = await written([{ id: '1', attributes: { error: 'none of your business' } }]);
    expect(JSON.parse(span('1').attributes)).toEqual({ error: 'none of your business' });
    expect(span('1').error).toBe(false);
    expect((await written([{ id: '1', attributes: { error: false } }])).span('1').error).toBe(false);
  });
});

describe('events and links', () => {
  it('are kept with their attributes, and an exception without a status is a failure', async () => {
    const { span } = await written([
      {
        id: '1',
        events: [
          { name: 'exception', attributes: { 'exception.type': 'Timeout', 'exception.stacktrace': 'at x\nat y' } },
        ],
        links: [{ trace: 'ab', id: 'cd' }],
      },
    ]);
    expect(JSON.parse(span('1').events)).toEqual([
      {
        name: 'exception',
        timeUnixNano: `${testEpochMs}000000`,
        attributes: { 'exception.type': 'Timeout', 'exception.stacktrace': 'at x\nat y' },
      },
    ]);
    expect(JSON.parse(span('1').links)).toEqual([
      { traceId: 'ab'.padStart(32, '0'), spanId: 'cd'.padStart(16, '0'), attributes: {} },
    ]);
    expect(span('1').error).toBe(true);
  });

  it('are left out beyond their limits, and the span says so', async () => {
    const events = Array.from({ length: 10 }, (_, i) => ({ name: `event ${i}` }));
    const { span } = await written([{ id: '1', events }], { MAX_EVENTS: '3' });
    expect(JSON.parse(span('1').events)).toHaveLength(3);
    expect(span('1').flags & spanFlags.truncated).not.toBe(0);
  });
});

describe('times', () => {
  it.each([
    ['end before they start', { durationMs: -5 }, 0],
    ['have no start', { startMs: 0, durationMs: 50 }, 0],
    ['last longer than a week', { durationMs: 8 * 86_400_000 }, 0],
    ['end when they start', { durationMs: 0 }, 0],
    ['last a week', { durationMs: 7 * 86_400_000 }, 7 * 86_400_000],
  ])('of spans that %s', async (_, span, expected) => {
    const { span: get, stage } = await written([{ id: '1', ...span }]);
    expect(get('1').durationMs).toBe(expected);
    expect(await stage.counted('bad_durations')).toBe(expected === 0 && span.durationMs !== 0 ? 1 : 0);
  });

  it('that are stated only as an attribute are taken from there', async () => {
    const { span } = await written([{ id: '1', durationMs: -1, attributes: { 'http.response_time_ms': 12.5 } }]);
    expect(span('1').durationMs).toBe(12.5);
  });

  it('are kept to the nanosecond', async () => {
    const { span } = await written([{ id: '1', startMs: testEpochMs + 0.25, durationMs: 4294.967297 }]);
    expect(span('1').startUnixNano).toBe(1_700_000_000_000_250_000n);
    expect(span('1').durationNano).toBe(4_294_967_297n);
  });
});

describe('peers', () => {
  it.each<[string, PlainAttributes]>([
    ['peer:postgresql/shop', { 'db.system': 'postgresql', 'db.name': 'shop', 'net.peer.name': 'pg' }],
    ['peer:redis/cache', { 'db.system.name': 'redis', 'server.address': 'cache' }],
    ['peer:sqlite', { 'db.system': 'sqlite' }],
    ['peer:kafka/orders', { 'messaging.system': 'kafka', 'messaging.destination.name': 'orders' }],
    ['peer:grpc/shop.Cart', { 'rpc.system': 'grpc', 'rpc.service': 'shop.Cart' }],
    ['peer:http/api.example.org', { 'http.method': 'GET', 'net.peer.name': 'api.example.org' }],
    ['peer:service/billing', { 'peer.service': 'billing', 'server.address': '10.0.0.1' }],
    ['', { anything: 'else' }],
  ])('%j', async (expected, attributes) => {
    const { span } = await written([
      { id: '1', kind: client, attributes },
      { id: '2', kind: 1, attributes },
    ]);
    expect(span('1').peer).toBe(expected);
    expect(span('2').peer).toBe('');
  });

  it('that send spans of their own are known by those', async () => {
    const attributes = { 'server.address': 'cart' };
    const { span } = await written([
      { id: '1', kind: client, service: 'gateway', attributes },
      { id: '2', parent: '1', kind: server, service: 'cart' },
      { id: '3', kind: producer, service: 'gateway', attributes: { 'messaging.system': 'kafka' } },
    ]);
    expect(span('1').peer).toBe('');
    expect(span('3').peer).toBe('peer:kafka');
  });

  it('are "other" beyond their limit', async () => {
    const spans = ['a', 'b', 'c'].map((host) => ({ id: host, kind: client, attributes: { 'server.address': host } }));
    const { span, stage } = await written(spans, { MAX_PEERS: '2' });
    expect([span('a').peer, span('b').peer, span('c').peer]).toEqual(['peer:http/a', 'peer:http/b', 'peer:other']);
    expect(await stage.counted('other_peers')).toBe(1);
  });
});

describe('services', () => {
  it('are told apart by tenant, environment and namespace', async () => {
    const resource = { 'tenant.id': 'acme', 'deployment.environment.name': 'prod', 'service.namespace': 'shop' };
    const { stage } = await written([{ id: '1', service: 'cart', resource }]);
    expect(stage.traces[0]?.entryService).toBe('acme/prod/shop/cart');
  });

  it('belong to the tenant that the record’s header names, whatever the application says', async () => {
    const { stage } = await written([{ id: '1', resource: { 'tenant.id': 'forged' } }], {}, 'acme');
    expect(stage.traces[0]?.entryService).toBe('acme///shop');
  });

  it('without a name are called unknown_service', async () => {
    const { stage } = await written([{ id: '1', service: '' }]);
    expect(stage.traces[0]?.entryService).toBe('default///unknown_service');
  });

  it('are "other" of their tenant beyond the limit', async () => {
    const spans = ['a', 'b', 'c', 'd'].map((id) => ({ id, service: `service-${id}` }));
    const { span, stage } = await written(spans, { MAX_SERVICES: '2' });
    expect(['a', 'b', 'c', 'd'].map((id) => span(id).service)).toEqual(['service-a', 'service-b', 'other', 'other']);
    expect(await stage.counted('other_services')).toBe(2);
  });

  it('come from far more resources than are kept, and from each the right one', async () => {
    const stage = new StageUnderTest({ MAX_RESOURCES: '50' });
    for (let i = 1; i <= 500; i += 1) {
      await stage.send(i, { trace: `${i}`, id: '1', service: `service-${i % 7}`, resource: { pod: `pod-${i}` } });
    }
    await stage.pass(1000);
    expect(stage.traces).toHaveLength(500);
    for (const { traceId, spans } of stage.traces) {
      const i = Number(traceId);
      expect(spans[0]).toMatchObject({ service: `service-${i % 7}`, resourceAttributes: `{"pod":"pod-${i}"}` });
    }
  });

  it('are not those of another where a resource says nothing, however crowded it was', async () => {
    const stage = new StageUnderTest({ MAX_RESOURCES: '2', MERGEABLE_FOR_SECONDS: '30' });
    const from = (i: number) => ({ trace: `${i}`, id: '1', service: `service-${i}` });
    await stage.send(0, from(1));
    await stage.send(20, from(2), from(3));
    // By now the first was forgotten, and there is room to recognize others.
    for (const [at, trace] of [
      [36, '4'],
      [37, '5'],
    ] as const) {
      const span = otlpSpan({ trace, id: '1' });
      await stage.sendBytes(at, encodeRequest({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans: [span] }] }] }));
    }
    await stage.pass(100);
    const services = stage.traces.map(({ traceId, spans }) => [Number(traceId), spans[0]?.service]);
    expect(Object.fromEntries(services)).toEqual({
      1: 'service-1',
      2: 'service-2',
      3: 'service-3',
      4: 'unknown_service',
      5: 'unknown_service',
    });
  });
});

describe('sampling weight', () => {
  it('comes from the tracestate', async () => {
    const { span } = await written([{ id: '1', traceState: 'ot=th:8' }, { id: '2' }]);
    expect([span('1').weight, span('2').weight]).toEqual([2, 1]);
  });
});

describe('names that are no UTF-8', () => {
  it('are replaced as decoders do, and harm no other text', async () => {
    const bytes = Buffer.from(
      otlpRequest([
        { id: '1', name: 'bad name' },
        { id: '2', name: 'größe' },
      ]),
    );
    bytes[bytes.indexOf('bad name')] = 0xff;
    const stage = new StageUnderTest();
    await stage.sendBytes(0, bytes);
    await stage.pass(100);
    expect(stage.traces[0]?.spans.map(({ name }) => name)).toEqual(['\ufffdad name', 'größe']);
  });
});
