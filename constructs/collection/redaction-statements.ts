import { dangerousKeys, keyExpression, saltVariable, type Redaction } from './redaction';

type Scope = 'resource' | 'scope' | 'span' | 'spanevent';

/** What identifies a process: were it replaced, all processes would be one. */
const identities = ['service.name', 'service.namespace', 'service.instance.id'];

/** What may hold a value besides attributes. */
const textsOf: Readonly<Record<Scope, readonly string[]>> = {
  resource: [],
  scope: [],
  span: ['span.name', 'span.status.message'],
  spanevent: ['spanevent.name'],
};

/** Without it `set` ignores `nil`, and links stay. */
export const clearingFeature = 'ottl.set.allowNil';

/**
 * Statements of the transform processor that take out what nobody is to read. Expressions are slow, some 100 µs a span; so
 * each is tried only on what contains one of its hints, which is looked for in all attributes at once.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl
 */
export function redactionStatements(
  redaction: Redaction,
): readonly { readonly context: string; readonly statements: string[] }[] {
  return (['resource', 'scope', 'span', 'spanevent'] as const).map((scope) => ({
    context: scope,
    statements: [
      ...attributes(scope, redaction),
      ...(scope === 'span' && redaction.queryLiterals === 'remove' ? [queryLiterals] : []),
      ...(scope === 'span' && redaction.links === 'remove' ? ['set(span.links, nil) where Len(span.links) > 0'] : []),
    ],
  }));
}

/** The last one may have been cut off. */
const queryLiterals = `replace_pattern(span.attributes["db.query.text"], "'(?:[^']|'')*(?:'|$$)", "?")`;

function attributes(scope: Scope, { redact, keep, hash, patterns }: Redaction): string[] {
  const map = `${scope}.attributes`;
  const cached = (name: string): string => `${scope}.cache[${quoted(name)}]`;
  const text = cached('text');
  // What JSON cannot hold, as NaN, has no text and is looked at closely.
  const contains = (hints: readonly string[]): string =>
    [`${text} == nil`, ...hints.map((hint) => `Index(${text}, ${quoted(hint)}) >= 0`)].join(' or ');
  const searches = [{ name: 'keys', hints: dangerousKeys.hints }, ...patterns];
  const hinted = searches.filter(({ hints }) => hints.length > 0);
  const found = (name: string): string =>
    hinted.some((each) => each.name === name) ? ` where ${cached(name)} == true` : '';
  const any = hinted.length < searches.length ? '' : hinted.map(({ name }) => `${cached(name)} == true`).join(' or ');
  const stays = [...new Set([...keep, ...(scope === 'resource' ? identitiesLeft(redact, hash) : [])])];
  return [
    `set(${text}, ToLowerCase(${searched(scope)}))`,
    ...hinted.map(({ name, hints }) => `set(${cached(name)}, true) where ${contains(hints)}`),
    ...stays.map(
      (key) =>
        `set(${cached(`keep ${key}`)}, ${map}[${quoted(key)}]) where ${map}[${quoted(key)}] != nil${any && ` and (${any})`}`,
    ),
    // Nothing looks into lists and maps otherwise.
    `flatten(${map}) where ${any && `(${any}) and `}(${contains(['":{', '":['])})`,
    ...hash.map((key) => digest(`${map}[${quoted(key)}]`)),
    `delete_matching_keys(${map}, ${quoted(dangerousKeys.regex)})${found('keys')}`,
    ...(redact.length === 0 ? [] : [`delete_matching_keys(${map}, ${quoted(`(?i)${keyExpression(redact)}`)})`]),
    ...patterns.flatMap(({ name, rules }) =>
      rules.flatMap(({ regex, replacement }) => [
        `replace_all_patterns(${map}, "value", ${quoted(regex)}, ${quoted(replacement)})${found(name)}`,
        ...textsOf[scope].map(
          (path) => `replace_pattern(${path}, ${quoted(regex)}, ${quoted(replacement)})${found(name)}`,
        ),
      ]),
    ),
    ...stays.map(
      (key) => `set(${map}[${quoted(key)}], ${cached(`keep ${key}`)}) where ${cached(`keep ${key}`)} != nil`,
    ),
  ];
}

function searched(scope: Scope): string {
  const attributesText = `String(${scope}.attributes)`;
  const texts = textsOf[scope];
  return texts.length === 0 ? attributesText : `Concat([${[attributesText, ...texts].join(', ')}], " ")`;
}

function identitiesLeft(redact: readonly string[], hash: readonly string[]): string[] {
  const removed = redact.length === 0 ? undefined : new RegExp(keyExpression(redact), 'i');
  return identities.filter((key) => removed?.test(key) !== true && !hash.includes(key));
}

function digest(path: string): string {
  return `set(${path}, SHA256(Concat(["\${env:${saltVariable}}", String(${path})], ""))) where ${path} != nil`;
}

/** As the collector reads texts: `$` begins a variable before OTTL sees the text, and a backslash escapes within it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`).replaceAll('$', '$$$$')}"`;
}
