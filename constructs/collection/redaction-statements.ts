import { dangerousKeys, keyExpression, saltVariable, type Redaction } from './redaction';
import type { Hint, ValuePattern } from './value-pattern';

/** Statements of the transform processor that are for one kind of thing, and on which of those they run. */
export interface StatementGroup {
  readonly context: string;
  /** @default - all */
  readonly conditions?: readonly string[];
  readonly statements: readonly string[];
}

const scopes = ['resource', 'scope', 'span', 'spanevent'] as const;
type Scope = (typeof scopes)[number];

/** Without it `set` ignores `nil`, and links stay. */
export const clearingFeature = 'ottl.set.allowNil';

/** Attribute that what has to be looked at closely carries from one group to the next. */
const marker = 'plumbline.redact';

/** What identifies a process: were it replaced, all processes would be one. */
const identities = ['service.name', 'service.namespace', 'service.instance.id'];

/** What may hold a value besides attributes. */
const textsOf: Readonly<Record<Scope, readonly string[]>> = {
  resource: [],
  scope: [],
  span: ['span.name', 'span.status.message'],
  spanevent: ['spanevent.name'],
};

/** The last one may have been cut off. */
const queryLiterals = `replace_pattern(span.attributes["db.query.text"], "'(?:[^']|'')*(?:'|$$)", "?")`;
const clearLinks = 'set(span.links, nil) where Len(span.links) > 0';

/**
 * What takes out of spans what nobody is to read. Expressions are slow, some 200 µs a span; so all attributes together are
 * searched for hints first, and only what has one is looked at closely.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl
 */
export function redactionStatements(redaction: Redaction): readonly StatementGroup[] {
  return scopes
    .flatMap((scope) => [search(scope, redaction), close(scope, redaction), rest(scope, redaction)])
    .filter(({ statements }) => statements.length > 0);
}

/** Removes and hashes what was asked for by key, and marks what has a hint. */
function search(scope: Scope, { redact, hash, patterns }: Redaction): StatementGroup {
  const map = `${scope}.attributes`;
  const hints = [...dangerousKeys.hints, ...patterns.flatMap((pattern) => pattern.hints)];
  return {
    context: scope,
    ...(scope === 'scope' && { conditions: ['Len(scope.attributes) > 0'] }),
    statements: [
      ...removal(map, redact),
      // Before anything replaces the values.
      ...hash.map((key) => digest(attribute(scope, key))),
      setText(scope),
      `set(${attribute(scope, marker)}, true) where ${contains(scope, hints)}`,
    ],
  };
}

/** Tries on what is marked each expression of which there is a hint. */
function close(scope: Scope, { redact, keep, hash, patterns }: Redaction): StatementGroup {
  const map = `${scope}.attributes`;
  const hinted = patterns.filter(({ hints }) => hints.length > 0);
  const stays = [...keep, ...(scope === 'resource' ? identitiesLeft(redact, hash) : [])];
  return {
    context: scope,
    conditions: [`${attribute(scope, marker)} == true`],
    statements: [
      `delete_key(${map}, ${quoted(marker)})`,
      setText(scope),
      ...stays.map((key) => save(scope, key)),
      // Nothing looks into lists and maps otherwise.
      `flatten(${map}) where ${contains(scope, ['":{', '":['])}`,
      ...removal(map, redact),
      `delete_matching_keys(${map}, ${quoted(dangerousKeys.regex)}) where ${contains(scope, dangerousKeys.hints)}`,
      ...hinted.flatMap((pattern) => [
        `set(${cached(scope, pattern.name)}, true) where ${contains(scope, pattern.hints)}`,
        ...replacements(scope, pattern).map((each) => `${each} where ${cached(scope, pattern.name)} == true`),
      ]),
      ...stays.map((key) => restore(scope, key)),
    ],
  };
}

/** What is done to all of them. */
function rest(
  scope: Scope,
  { keep, patterns, redact, hash, queryLiterals: literals, links }: Redaction,
): StatementGroup {
  const always = patterns.filter(({ hints }) => hints.length === 0).flatMap((pattern) => replacements(scope, pattern));
  const stays = always.length === 0 ? [] : [...keep, ...(scope === 'resource' ? identitiesLeft(redact, hash) : [])];
  return {
    context: scope,
    statements: [
      ...stays.map((key) => save(scope, key)),
      ...always,
      ...stays.map((key) => restore(scope, key)),
      ...(scope === 'span' && literals === 'remove' ? [queryLiterals] : []),
      ...(scope === 'span' && links === 'remove' ? [clearLinks] : []),
    ],
  };
}

function replacements(scope: Scope, { rules }: ValuePattern): string[] {
  return rules.flatMap(({ regex, replacement }) => [
    `replace_all_patterns(${scope}.attributes, "value", ${quoted(regex)}, ${quoted(replacement)})`,
    ...textsOf[scope].map((path) => `replace_pattern(${path}, ${quoted(regex)}, ${quoted(replacement)})`),
  ]);
}

function removal(map: string, keys: readonly string[]): string[] {
  return keys.length === 0 ? [] : [`delete_matching_keys(${map}, ${quoted(`(?i)${keyExpression(keys)}`)})`];
}

function save(scope: Scope, key: string): string {
  return `set(${cached(scope, `keep ${key}`)}, ${attribute(scope, key)}) where ${attribute(scope, key)} != nil`;
}

function restore(scope: Scope, key: string): string {
  const kept = cached(scope, `keep ${key}`);
  return `set(${attribute(scope, key)}, ${kept}) where ${kept} != nil`;
}

function identitiesLeft(redact: readonly string[], hash: readonly string[]): string[] {
  const removed = redact.length === 0 ? undefined : new RegExp(keyExpression(redact), 'i');
  return identities.filter((key) => removed?.test(key) !== true && !hash.includes(key));
}

function digest(path: string): string {
  return `set(${path}, SHA256(Concat(["\${env:${saltVariable}}", String(${path})], ""))) where ${path} != nil`;
}

/** Everything that may hold a value, in one text. */
function setText(scope: Scope): string {
  const attributes = `String(${scope}.attributes)`;
  const texts = textsOf[scope];
  const all = texts.length === 0 ? attributes : `Concat([${[attributes, ...texts].join(', ')}], " ")`;
  return `set(${cached(scope, 'text')}, ToLowerCase(${all}))`;
}

/** What JSON cannot hold, as NaN, has no text and is taken to contain anything. */
function contains(scope: Scope, hints: readonly Hint[]): string {
  const text = cached(scope, 'text');
  const has = (hint: string): string => `Index(${text}, ${quoted(hint)}) >= 0`;
  const several = (hint: Exclude<Hint, string>): string =>
    `(${has(hint.last)} and (${hint.all.map(has).join(' or ')}))`;
  const conditions = hints.map((hint) => (typeof hint === 'string' ? has(hint) : several(hint)));
  return [`${text} == nil`, ...new Set(conditions)].join(' or ');
}

function attribute(scope: Scope, key: string): string {
  return `${scope}.attributes[${quoted(key)}]`;
}

function cached(scope: Scope, name: string): string {
  return `${scope}.cache[${quoted(name)}]`;
}

/** As the collector reads texts: `$` begins a variable before OTTL sees the text, and a backslash escapes within it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`).replaceAll('$', '$$$$')}"`;
}
