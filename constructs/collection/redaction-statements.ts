import { dangerousKeys, keyExpression, saltVariable, type Redaction } from './redaction';
import { body, keyed, scopesOf, textsOf, type KeyedPlace, type Scope } from './redaction-places';
import type { Signal } from './signal';
import type { Hint, ValuePattern } from './value-pattern';

/** Statements of the transform processor that are for one kind of thing, and on which of those they run. */
export interface StatementGroup {
  readonly context: string;
  /** @default - all */
  readonly conditions?: readonly string[];
  readonly statements: readonly string[];
}

/** Without it `set` ignores `nil`, and links stay. */
export const clearingFeature = 'ottl.set.allowNil';

/** Attribute that what has to be looked at closely carries from one group to the next. */
const marker = 'plumbline.redact';

/** What identifies a process: were it replaced, all processes would be one. */
const identities = ['service.name', 'service.namespace', 'service.instance.id'];

/** The last one may have been cut off. */
const literal = `"'(?:[^']|'')*(?:'|$$)", "?"`;
const clearLinks = 'set(span.links, nil) where Len(span.links) > 0';

/** What was different by what is gone now is one: without this, a store would keep any one of the values. */
const merged: StatementGroup = {
  context: 'metric',
  conditions: [`metric.metadata[${quoted(marker)}] == true`],
  statements: [
    'aggregate_on_attributes("sum") where metric.type != METRIC_DATA_TYPE_GAUGE and metric.type != METRIC_DATA_TYPE_SUMMARY',
    'aggregate_on_attributes("mean") where metric.type == METRIC_DATA_TYPE_GAUGE',
    `delete_key(metric.metadata, ${quoted(marker)})`,
  ],
};

/**
 * What takes out of a signal what nobody is to read. Expressions are slow, some 200 µs a span; so all attributes together are
 * searched for hints first, and only what has one is looked at closely.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl
 */
export function redactionStatements(redaction: Redaction, signal: Signal = 'traces'): readonly StatementGroup[] {
  const groups = scopesOf[signal].flatMap((scope) => [
    search(scope, redaction),
    close(scope, redaction),
    rest(scope, redaction),
  ]);
  return [...groups, ...(signal === 'metrics' ? [merged] : [])].filter(({ statements }) => statements.length > 0);
}

/** Removes and hashes what was asked for by key, and marks what has a hint. */
function search(scope: Scope, { redact, hash, patterns }: Redaction): StatementGroup {
  const hints = [...dangerousKeys.hints, ...patterns.flatMap((pattern) => pattern.hints)];
  const byKey = redact.length > 0 || hash.length > 0;
  return {
    context: scope,
    ...(scope === 'scope' && { conditions: ['Len(scope.attributes) > 0'] }),
    statements: [
      // Members of a body are often within members; keys of attributes have dots instead.
      ...(scope === 'log' && byKey ? bodyOpened() : []),
      ...keyed(scope).flatMap((place) => removal(scope, place, redact)),
      // Before anything replaces the values.
      ...keyed(scope).flatMap((place) => hash.map((key) => digest(place, key))),
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
      ...(scope === 'datapoint' ? [`set(metric.metadata[${quoted(marker)}], true)`] : []),
      setText(scope),
      ...keyed(scope).flatMap((place) => stays.map((key) => save(scope, place, key))),
      // Nothing looks into lists and maps otherwise.
      `flatten(${map}) where ${contains(scope, ['":{', '":['])}`,
      ...(scope === 'log' ? bodyOpened() : []),
      ...keyed(scope).flatMap((place) => [
        ...removal(scope, place, redact),
        only(
          `delete_matching_keys(${place.path}, ${quoted(dangerousKeys.regex)})`,
          contains(scope, dangerousKeys.hints),
          place.given,
        ),
      ]),
      ...hinted.flatMap((pattern) => [
        `set(${cached(scope, pattern.name)}, true) where ${contains(scope, pattern.hints)}`,
        ...replacements(scope, pattern, `${cached(scope, pattern.name)} == true`),
      ]),
      ...keyed(scope).flatMap((place) => stays.map((key) => restore(scope, place, key))),
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
  const hasQueries = scope === 'span' || scope === 'log';
  return {
    context: scope,
    statements: [
      ...keyed(scope).flatMap((place) => stays.map((key) => save(scope, place, key))),
      ...always,
      ...keyed(scope).flatMap((place) => stays.map((key) => restore(scope, place, key))),
      ...(hasQueries && literals === 'remove'
        ? [`replace_pattern(${attribute(scope, 'db.query.text')}, ${literal})`]
        : []),
      ...(scope === 'span' && links === 'remove' ? [clearLinks] : []),
    ],
  };
}

/** A list becomes a member, so that its members can be, too. */
function bodyOpened(): string[] {
  const list = cached('log', 'list');
  return [
    // By way of a copy, as a body loses what is in it when it becomes something else; a literal takes no lists.
    `set(${list}, log.body) where IsList(log.body)`,
    'set(log.body, {"list": ""}) where IsList(log.body)',
    `set(log.body["list"], ${list}) where ${list} != nil`,
    `delete_key(log.cache, "list") where ${list} != nil`,
    `flatten(log.body) where ${body.given}`,
  ];
}

function replacements(scope: Scope, { rules }: ValuePattern, condition?: string): string[] {
  return rules.flatMap(({ regex, replacement }) => {
    const change = `${quoted(regex)}, ${quoted(replacement)}`;
    return [
      ...keyed(scope).map(({ path, given }) =>
        only(`replace_all_patterns(${path}, "value", ${change})`, condition, given),
      ),
      ...textsOf[scope].map(({ path, given }) => only(`replace_pattern(${path}, ${change})`, condition, given)),
    ];
  });
}

function removal(scope: Scope, { path, given }: KeyedPlace, keys: readonly string[]): string[] {
  if (keys.length === 0) return [];
  const removes = `delete_matching_keys(${path}, ${quoted(`(?i)${keyExpression(keys)}`)})`;
  const marks = `set(metric.metadata[${quoted(marker)}], true)`;
  return [...(scope === 'datapoint' ? [marks] : []), only(removes, given)];
}

function save(scope: Scope, { path, given }: KeyedPlace, key: string): string {
  const value = member(path, key);
  return only(`set(${cached(scope, kept(path, key))}, ${value})`, given, `${value} != nil`);
}

function restore(scope: Scope, { path, given }: KeyedPlace, key: string): string {
  const value = cached(scope, kept(path, key));
  return only(`set(${member(path, key)}, ${value})`, given, `${value} != nil`);
}

function kept(path: string, key: string): string {
  return path === body.path ? `keep body ${key}` : `keep ${key}`;
}

function identitiesLeft(redact: readonly string[], hash: readonly string[]): string[] {
  const removed = redact.length === 0 ? undefined : new RegExp(keyExpression(redact), 'i');
  return identities.filter((key) => removed?.test(key) !== true && !hash.includes(key));
}

function digest({ path, given }: KeyedPlace, key: string): string {
  const value = member(path, key);
  return only(
    `set(${value}, SHA256(Concat(["\${env:${saltVariable}}", String(${value})], "")))`,
    given,
    `${value} != nil`,
  );
}

/** A statement that runs where all of these hold. */
function only(statement: string, ...conditions: readonly (string | undefined)[]): string {
  const asked = conditions.filter((each) => each !== undefined);
  if (asked.length === 0) return statement;
  const all = asked.length === 1 ? asked : asked.map((each) => (each.includes(' or ') ? `(${each})` : each));
  return `${statement} where ${all.join(' and ')}`;
}

/** Everything that may hold a value, in one text. */
function setText(scope: Scope): string {
  const attributes = `String(${scope}.attributes)`;
  const texts = textsOf[scope].map(({ path }) => (path === body.path ? `String(${path})` : path));
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
  return member(`${scope}.attributes`, key);
}

function member(path: string, key: string): string {
  return `${path}[${quoted(key)}]`;
}

function cached(scope: Scope, name: string): string {
  return member(`${scope}.cache`, name);
}

/** As the collector reads texts: `$` begins a variable before OTTL sees the text, and a backslash escapes within it. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, String.raw`\$&`).replaceAll('$', '$$$$')}"`;
}
