import { InvalidPropError } from '../core/errors';

/** A part of a text, as a regular expression of RE2, and what takes its place. */
export interface ValueRule {
  readonly regex: string;
  /** `${1}` is the first group. */
  readonly replacement: string;
}

/** What is in everything that an expression finds, in lower case: one text, or one of several that end alike. */
export type Hint = string | { readonly last: string; readonly all: readonly string[] };

/** Options of {@link ValuePattern.matching}. */
export interface MatchingOptions {
  /**
   * Texts of which one is in everything that the expression finds, in any case: looking for them is some hundred times
   * cheaper than the expression, which is then tried on few spans.
   *
   * @default - the expression is tried on every value of every span
   */
  readonly hints?: readonly string[];
}

export const redacted = 'REDACTED';

/** A name and what follows it: `token=`, `user[password]=`, and as members of JSON, also of JSON that is in a text of JSON. */
const named = String.raw`(?:passw(?:or)?d|passphrase|pwd|secret|token|(?:api|access|private)[._-]?key|\bsig(?:nature)?)(?:\]|%5D)?(?:\\*["']\s*:\s*|\\*["']?=)`;

/** What values look like that nobody is to read, wherever they stand. */
export class ValuePattern {
  /** `Bearer …`, JSON web tokens, and values beside names such as `password=`, `"token":`, `api_key=`, also in query strings. */
  static readonly credentials = new ValuePattern(
    'credentials',
    [
      { regex: String.raw`(?i)\b(bearer\s+)[a-z0-9._~+/=-]{8,}`, replacement: `\${1}${redacted}` },
      { regex: String.raw`\beyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]*`, replacement: redacted },
      { regex: String.raw`(?i)\b(basic\s+)[a-z0-9+/]{6,}={1,2}`, replacement: `\${1}${redacted}` },
      {
        regex: String.raw`(?i)(${named}\\*["'])(?:[^"'\\]|\\[^"'])+`,
        replacement: `\${1}${redacted}`,
      },
      { regex: String.raw`(?i)(${named})[^\s&;,"'<>\\]+`, replacement: `\${1}${redacted}` },
      {
        // Headers in a text; the value of a cookie goes on to the end of its line.
        regex: String.raw`(?i)((?:authorization|cookie)["']?\s*[:=]\s*["']?)[^\r\n"'<>]+`,
        replacement: `\${1}${redacted}`,
      },
    ],
    [
      ...['bearer', 'basic', 'eyj', 'pass', 'pwd', 'secret', 'token', 'sig', 'authorization', 'cookie'],
      joined(['api', 'access', 'private'], 'key'),
    ],
  );
  /** `user:password@` in addresses; it goes without a trace, as what is left of it would be an e-mail address. */
  static readonly urlUser = new ValuePattern(
    'url-user',
    [{ regex: String.raw`://[^/?#\s"'<>]*@`, replacement: '://' }],
    ['@'],
  );
  /** E-mail addresses, also percent-encoded. */
  static readonly email = new ValuePattern(
    'email',
    [
      {
        regex: String.raw`[\p{L}\p{N}._%+-]+(?:@|%40)[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}`,
        replacement: redacted,
      },
    ],
    ['@', '%40'],
  );
  /**
   * Card numbers of 15 and 16 digits that begin as those of Visa, Mastercard, Amex, Discover, Diners and JCB do, in groups or
   * in one. Nothing checks their last digit, so other numbers of that form are taken for one; digits within longer numbers,
   * trace ids and UUIDs are not. Numbers have no hint, so it is tried on every value, which takes long where values are.
   */
  static readonly cardNumber = new ValuePattern(
    'card-number',
    [
      {
        regex: String.raw`\b(?:(?:4\d{3}|5[1-5]\d{2}|2[2-7]\d{2}|6011|65\d{2}|64[4-9]\d|35[2-8]\d|3[068]\d{2})(?:\d{12}|(?: \d{4}){3}|(?:-\d{4}){3})|3[47]\d{2}(?:\d{11}| \d{6} \d{5}|-\d{6}-\d{5}))\b`,
        replacement: redacted,
      },
    ],
    [],
  );

  /** What is looked for unless something else is said: {@link credentials}, {@link urlUser} and {@link email}. */
  static readonly standard: readonly ValuePattern[] = [
    ValuePattern.credentials,
    ValuePattern.urlUser,
    ValuePattern.email,
  ];

  /**
   * A pattern of one's own; what it finds becomes `REDACTED`.
   *
   * @param name lower-case words, for errors
   * @param regex as RE2 has it: no lookaround, no references to groups
   * @throws {InvalidPropError} if RE2 would not take it, it finds the empty text, or a hint cannot be looked for
   */
  static matching(name: string, regex: string, options: MatchingOptions = {}): ValuePattern {
    const prop = `the redaction pattern ${name}`;
    if (!/^[a-z][a-z0-9-]*$/.test(name))
      throw new InvalidPropError('the name of a redaction pattern', name, 'lower-case words with dashes between');
    requireRe2(prop, regex);
    const hints = (options.hints ?? []).map((hint) => hint.toLowerCase());
    // Spans are searched as JSON, where these are escaped.
    const unfit = hints.find((hint) => hint === '' || /["\\<>&\p{C}]/u.test(hint));
    if (unfit !== undefined)
      throw new InvalidPropError(`a hint of ${prop}`, unfit, 'a text without ", \\, <, >, & and control characters');
    return new ValuePattern(`own-${name}`, [{ regex, replacement: redacted }], hints);
  }

  private constructor(
    readonly name: string,
    readonly rules: readonly ValueRule[],
    readonly hints: readonly Hint[],
  ) {}
}

/** Words before one other, as keys join them: texts without that one need not be searched for the rest. */
export function joined(words: readonly string[], last: string): Hint {
  return { last, all: words.flatMap((word) => ['', '.', '_', '-'].map((separator) => `${word}${separator}${last}`)) };
}

/** JavaScript's expressions are asked, which are a little more than RE2's; what is only theirs is refused by hand. */
function requireRe2(prop: string, regex: string): void {
  const refuse = (expected: string): never => {
    throw new InvalidPropError(prop, regex, expected);
  };
  if (/(?<!\\)\(\?<?[=!]/.test(regex)) refuse('an expression of RE2, which has no lookahead and no lookbehind');
  if (/(?<!\\)(?:\\\\)*\\[1-9k]/.test(regex)) refuse('an expression of RE2, which has no references to groups');
  if (/\\[a-zA-Z]/.test(regex.replace(/\\\\|\\[AbBzdDsSwWpPxafnrtvQE]/g, '')))
    refuse('an expression of RE2: it has an escape that RE2 does not know');
  let parsed: RegExp;
  try {
    parsed = new RegExp(regex.replace(/^\(\?[imsU]+\)/, '').replaceAll('(?P<', '(?<'));
  } catch (error) {
    return refuse(`a regular expression: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (parsed.test('')) refuse('an expression that finds something: it finds the empty text, which is everywhere');
}
