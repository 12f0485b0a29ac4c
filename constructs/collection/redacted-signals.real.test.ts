import { createHash } from 'node:crypto';
import { redactionOf } from './redaction';
import { OtlpSink, startSignalAggregator, type SignalAggregator } from './otlp-sink.testing';
import { attributesOf, encode, startMs } from './testing';

type Attribute = ReturnType<typeof encode>[number];
type Value = Attribute['value'];

interface LogRecord {
  readonly attributes?: readonly Attribute[];
  readonly body?: Value;
  readonly eventName?: string;
  readonly traceId?: string;
}

interface LogsRequest {
  readonly resourceLogs: readonly {
    readonly resource: { readonly attributes?: readonly Attribute[] };
    readonly scopeLogs: readonly { readonly logRecords: readonly LogRecord[] }[];
  }[];
}

interface DataPoint {
  readonly attributes?: readonly Attribute[];
  readonly asInt?: string;
  readonly asDouble?: number;
  readonly count?: string;
}

interface Metric {
  readonly name: string;
  readonly metadata?: readonly Attribute[];
  readonly sum?: { readonly dataPoints: readonly DataPoint[]; readonly aggregationTemporality: number };
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly histogram?: { readonly dataPoints: readonly DataPoint[] };
}

interface MetricsRequest {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes?: readonly Attribute[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[];
  }[];
}

const at = `${startMs}000000`;
const traceId = '0af7651916cd43dd8448eb211c80319c';
const [resource] = [
  encode({
    'service.name': 'shop',
    'deployment.environment': 'test',
    'k8s.pod.name': 'shop-7',
    'process.command_line': 'serve --password=hush-resource',
  }),
];

describe('Redaction of log records', () => {
  const sink = new OtlpSink();
  let aggregator: SignalAggregator;
  let records: ReadonlyMap<string, LogRecord>;
  let resources: LogsRequest['resourceLogs'];

  const record = (id: string, body: Value, attributes: Parameters<typeof encode>[0] = {}) => ({
    timeUnixNano: at,
    severityText: 'INFO',
    traceId,
    body,
    attributes: encode({ id, ...attributes }),
  });
  const [structured, listed] = [
    encode({ event: 'login', user: { name: 'Jane', password: 'hush-member' }, tries: 2, 'user.id': 'u-7' }),
    encode({ items: ['plain', { token: 'hush-in-list' }] }),
  ];
  const sent = [
    record('text', { stringValue: 'POST /pay Authorization: Bearer hush-bearer-0123456789' }),
    record(
      'attributes',
      { stringValue: 'ok' },
      { authorization: 'Bearer hush-header', 'http.request.header.cookie': ['hush-cookie'], 'user.id': 'u-7' },
    ),
    record('json', { stringValue: '{"level":"warn","token":"hush-json","n":1}' }),
    record('members', { kvlistValue: { values: structured } }),
    record('list', listed[0]?.value ?? {}),
    record('mail', { stringValue: 'no account of jane.doe@example.org' }, { 'db.query.text': "SELECT 'hush-literal'" }),
    record('plain', { stringValue: 'cart has 3 items' }, { 'thread.name': 'main' }),
    record('nested', { kvlistValue: { values: encode({ customer: { name: 'hush-customer' }, n: 1 }) } }),
    { ...record('event', { stringValue: '' }), eventName: 'reset token=hush-event' },
  ];

  beforeAll(async () => {
    const redaction = redactionOf('redaction', { redact: ['customer.*'], hash: { keys: ['user.id'] } });
    aggregator = await startSignalAggregator(await sink.open(), { redaction });
    await aggregator.post('/v1/logs', {
      resourceLogs: [{ resource: { attributes: resource }, scopeLogs: [{ logRecords: sent }] }],
    });
    const bodies = await sink.received<LogsRequest>('/v1/logs', '"plain"');
    resources = bodies.flatMap(({ resourceLogs }) => resourceLogs);
    const received = resources.flatMap(({ scopeLogs }) => scopeLogs.flatMap(({ logRecords }) => logRecords));
    records = new Map(received.map((each) => [String(attributesOf(each.attributes).id), each]));
  });
  afterAll(async () => {
    await aggregator.stop();
    sink.close();
  });

  const bodyOf = (id: string) => {
    const { stringValue, kvlistValue } = records.get(id)?.body ?? {};
    return kvlistValue === undefined ? stringValue : attributesOf(kvlistValue.values);
  };

  it('lets nothing through that is hidden in texts, attributes, members, lists, names of events and resources', () => {
    expect(JSON.stringify(sent).match(/hush-[a-z0-9-]+/g)).toHaveLength(9);
    expect(sink.text.match(/hush-[a-z0-9-]+|jane\.doe|REDACTION|plumbline\.redact/g)).toBeNull();
    expect(records.size).toBe(sent.length);
  });

  it('keeps what says what happened', () => {
    expect(bodyOf('text')).toBe('POST /pay Authorization: REDACTED');
    expect(bodyOf('json')).toBe('{"level":"warn","token":"REDACTED","n":1}');
    expect(bodyOf('mail')).toBe('no account of REDACTED');
    expect(bodyOf('plain')).toBe('cart has 3 items');
    expect(bodyOf('members')).toMatchObject({ event: 'login', 'user.name': 'Jane', tries: 2 });
    expect(bodyOf('list')).toEqual({ 'list.0': 'plain' });
    expect(bodyOf('nested')).toEqual({ n: 1 });
    expect(records.get('event')?.eventName).toBe('reset token=REDACTED');
    expect(attributesOf(records.get('plain')?.attributes)).toEqual({ id: 'plain', 'thread.name': 'main' });
    for (const each of records.values()) expect(each.traceId).toBe(traceId);
  });

  it('hashes in bodies and attributes alike', () => {
    const digest = createHash('sha256').update('grainu-7').digest('hex');
    expect(bodyOf('members')).toMatchObject({ 'user.id': digest });
    expect(attributesOf(records.get('attributes')?.attributes)).toEqual({ id: 'attributes', 'user.id': digest });
  });

  it('knows resources by their present names', () => {
    expect(attributesOf(resources[0]?.resource.attributes)).toEqual({
      'service.name': 'shop',
      'deployment.environment.name': 'test',
      'k8s.pod.name': 'shop-7',
      'process.command_line': 'serve --password=REDACTED',
    });
  });
});

describe('Redaction of metrics', () => {
  const sink = new OtlpSink();
  let aggregator: SignalAggregator;
  let received: ReadonlyMap<string, Metric>;
  let resources: MetricsRequest['resourceMetrics'];

  const number = (attributes: Parameters<typeof encode>[0], asInt: number, time = at) => ({
    startTimeUnixNano: `${startMs - 60_000}000000`,
    timeUnixNano: time,
    attributes: encode(attributes),
    asInt,
  });
  const sum = (name: string, aggregationTemporality: number, dataPoints: readonly object[]) => ({
    name,
    sum: { aggregationTemporality, isMonotonic: true, dataPoints },
  });
  const cumulative = 2;
  const delta = 1;

  beforeAll(async () => {
    aggregator = await startSignalAggregator(await sink.open(), { redaction: redactionOf('redaction', {}) });
    const send = (metrics: readonly object[]) =>
      aggregator.post('/v1/metrics', {
        resourceMetrics: [{ resource: { attributes: resource }, scopeMetrics: [{ metrics }] }],
      });
    await send([
      sum('logins', cumulative, [
        number({ 'user.email': 'jane.doe@example.org', route: '/login' }, 3),
        number({ 'user.email': 'joe@example.org', route: '/login' }, 4),
        number({ route: '/logout' }, 5),
      ]),
      sum('calls', cumulative, [
        number({ authorization: 'Bearer hush-header', route: '/a' }, 1),
        number({ route: '/a', url: 'https://x/?token=hush-token' }, 2),
      ]),
      {
        name: 'connections',
        gauge: { dataPoints: [number({ 'session.token': 'hush-a' }, 2), number({ 'session.token': 'hush-b' }, 4)] },
      },
      {
        name: 'duration',
        histogram: {
          aggregationTemporality: cumulative,
          dataPoints: ['hush-c', 'hush-d'].map((secret) => ({
            startTimeUnixNano: `${startMs - 60_000}000000`,
            timeUnixNano: at,
            attributes: encode({ 'client.secret': secret }),
            count: 2,
            sum: 3,
            bucketCounts: [1, 1],
            explicitBounds: [1],
          })),
        },
      },
      sum('orders', delta, [number({ shop: 'a' }, 7)]),
    ]);
    await sink.received('/v1/metrics', '"orders"');
    await send([
      sum('orders', delta, [{ ...number({ shop: 'a' }, 5, `${startMs + 1000}000000`), startTimeUnixNano: at }]),
    ]);
    const bodies = await sink.received<MetricsRequest>('/v1/metrics', '"asInt":"12"');
    resources = bodies.flatMap(({ resourceMetrics }) => resourceMetrics);
    const metrics = resources.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((each) => each.metrics));
    received = new Map(metrics.map((each) => [each.name, each]));
  });
  afterAll(async () => {
    await aggregator.stop();
    sink.close();
  });

  const pointsOf = (name: string) => {
    const metric = received.get(name);
    const points = metric?.sum?.dataPoints ?? metric?.gauge?.dataPoints ?? metric?.histogram?.dataPoints ?? [];
    return points.map(({ attributes, asInt, count }) => [attributesOf(attributes), Number(asInt ?? count)]);
  };

  it('lets nothing through that is hidden in attributes', () => {
    expect(sink.text.match(/hush-[a-z-]+|jane\.doe|joe@|plumbline\.redact/g)).toBeNull();
  });

  it('adds up what only differed by what is gone, so that no value stands for all', () => {
    expect(pointsOf('logins')).toEqual(
      expect.arrayContaining([
        [{ 'user.email': 'REDACTED', route: '/login' }, 7],
        [{ route: '/logout' }, 5],
      ]),
    );
    expect(pointsOf('logins')).toHaveLength(2);
    expect(pointsOf('calls')).toEqual(
      expect.arrayContaining([
        [{ route: '/a' }, 1],
        [{ route: '/a', url: 'https://x/?token=REDACTED' }, 2],
      ]),
    );
    expect(pointsOf('duration')).toEqual([[{}, 4]]);
  });

  it('takes the mean of what is no total', () => {
    expect(pointsOf('connections')).toEqual([[{}, 3]]);
  });

  it('makes totals of differences, which Prometheus does not take', () => {
    expect(pointsOf('orders')).toEqual([[{ shop: 'a' }, 12]]);
    expect(received.get('orders')?.sum?.aggregationTemporality).toBe(cumulative);
  });

  it('tells pods of a service apart where they do not do it themselves', () => {
    expect(attributesOf(resources[0]?.resource.attributes)).toMatchObject({ 'service.instance.id': 'shop-7' });
  });
});
