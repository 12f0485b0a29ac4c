import { messageOf, retryTransient, type RetryPolicy } from '@plumbline/worker';
import { z } from 'zod';
import { RegistryError, type RegistryErrorCode } from '../errors';

/** How to reach an MLflow server. */
export interface MlflowConnection {
  /** Base URL, as in `MLFLOW_TRACKING_URI`; a user and a password in it are used and never shown. */
  readonly url: string;
  /** @default - none */
  readonly login?: { readonly user: string; readonly password: string } | { readonly token: string };
}

export interface MlflowClientOptions {
  /** Longest time of one request, milliseconds. @default 10_000 */
  readonly timeoutMs?: number;
  /** @default - four tries within some five seconds */
  readonly retry?: RetryPolicy;
}

type Query = Readonly<Record<string, string>>;

/** Largest answer that is read, bytes: some ten thousand decisions. */
const maxAnswerBytes = 8 * 1024 * 1024;
const patience: RetryPolicy = { startingDelayMs: 250, maxDelayMs: 2_000, attempts: 4 };

/** An answer of MLflow that is none of success; `errorCode` is its own, such as `RESOURCE_ALREADY_EXISTS`. */
export class MlflowError extends RegistryError {
  constructor(
    code: RegistryErrorCode,
    message: string,
    readonly status: number,
    readonly errorCode: string,
  ) {
    super(code, message);
  }
}

const errorSchema = z.object({ error_code: z.string(), message: z.string() });

/** The REST API of MLflow 3, below `/api/2.0/mlflow`. Every request ends: it is timed, its answer bounded and checked, its tries counted. */
export class MlflowClient {
  /** The server's address without login. */
  readonly place: string;
  private readonly base: string;
  private readonly authorization: string | undefined;
  private readonly timeoutMs: number;
  private readonly retry: RetryPolicy;

  /** @throws {TypeError} for what is no URL */
  constructor({ url, login }: MlflowConnection, { timeoutMs = 10_000, retry = patience }: MlflowClientOptions = {}) {
    const parsed = new URL(url);
    const inUrl =
      parsed.username === ''
        ? undefined
        : { user: decodeURIComponent(parsed.username), password: decodeURIComponent(parsed.password) };
    this.authorization = authorizationOf(login ?? inUrl);
    this.place = `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`;
    this.base = `${this.place}/api/2.0/mlflow`;
    this.timeoutMs = timeoutMs;
    this.retry = retry;
  }

  /**
   * @throws {MlflowError} when the server answers with an error
   * @throws {RegistryError} when it cannot be reached, or its answer is not as `schema` says
   */
  get<T>(path: string, query: Query, schema: z.ZodType<T>): Promise<T> {
    return this.call('GET', `${path}?${new URLSearchParams(query).toString()}`, undefined, schema);
  }

  /** As {@link get}. */
  post<T>(path: string, body: object, schema: z.ZodType<T>): Promise<T> {
    return this.call('POST', path, body, schema);
  }

  /** As {@link get}. */
  delete(path: string, body: object): Promise<unknown> {
    return this.call('DELETE', path, body, z.unknown());
  }

  private call<T>(method: string, path: string, body: object | undefined, schema: z.ZodType<T>): Promise<T> {
    return retryTransient(
      () => this.once(method, path, body, schema),
      this.retry,
      () => true,
    );
  }

  private async once<T>(method: string, path: string, body: object | undefined, schema: z.ZodType<T>): Promise<T> {
    const name = `${method} ${path.split('?')[0] ?? path} of ${this.place}`;
    const { status, text } = await this.send(method, path, body, name);
    if (status < 200 || status > 299) throw answered(name, status, text);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const message = `${name}: the answer is not one of MLflow: ${z.prettifyError(parsed.error).slice(0, 300)}`;
    throw new RegistryError('PLUMBLINE_REGISTRY_MALFORMED', message);
  }

  private async send(method: string, path: string, body: object | undefined, name: string) {
    try {
      const answer = await fetch(`${this.base}/${path}`, {
        method,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(this.authorization !== undefined && { authorization: this.authorization }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A redirect leads to a page for people to log in, or to another host that must not see the login.
        redirect: 'manual',
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      return { status: answer.status, text: await boundedText(answer, name) };
    } catch (error) {
      if (error instanceof RegistryError) throw error;
      throw new RegistryError('PLUMBLINE_REGISTRY_UNAVAILABLE', `${name}: ${reasonOf(error)}`);
    }
  }
}

function authorizationOf(login: MlflowConnection['login']): string | undefined {
  if (login === undefined) return undefined;
  if ('token' in login) return `Bearer ${login.token}`;
  return `Basic ${Buffer.from(`${login.user}:${login.password}`).toString('base64')}`;
}

function answered(name: string, status: number, text: string): MlflowError {
  const told = errorSchema.safeParse(jsonOf(text)).data;
  const said = (told?.message ?? text.replace(/<[^>]*>/g, ' '))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 300);
  const message = `${name}: ${status} ${said}`.trim();
  return new MlflowError(codeOf(status), message, status, told?.error_code ?? '');
}

function codeOf(status: number): RegistryErrorCode {
  if (status === 401 || status === 403) return 'PLUMBLINE_REGISTRY_DENIED';
  if (status === 408 || status === 429 || status >= 500) return 'PLUMBLINE_REGISTRY_UNAVAILABLE';
  return 'PLUMBLINE_REGISTRY_REFUSED';
}

async function boundedText(answer: Response, name: string): Promise<string> {
  if (answer.body === null) return '';
  const body: AsyncIterable<Uint8Array> = answer.body;
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) {
      throw new RegistryError(
        'PLUMBLINE_REGISTRY_MALFORMED',
        `${name}: the answer is longer than ${maxAnswerBytes} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** `fetch failed` says nothing; its cause does, such as ECONNREFUSED. */
function reasonOf(error: unknown): string {
  // By its form: an error of another context is no instance of this one's.
  const hasCause = typeof error === 'object' && error !== null && 'cause' in error;
  if (!hasCause || error.cause === undefined || error.cause === null) return messageOf(error);
  const cause = messageOf(error.cause);
  const code = typeof error.cause === 'object' && 'code' in error.cause ? String(error.cause.code) : '';
  return cause === '' ? code : cause;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
