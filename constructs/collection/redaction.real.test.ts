import { createHash } from 'node:crypto';
import { redactionOf, type RedactionProps } from './redaction';
import {
  attributesOf,
  encode,
  span,
  spanKind,
  startAggregator,
  startMs,
  TraceSink,
  type OtlpSpan,
  type TestAggregator,
} from './testing';
import { ValuePattern } from './value-pattern';

/** Each of these is in one place of what is sent, and has to be in none of what arrives. */
const hidden = [
  'hush-header',
  'hush-cookie',
  'hush-set-cookie',
  'hush-password',
  'hush-token',
  'hush-api-key',
  'hush-resource',
  'hush-scope',
  'hush-event',
  'hush-link',
  'hush-nested',
  'hush-number',
  'hush-query-token',
  'hush-url-password',
  'hush-url-user',
  'hush-status-token',
  'hush-bearer-0123456789',
  'hush-literal',
  'hush-json-body',
  'hush-json-twice',
  'hush-form',
  'two words',
  'hush-proxy',
  'hush-nan',
  'eyJhbGciOiJIUzI1NiJ9',
  'jane.doe',
  'jörg.müller',
] as const;

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl';
const at = `${startMs}000000`;

const leaking: OtlpSpan = {
  ...span(
    'GET /reset?access_token=hush-query-token&page=2',
    {
      'http.method': 'GET',
      'http.route': '/orders/{id}',
      'http.status_code': 200,
      'http.request.header.authorization': ['Bearer hush-header'],
      'http.request.header.Proxy-Authorization': 'hush-proxy',
      'http.request.header.cookie': ['session=hush-cookie'],
      'http.response.header.set_cookie': ['session=hush-set-cookie'],
      'http.request.header.accept': 'text/html',
      userPassword: 'hush-password',
      'auth.token': 'hush-token',
      'X-Api-Key': 'hush-api-key',
      request: { user: { password: 'hush-nested', name: 'Jane' }, tries: 3 },
      'client.secret': 4711,
      'gen_ai.usage.input_tokens': 17,
      'http.url':
        'https://root:hush-url-password@shop.example.org/find?mail=jane.doe%40example.org&page=2&sig=hush-query-token',
      'db.statement': "SELECT id FROM users WHERE name = 'hush-literal' AND tries > 3",
      'db.system': 'postgresql',
      'messaging.destination.name': 'orders',
      body: '{"password":"hush-json-body","size":3}',
      'body.twice': String.raw`{"body":"{\"token\":\"hush-json-twice\",\"n\":1}"}`,
      form: "user[password]=hush-form&confirm='no' secret='hush two words'",
      note: `for jörg.müller@exämple.org, ${jwt}`,
      list: ['jane.doe@example.org', 'plain'],
    },
    spanKind.server,
    10,
  ),
  events: [
    {
      timeUnixNano: at,
      name: 'exception',
      attributes: encode({
        'exception.type': 'LoginFailed',
        'exception.message': 'no user jane.doe@example.org',
        'exception.stacktrace': 'at login\nAuthorization: Bearer hush-bearer-0123456789\nat main',
        'event.password': 'hush-event',
      }),
    },
  ],
  links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), attributes: encode({ authorization: 'hush-link' }) }],
  status: { code: 2, message: 'refused https://hush-url-user@host/ with token=hush-status-token' },
};

const plain = {
  ...span('find', { 'url.path': '/orders/4711', 'thread.name': 'main', 'request.id': 'a-1' }, spanKind.server, 10),
  links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }],
};

async function sent(props: RedactionProps, spans: readonly OtlpSpan[], resource = {}, scope = {}) {
  const sink = new TraceSink();
  let aggregator: TestAggregator | undefined;
  try {
    aggregator = await startAggregator(await sink.open(), redactionOf('redaction', props));
    await aggregator.send({ 'service.name': 'shop', ...resource }, spans, scope);
    const received = new Map((await sink.received(spans.length)).map((each) => [each.spanId, each]));
    return {
      text: sink.text,
      resource: sink.resource,
      of: ({ spanId }: OtlpSpan): OtlpSpan => {
        const found = received.get(spanId);
        if (found === undefined) throw new Error(`no span ${spanId} arrived`);
        return found;
      },
    };
  } finally {
    await aggregator?.stop();
    sink.close();
  }
}

describe('Redaction by default, and without links', () => {
  const withNaN = span('ratio', { ratio: Number.NaN, password: 'hush-nan' }, spanKind.server, 10);
  let result: Awaited<ReturnType<typeof sent>>;

  beforeAll(async () => {
    const resource = {
      'service.instance.id': '7@host.example.org',
      'process.command_line': 'serve --password=hush-resource --port=80',
      'process.command_args': ['serve', '--token=hush-resource'],
      'k8s.pod.name': 'shop-1',
    };
    result = await sent({ links: 'remove' }, [leaking, plain, withNaN], resource, { 'scope.secret': 'hush-scope' });
  });

  it('lets nothing through that is hidden in attributes, lists, maps, events, links, names and statuses', () => {
    const asSent = JSON.stringify(leaking);
    expect(hidden.filter((each) => asSent.includes(each)).length).toBeGreaterThan(15);
    expect(hidden.filter((each) => result.text.includes(each))).toEqual([]);
    expect(result.text).not.toContain('4711}');
  });

  it('keeps what says what happened', () => {
    const received = result.of(leaking);
    expect(attributesOf(received.attributes)).toEqual({
      'http.request.method': 'GET',
      'http.route': '/orders/{id}',
      'http.response.status_code': 200,
      'http.request.header.accept': 'text/html',
      'request.user.name': 'Jane',
      'request.tries': 3,
      'gen_ai.usage.input_tokens': 17,
      'url.full': 'https://shop.example.org/find?mail=REDACTED&page=2&sig=REDACTED',
      'db.query.text': 'SELECT id FROM users WHERE name = ? AND tries > 3',
      'db.system.name': 'postgresql',
      'messaging.destination.name': 'orders',
      body: '{"password":"REDACTED","size":3}',
      'body.twice': String.raw`{"body":"{\"token\":\"REDACTED\",\"n\":1}"}`,
      form: "user[password]=REDACTED&confirm='no' secret='REDACTED'",
      note: 'for REDACTED, REDACTED',
      'list.0': 'REDACTED',
      'list.1': 'plain',
    });
    expect(received.name).toBe('GET /reset?access_token=REDACTED&page=2');
    expect(received.status).toEqual({ code: 2, message: 'refused https://host/ with token=REDACTED' });
    expect(received.events?.map(({ name, attributes }) => [name, attributesOf(attributes)])).toEqual([
      [
        'exception',
        {
          'exception.type': 'LoginFailed',
          'exception.message': 'no user REDACTED',
          'exception.stacktrace': 'at login\nAuthorization: REDACTED\nat main',
        },
      ],
    ]);
  });

  it('leaves a span as it is where there is nothing, but for its links', () => {
    const { links: _, ...unlinked } = plain;
    expect(result.of(plain)).toMatchObject({ name: 'find', attributes: unlinked.attributes });
    expect(result.of(plain).links ?? []).toEqual([]);
  });

  it('keeps who it was that sent, even where that looks like an e-mail address', () => {
    expect(result.resource).toMatchObject({
      'service.name': 'shop',
      'service.instance.id': '7@host.example.org',
      'k8s.pod.name': 'shop-1',
      'process.command_line': 'serve --password=REDACTED --port=80',
    });
  });
});

describe('Redaction, as it is told,', () => {
  const cards = span(
    'pay',
    {
      grouped: 'card 4111 1111 1111 1111 of May',
      amex: '378282246310005',
      dashed: '5555-5555-5555-4444',
      'trace id': '4bf92f3577b34da6a3ce929d0e0e4736',
      uuid: '41111111-1111-1111-1111-111111111111',
      micros: '1700000000000000',
      nanos: '1700000000000000000',
      longer: '41111111111111112222',
      hex: 'a4111111111111111',
    },
    spanKind.server,
  );
  const other = span(
    'other',
    {
      'Customer.Name': 'Jane',
      'customer.address.city': 'Berne',
      customers: 2,
      'user.id': 'u-7',
      'aws.secret.arn': 'arn:aws:secret',
      personnel: 'file of E-123456, $HOME',
      'db.query.text': "SELECT 'kept'",
    },
    spanKind.client,
  );
  let result: Awaited<ReturnType<typeof sent>>;

  beforeAll(async () => {
    result = await sent(
      {
        redact: ['customer.*'],
        keep: ['aws.secret.arn'],
        hash: { keys: ['user.id'] },
        patterns: [
          ValuePattern.cardNumber,
          ValuePattern.matching('personnel-number', String.raw`\bE-\d{6}|\$HOME$`, { hints: ['E-', '$home'] }),
        ],
        queryLiterals: 'keep',
      },
      [cards, other, plain],
    );
  });

  it('replaces card numbers, and no ids and times that look alike', () => {
    expect(attributesOf(result.of(cards).attributes)).toEqual({
      ...attributesOf(cards.attributes),
      grouped: 'card REDACTED of May',
      amex: 'REDACTED',
      dashed: 'REDACTED',
    });
  });

  it('removes further keys in any case, keeps others, hashes with the salt and finds what one looks for oneself', () => {
    expect(attributesOf(result.of(other).attributes)).toEqual({
      customers: 2,
      'user.id': createHash('sha256').update('grainu-7').digest('hex'),
      'aws.secret.arn': 'arn:aws:secret',
      personnel: 'file of REDACTED, REDACTED',
      'db.query.text': "SELECT 'kept'",
    });
    expect(result.of(plain).links).toMatchObject(plain.links);
  });
});
