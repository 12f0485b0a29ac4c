import { VerifyError } from './check';

const timeoutMs = 10_000;
const maxBytes = 16 * 1024 * 1024;

export interface HttpRequest {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
}

/** What a server answered. */
export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
  /** `undefined` when the answer is no JSON. */
  readonly json: unknown;
}

/**
 * Asks a server once; it has ten seconds, and may answer with 16 MiB.
 *
 * @param what for the message, such as `Tempo`
 * @throws {VerifyError} when there is no answer; an answer of any status is one
 */
export async function ask(what: string, url: string, request: HttpRequest = {}): Promise<HttpAnswer> {
  const { method = 'GET', headers = {}, json } = request;
  try {
    const response = await fetch(url, {
      method,
      signal: AbortSignal.timeout(timeoutMs),
      headers: { ...headers, ...(json !== undefined && { 'content-type': 'application/json' }) },
      ...(json !== undefined && { body: JSON.stringify(json) }),
    });
    const text = await boundedText(response);
    return { status: response.status, text, json: parseJson(text) };
  } catch (cause) {
    throw new VerifyError(
      `${what} does not answer at ${new URL(url).origin}: ${reason(cause)}`,
      `look whether ${what} is up, and whether that address is right`,
      { cause },
    );
  }
}

async function boundedText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).length;
    if (bytes > maxBytes) throw new RangeError(`the answer is longer than ${maxBytes} bytes`);
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The innermost message: `fetch` itself only says that it failed. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return reason(error.cause);
  return error.message === '' && 'code' in error ? String(error.code) : error.message;
}

/** The beginning of an answer, on one line, for a message. */
export function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
