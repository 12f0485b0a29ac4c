import { isIP } from 'node:net';
import { InvalidPropError } from '../core/errors';
import type { ConversationStep, DnsQuestion, Expectation, HttpQuestion } from './probe-modules';

/** Headers whose values nobody is to read in a manifest. */
const secretHeaders = /^(authorization|proxy-authorization|cookie|x-api-key|api-key|x-auth-token)$/i;
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Of other languages of expressions: the exporter's RE2 looks neither ahead nor back, and does not remember. */
const notRe2 = /\(\?(?:=|!|<=|<!|>)|(?<!\\)(?:\\\\)*\\[1-9]/;

/**
 * Where a URL leads, as the exporter is given it.
 *
 * @throws {InvalidPropError} if it is none of HTTP, or has a user, a password or a fragment
 */
export function checkedUrl(
  name: string,
  text: string,
): { readonly host: string; readonly port: number; readonly address: string } {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidPropError(`${name}.url`, withoutUser(text), 'a URL of http or https');
  if (`${url.username}${url.password}` !== '')
    throw new InvalidPropError(
      `${name}.url`,
      withoutUser(text),
      'allowed to have a user or password: see `credential`',
    );
  if (url.hash !== '') throw new InvalidPropError(`${name}.url`, text, 'what is sent: a fragment is not');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
  return { host, port, address: url.href };
}

/** Passwords are not for messages either. */
function withoutUser(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, '//…@');
}

/** @throws {InvalidPropError} if a code, header or expression cannot be, or a header is for a Secret to have */
export function checkedHttp(name: string, question: HttpQuestion): HttpQuestion {
  const { status, headers = {}, body, answerHeaders = {}, credential } = question;
  if (status !== undefined && (status.length === 0 || status.some((code) => !isStatus(code))))
    throw new InvalidPropError(`${name}.status`, status, 'a list of codes from 100 to 599');
  for (const [header, value] of Object.entries(headers)) {
    checkHeader(`${name}.headers`, header);
    if (secretHeaders.test(header))
      throw new InvalidPropError(`${name}.headers`, header, 'one that everybody may read: see `credential`');
    if (/[\r\n]/.test(value)) throw new InvalidPropError(`${name}.headers.${header}`, value, 'one line');
  }
  if (credential?.header !== undefined) checkHeader(`${name}.credential.header`, credential.header);
  checkExpectation(`${name}.body`, body);
  for (const [header, expected] of Object.entries(answerHeaders)) {
    checkHeader(`${name}.answerHeaders`, header);
    checkExpectation(`${name}.answerHeaders.${header}`, expected);
  }
  return question;
}

/** @throws {InvalidPropError} if a step does nothing, or an expression cannot be */
export function checkedConversation(name: string, steps: readonly ConversationStep[]): readonly ConversationStep[] {
  for (const [index, { expect, send, startTls }] of steps.entries()) {
    const at = `${name}.conversation[${index}]`;
    if (expect === undefined && send === undefined && startTls !== true)
      throw new InvalidPropError(at, steps[index], 'a step that waits, says something or begins to encrypt');
    if (expect !== undefined) checkExpression(at, expect);
  }
  return steps;
}

/** @throws {InvalidPropError} if the name is none, or an expression cannot be */
export function checkedDns(name: string, { query, answers, codes }: DnsQuestion): void {
  if (!/^(?=.{1,254}$)[-\w]+(\.[-\w]+)*\.?$/.test(query) || isIP(query) !== 0)
    throw new InvalidPropError(`${name}.query`, query, 'a name of DNS');
  if (codes?.length === 0) throw new InvalidPropError(`${name}.codes`, codes, 'at least one code');
  checkExpectation(`${name}.answers`, answers);
}

function checkHeader(prop: string, header: string): void {
  if (!token.test(header)) throw new InvalidPropError(prop, header, 'the name of a header');
}

function checkExpectation(prop: string, expected: Expectation | undefined): void {
  if (expected === undefined) return;
  const { matches = [], lacks = [] } = expected;
  if (matches.length + lacks.length === 0) throw new InvalidPropError(prop, expected, 'what is expected');
  for (const expression of [...matches, ...lacks]) checkExpression(prop, expression);
}

function checkExpression(prop: string, expression: string): void {
  if (expression === '' || notRe2.test(expression))
    throw new InvalidPropError(prop, expression, 'an expression of RE2, which looks neither ahead nor back');
}

function isStatus(code: number): boolean {
  return Number.isInteger(code) && code >= 100 && code <= 599;
}
