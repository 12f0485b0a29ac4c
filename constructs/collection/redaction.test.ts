import { SecretSource } from '../core/secret-source';
import { dangerousKeys, redactionOf, type RedactionProps } from './redaction';
import { redactionStatements } from './redaction-statements';
import { ValuePattern, type Hint } from './value-pattern';

const prop = 'collection/otel.redaction';
const groups = (props: RedactionProps, scope = 'span') =>
  redactionStatements(redactionOf(prop, props)).filter(({ context }) => context === scope);
const spanStatements = (props: RedactionProps): string[] => groups(props).flatMap(({ statements }) => statements);

/** As {@link redactionStatements} looks for them. */
function hinted(hints: readonly Hint[], text: string): boolean {
  const has = (hint: string) => text.toLowerCase().includes(hint);
  return hints.some((hint) => (typeof hint === 'string' ? has(hint) : has(hint.last) && hint.all.some(has)));
}

describe('Redaction', () => {
  it('looks at resources, scopes, spans and events', () => {
    const contexts = redactionStatements(redactionOf(prop, {})).map(({ context }) => context);
    expect([...new Set(contexts)]).toEqual(['resource', 'scope', 'span', 'spanevent']);
  });

  it('tries no expression on a span that has none of its hints', () => {
    const slow = /^(delete_matching_keys|replace_all_patterns|replace_pattern\(span\.(name|status)|flatten)/;
    const [searching, closely, ...others] = groups({});
    expect(closely?.conditions).toEqual(['span.attributes["plumbline.redact"] == true']);
    const tried = closely?.statements.filter((each) => slow.test(each)) ?? [];
    expect(tried.length).toBeGreaterThan(20);
    expect(tried.filter((each) => !each.includes(' where '))).toEqual([]);
    for (const group of [searching, ...others]) expect(group?.statements.filter((each) => slow.test(each))).toEqual([]);
  });

  it('tries an expression without hints on every span', () => {
    expect(spanStatements({ patterns: [ValuePattern.matching('ticket', 'T-[0-9]+')] })).toContain(
      'replace_all_patterns(span.attributes, "value", "T-[0-9]+", "REDACTED")',
    );
  });

  it('writes texts as the collector reads them', () => {
    const pattern = ValuePattern.matching('price', String.raw`"\d+\$"$`);
    expect(spanStatements({ patterns: [pattern] })).toContain(
      String.raw`replace_all_patterns(span.attributes, "value", "\"\\d+\\$$\"$$", "REDACTED")`,
    );
  });

  it('salts digests from a variable', () => {
    expect(spanStatements({ hash: { keys: ['user.id'], salt: SecretSource.generated() } })).toContain(
      'set(span.attributes["user.id"], SHA256(Concat(["${env:REDACTION_SALT}", String(span.attributes["user.id"])], ""))) ' +
        'where span.attributes["user.id"] != nil',
    );
  });

  it('does not bring back an identity that it was told to remove or to hash', () => {
    const restored = (props: RedactionProps): string[] =>
      groups(props, 'resource')
        .flatMap(({ statements }) => statements)
        .filter((each) => each.startsWith('set(resource.attributes["service.instance.id"], resource.cache'));
    expect(restored({})).toHaveLength(1);
    expect(restored({ redact: ['Service.Instance.*'] })).toEqual([]);
    expect(restored({ hash: { keys: ['service.instance.id'] } })).toEqual([]);
  });
});

describe('Keys that look dangerous', () => {
  const regex = new RegExp(dangerousKeys.regex.replace('(?i)', ''), 'i');

  it.each([
    ...['http.request.header.authorization', 'http.request.header.Proxy-Authorization', 'http.request.header.cookie'],
    ...[
      'http.response.header.set-cookie',
      'http.response.header.set_cookie',
      'db.password',
      'userPassword',
      'PASSWD',
      'pwd',
    ],
    ...[
      'client_secret',
      'aws.credentials',
      'accessToken',
      'http.request.header.x-auth-token',
      'refresh_token',
      'id.token.value',
    ],
    ...['x-api-key', 'apiKey', 'api_key', 'ssh.private_key', 'AWS_ACCESS_KEY_ID', 'jwt', 'card.number', 'cardNumber'],
    ...['auth.token.0', 'token'],
  ])('include %s', (key) => {
    expect(key).toMatch(regex);
    // Otherwise the expression would never be tried.
    expect(hinted(dangerousKeys.hints, key)).toBe(true);
  });

  it.each([
    ...[
      'service.name',
      'http.route',
      'url.path',
      'url.query',
      'db.query.text',
      'db.namespace',
      'messaging.kafka.message.key',
    ],
    ...[
      'gen_ai.usage.input_tokens',
      'gen_ai.token.type',
      'session.id',
      'user.id',
      'enduser.scope',
      'thread.name',
      'keyspace',
    ],
    ...[
      'http.request.header.accept',
      'k8s.pod.name',
      'exception.message',
      'rpc.method',
      'author',
      'PWD.path',
      'compwd',
    ],
  ])('do not include %s', (key) => {
    expect(key).not.toMatch(regex);
  });
});

describe('A value pattern', () => {
  const found = (pattern: ValuePattern, text: string): string[] =>
    pattern.rules.flatMap(({ regex }) => {
      const flags = `gu${regex.startsWith('(?i)') ? 'i' : ''}`;
      return [...text.matchAll(new RegExp(regex.replace('(?i)', ''), flags))].map(([match]) => match);
    });

  it.each([
    [ValuePattern.credentials, 'Bearer abcdefgh12'],
    [ValuePattern.credentials, 'eyJhbGciOi.eyJzdWIi.x'],
    [ValuePattern.credentials, '?a=1&Access_Token=x'],
    [ValuePattern.credentials, '{"password": "x"}'],
    [ValuePattern.credentials, 'sig=abc'],
    [ValuePattern.credentials, 'signature=abc'],
    [ValuePattern.credentials, 'Set-Cookie: a=b'],
    [ValuePattern.credentials, 'authorization=Basic eA=='],
    [ValuePattern.credentials, 'api-key=x'],
    [ValuePattern.credentials, 'accesskey=x'],
    [ValuePattern.credentials, 'private.key=x'],
    [ValuePattern.credentials, 'pwd=x'],
    [ValuePattern.credentials, 'passphrase=x'],
    [ValuePattern.credentials, 'client_secret=x'],
    [ValuePattern.credentials, "password='two words'"],
    [ValuePattern.credentials, 'user[password]=x'],
    [ValuePattern.credentials, String.raw`{"body":"{\"token\":\"x\"}"}`],
    [ValuePattern.credentials, 'Basic dXNlcjpwYXNzdw=='],
    [ValuePattern.urlUser, 'amqp://u:p@h'],
    [ValuePattern.email, 'a.b+c@d.example'],
    [ValuePattern.email, 'a%40d.example'],
  ])('$name finds %s, and one of its hints is in it', (pattern, text) => {
    expect(found(pattern, text)).not.toEqual([]);
    expect(hinted(pattern.hints, text)).toBe(true);
  });

  it.each([
    [ValuePattern.credentials, 'Invalid token: expected a number'],
    [ValuePattern.credentials, 'tokens=17'],
    [ValuePattern.urlUser, 'https://h/@x'],
    [ValuePattern.email, 'image@sha256:0123'],
    [ValuePattern.email, 'lib@1.2.3'],
  ])('$name leaves %s', (pattern, text) => {
    expect(found(pattern, text)).toEqual([]);
  });

  it.each([
    ['(', 'a regular expression'],
    ['a(?=b)', 'no lookahead'],
    ['(?<!a)b', 'no lookahead'],
    [String.raw`(a)\1`, 'no references'],
    [String.raw`\y`, 'an escape that RE2 does not know'],
    ['a*', 'finds the empty text'],
  ])('%s is refused with its name', (regex, why) => {
    expect(() => ValuePattern.matching('staff-number', regex)).toThrow('the redaction pattern staff-number is ');
    expect(() => ValuePattern.matching('staff-number', regex)).toThrow(why);
  });

  it.each(['(?i)e-[0-9]+', String.raw`\\1x`, '(?P<n>a)b', String.raw`\p{L}\Q.\E[a-z]`, String.raw`\(?=x`])(
    '%s is taken',
    (regex) => {
      expect(ValuePattern.matching('staff-number', regex).rules).toEqual([{ regex, replacement: 'REDACTED' }]);
    },
  );

  it('needs a name, and hints that can be looked for', () => {
    expect(() => ValuePattern.matching('Staff!', 'x')).toThrow('the name of a redaction pattern is "Staff!"');
    expect(() => ValuePattern.matching('staff', 'x', { hints: ['a&b'] })).toThrow(
      'a hint of the redaction pattern staff',
    );
  });
});

describe('Options that contradict each other', () => {
  it.each<[RedactionProps, string]>([
    [{ redact: ['a"b'] }, `${prop}.redact is "a\\"b"`],
    [{ redact: ['*'] }, `${prop}.redact is "*"`],
    [{ keep: ['a.*'] }, `${prop}.keep is "a.*", which is not one whole key`],
    [
      { keep: ['customer.id'], redact: ['Customer.*'] },
      `${prop}.keep is "customer.id", which is not a key that redact`,
    ],
    [{ keep: ['user.id'], hash: { keys: ['user.id'] } }, `${prop}.keep is "user.id", which is not a key that hash`],
    [{ hash: { keys: ['password'] } }, `${prop}.hash.keys is "password", which is not a key that stays`],
    [{ hash: { keys: [] } }, `${prop}.hash.keys is [], which is not at least one key`],
    [
      { patterns: [ValuePattern.email, ValuePattern.email] },
      `${prop}.patterns is "email", which is not in the list once`,
    ],
  ])('%j are refused', (props, message) => {
    expect(() => redactionOf(prop, props)).toThrow(message);
  });
});
