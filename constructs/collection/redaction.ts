import { InvalidPropError } from '../core/errors';
import type { SecretSource } from '../core/secret-source';
import { joined, ValuePattern } from './value-pattern';

/** What an {@link OtelTier} takes out of spans, log records and metrics before anybody gets them. */
export interface RedactionProps {
  /**
   * Keys of attributes that are removed besides those that look dangerous, in any case; `*` is any part of a key, and is
   * cheapest at its end.
   */
  readonly redact?: readonly string[];
  /** Keys of attributes that stay as they are, though they look dangerous or their values do. */
  readonly keep?: readonly string[];
  /** Attributes whose values become digests: equal values stay equal, and nobody can read them. @default - none */
  readonly hash?: HashedAttributes;
  /** What is replaced within values, bodies of log records, names of spans and events, and messages of statuses. @default ValuePattern.standard */
  readonly patterns?: readonly ValuePattern[];
  /**
   * Literals of queries in `db.query.text`: `'…'` becomes `?`, as the semantic conventions have it.
   *
   * @default 'remove'
   */
  readonly queryLiterals?: 'remove' | 'keep';
  /**
   * Links of spans. The collector cannot change attributes of a link, so they go as a whole or stay as they are, whatever is in them.
   *
   * @default 'keep' - without them what goes through a queue falls apart into traces of their own
   */
  readonly links?: 'remove' | 'keep';
}

/** Attributes whose values become SHA-256 digests, salted: without a salt, all e-mail addresses could be tried. */
export interface HashedAttributes {
  /** Keys, exactly. */
  readonly keys: readonly string[];
  /** Who makes the salt, key `salt` of a Secret; another salt gives other digests. @default SecretSource.generated() */
  readonly salt?: SecretSource;
}

/** Everything that redaction depends on, checked. */
export interface Redaction {
  readonly redact: readonly string[];
  readonly keep: readonly string[];
  readonly hash: readonly string[];
  readonly patterns: readonly ValuePattern[];
  readonly queryLiterals: 'remove' | 'keep';
  readonly links: 'remove' | 'keep';
}

/** Variable that holds the salt of digests. */
export const saltVariable = 'REDACTION_SALT';

/**
 * Keys of which the value goes, whatever it is. `token` only where a key ends in it: numbers of tokens, as `gen_ai.usage.*_tokens`,
 * are no secret.
 */
export const dangerousKeys = {
  regex: String.raw`(?i)authorization|cookie|passw(?:or)?d|passphrase|(?:^|[^a-z])pwd(?:\.\d+)*$|secret|credential|jwt|token(?:[._-]?(?:value|string|hash))?(?:\.\d+)*$|(?:api|access|private)[._-]?key|card[._-]?number`,
  hints: [
    ...['authorization', 'cookie', 'pass', 'pwd', 'secret', 'credential', 'jwt', 'token'],
    joined(['api', 'access', 'private'], 'key'),
    joined(['card'], 'number'),
  ],
} as const;

const dangerous = new RegExp(dangerousKeys.regex.replace('(?i)', ''), 'i');

/**
 * @param prop where props are from, for errors
 * @throws {InvalidPropError} if a key cannot be one, or two props contradict each other about it
 */
export function redactionOf(prop: string, props: RedactionProps): Redaction {
  const { redact = [], keep = [], patterns = ValuePattern.standard, queryLiterals = 'remove', links = 'keep' } = props;
  const hash = props.hash?.keys ?? [];
  if (props.hash !== undefined && hash.length === 0)
    throw new InvalidPropError(`${prop}.hash.keys`, [], 'at least one key: leave hash out where nothing is hashed');
  requireKeys(
    `${prop}.redact`,
    redact,
    /^(?!\*+$)[\w.:/*-]+$/,
    'a key of letters, digits and ._:/-, with * for any part of it',
  );
  for (const [name, keys] of [['keep', keep] as const, ['hash.keys', hash] as const])
    requireKeys(`${prop}.${name}`, keys, /^[\w.:/-]+$/, 'one whole key of letters, digits and ._:/-');
  const removed = redact.length === 0 ? undefined : new RegExp(keyExpression(redact), 'i');
  for (const key of keep) {
    if (removed?.test(key) === true) throw new InvalidPropError(`${prop}.keep`, key, 'a key that redact leaves alone');
    if (hash.includes(key)) throw new InvalidPropError(`${prop}.keep`, key, 'a key that hash leaves alone');
  }
  for (const key of hash) {
    if (removed?.test(key) === true || dangerous.test(key))
      throw new InvalidPropError(
        `${prop}.hash.keys`,
        key,
        'a key that stays: it is removed, as what it holds is no name',
      );
  }
  const twice = patterns.find(({ name }, index) => patterns.findIndex((each) => each.name === name) !== index);
  if (twice !== undefined) throw new InvalidPropError(`${prop}.patterns`, twice.name, 'in the list once only');
  return { redact, keep, hash, patterns, queryLiterals, links };
}

/** Whole keys, with `*` for any part; those of a flattened list end in numbers. To be used without regard to case. */
export function keyExpression(keys: readonly string[]): string {
  const alternatives = keys.map((key) => key.replace(/[.]/g, String.raw`\.`).replace(/\*+/g, '.*'));
  return String.raw`^(?:${alternatives.join('|')})(?:\.\d+)*$`;
}

function requireKeys(prop: string, keys: readonly string[], form: RegExp, expected: string): void {
  const unfit = keys.find((key) => !form.test(key));
  if (unfit !== undefined) throw new InvalidPropError(prop, unfit, expected);
}
