import {
  attributesOf,
  span,
  spanKind,
  startAggregator,
  startMs,
  TraceSink,
  type OtlpSpan,
  type TestAggregator,
} from './testing';

describe('The aggregator', () => {
  const { server, client } = spanKind;
  const sink = new TraceSink();
  let aggregator: TestAggregator;
  let received: ReadonlyMap<string, OtlpSpan>;

  beforeAll(async () => {
    aggregator = await startAggregator(await sink.open());
    const document = {
      'http.method': 'GET',
      'http.url': '/api/users/123?full=1',
      'http.status_code': 200,
      'http.response_time_ms': 45,
      error: true,
      'exception.type': 'DatabaseConnectionError',
      'exception.message': 'Connection timeout',
      user_id: 'u-7',
      tenant_id: 't-1',
    };
    const target = { 'http.target': '/cart?item=1', 'net.peer.name': '192.0.2.7', 'http.response_time_ms': 3 };
    const spans = [
      span('document', document, server),
      span(
        'absolute',
        { 'http.url': 'https://shop.example.org/cart', 'net.peer.name': 'shop.example.org' },
        client,
        10,
      ),
      span('target', target, server, 10),
      span('database', { 'db.system': 'postgresql', 'db.statement': 'SELECT 1', 'db.name': 'shop' }, client, 10),
      span('current', { 'http.request.method': 'PUT', 'http.method': 'GET', 'url.path': '/a' }, server, 10),
    ];
    const resource = {
      'service.name': 'user-service',
      'service.version': 'v1.2.3',
      'deployment.environment': 'production',
    };
    await aggregator.send(resource, spans);
    received = new Map((await sink.received(spans.length)).map((each) => [each.name, each]));
  });

  afterAll(async () => {
    await aggregator.stop();
    sink.close();
  });

  function spanOf(name: string): OtlpSpan {
    const found = received.get(name);
    if (found === undefined) throw new Error(`no span ${name} arrived`);
    return found;
  }

  it('brings the required attributes of the platform’s specification to current conventions', () => {
    expect(sink.resource).toEqual({
      'service.name': 'user-service',
      'service.version': 'v1.2.3',
      'deployment.environment.name': 'production',
    });
    const document = spanOf('document');
    expect(attributesOf(document.attributes)).toEqual({
      'http.request.method': 'GET',
      'url.path': '/api/users/123',
      'url.query': 'full=1',
      'http.response.status_code': 200,
      'error.type': 'DatabaseConnectionError',
      'exception.type': 'DatabaseConnectionError',
      'exception.message': 'Connection timeout',
      user_id: 'u-7',
      tenant_id: 't-1',
    });
    expect(document.status?.code).toBe(2);
  });

  it('makes a response time the duration of a span that has none, and of no other', () => {
    expect(spanOf('document').endTimeUnixNano).toBe(`${startMs + 45}000000`);
    expect(spanOf('target').endTimeUnixNano).toBe(`${startMs + 10}000000`);
  });

  it('tells a whole URL from a path, and the peer of a client from that of a server', () => {
    expect(attributesOf(spanOf('absolute').attributes)).toEqual({
      'url.full': 'https://shop.example.org/cart',
      'server.address': 'shop.example.org',
    });
    expect(attributesOf(spanOf('target').attributes)).toEqual({
      'url.path': '/cart',
      'url.query': 'item=1',
      'client.address': '192.0.2.7',
    });
  });

  it('knows databases', () => {
    expect(attributesOf(spanOf('database').attributes)).toEqual({
      'db.system.name': 'postgresql',
      'db.query.text': 'SELECT 1',
      'db.namespace': 'shop',
    });
  });

  it('keeps what is current already', () => {
    expect(attributesOf(spanOf('current').attributes)).toEqual({ 'http.request.method': 'PUT', 'url.path': '/a' });
  });
});
