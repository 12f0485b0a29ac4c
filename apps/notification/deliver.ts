import { setTimeout as sleep } from 'node:timers/promises';

/** One HTTP request of a channel. */
export interface DeliveryRequest {
  readonly method: 'POST' | 'PATCH';
  readonly url: string;
  readonly body: unknown;
}

export interface DeliveryOptions {
  /** How often it is tried in all. */
  readonly attempts: number;
  /** Wait after the first failure, doubled each time, milliseconds. @default 500 */
  readonly firstDelayMs?: number;
  /** Longest wait, also when the channel asks for more. @default 30000 */
  readonly maxDelayMs?: number;
  /** @default 10000 */
  readonly timeoutMs?: number;
}

/** What the channel answered. */
export interface DeliveryResponse {
  readonly status: number;
  /** At most 64 KiB of the body. */
  readonly body: string;
}

/** A delivery that did not succeed. Its message names the status, never the address, which is a secret. */
export class DeliveryError extends Error {
  readonly code = 'PLUMBLINE_DELIVERY';
  override readonly name = 'DeliveryError';

  constructor(
    message: string,
    /** Whether trying again later may help. */
    readonly transient: boolean,
    readonly status?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

const maxResponseBytes = 64 * 1024;

/**
 * Sends a request, again on 429, 5xx and network failures, after the time the channel asks for in `Retry-After`, else with
 * exponential backoff and jitter.
 *
 * @throws {DeliveryError} when it is refused or the attempts are used up
 */
export async function deliver(request: DeliveryRequest, options: DeliveryOptions): Promise<DeliveryResponse> {
  const { attempts, firstDelayMs = 500, maxDelayMs = 30_000 } = options;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await send(request, options.timeoutMs ?? 10_000);
    if (!(outcome instanceof DeliveryError) && outcome.status < 300) return outcome;
    const error = outcome instanceof DeliveryError ? outcome : refusal(outcome);
    if (!error.transient || attempt >= attempts) throw error;
    const asked = outcome instanceof DeliveryError ? undefined : outcome.retryAfterMs;
    const backoff = firstDelayMs * 2 ** (attempt - 1) * (0.75 + Math.random() / 2);
    await sleep(Math.min(asked ?? backoff, maxDelayMs));
  }
}

type Answer = DeliveryResponse & { readonly retryAfterMs: number | undefined };

async function send({ method, url, body }: DeliveryRequest, timeoutMs: number): Promise<Answer | DeliveryError> {
  try {
    const response = await fetch(url, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    return {
      status: response.status,
      body: await readLimited(response),
      retryAfterMs: retryAfter(response.headers.get('retry-after')),
    };
  } catch (cause) {
    // The cause of a failed fetch names the host at most; the path with its token stays out of messages.
    return new DeliveryError('the channel could not be reached', true, undefined, { cause });
  }
}

async function readLimited(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body !== null) {
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= maxResponseBytes) break;
    }
  }
  return Buffer.concat(chunks).subarray(0, maxResponseBytes).toString('utf8');
}

function refusal({ status }: DeliveryResponse): DeliveryError {
  return new DeliveryError(`the channel answered ${status}`, status === 429 || status === 408 || status >= 500, status);
}

/** `Retry-After` in seconds (Discord sends fractions) or as a date. */
function retryAfter(header: string | null): number | undefined {
  if (header === null) return undefined;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(wait) ? Math.max(wait, 0) : undefined;
}
