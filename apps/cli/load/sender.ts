import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { otlpDescriptor } from '@plumbline/wire';
import { boundedBody } from '@plumbline/worker';
import protobuf from 'protobufjs';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const exportResponse = root.lookupType('ExportTraceServiceResponse');
const rpcStatus = root.lookupType('Status');

/** https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const retryable = new Set([429, 502, 503, 504]);
const timeoutMs = 30_000;
const maxAnswerBytes = 1024 * 1024;
/** Waits double from the first to the last, as the exporters of the SDKs do. */
const firstWaitMs = 500;
const longestWaitMs = 8_000;

/** What became of a request. */
export interface Delivery {
  readonly acceptedSpans: number;
  /** Refused, or never answered. */
  readonly refusedSpans: number;
  /** How often it was asked to come again, or had no answer. */
  readonly retries: number;
  /** Why spans were refused. */
  readonly reason?: string;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly retryAfterMs: number | undefined;
}

/** Sends OTLP over HTTP, and comes again when it is asked to. */
export class OtlpSender {
  private readonly url: URL;
  private readonly agent: HttpAgent | HttpsAgent;

  /**
   * @param endpoint without `/v1/traces`
   * @param attempts of each request
   */
  constructor(
    endpoint: string,
    private readonly attempts = 6,
  ) {
    this.url = new URL(`${endpoint.replace(/\/+$/, '')}/v1/traces`);
    const options = { keepAlive: true, maxSockets: 32 };
    this.agent = this.url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /**
   * Sends a request of so many spans until it is taken, refused for good, or tried often enough.
   *
   * @throws the reason of the signal, when that is aborted
   */
  async send(body: Buffer, spans: number, signal: AbortSignal): Promise<Delivery> {
    let reason = '';
    for (let attempt = 1; ; attempt += 1) {
      const isLast = attempt >= this.attempts;
      const retries = attempt - 1;
      let waitMs = Math.min(longestWaitMs, firstWaitMs * 2 ** retries) * (0.75 + Math.random() / 2);
      try {
        const answer = await this.exchange(body, signal);
        if (answer.status === 200) {
          const { rejected, message } = partialSuccess(answer.body);
          const refused = Math.min(spans, rejected);
          const why = message === '' ? 'no reason given' : message;
          return {
            acceptedSpans: spans - refused,
            refusedSpans: refused,
            retries,
            ...(refused > 0 && { reason: why }),
          };
        }
        reason = `${answer.status} ${messageOf(answer.body)}`.trim();
        if (isLast || !retryable.has(answer.status)) return { acceptedSpans: 0, refusedSpans: spans, retries, reason };
        waitMs = answer.retryAfterMs ?? waitMs;
      } catch (error) {
        signal.throwIfAborted();
        reason = failureOf(error);
        if (isLast) return { acceptedSpans: 0, refusedSpans: spans, retries, reason };
      }
      await sleep(waitMs, undefined, { signal });
    }
  }

  close(): void {
    this.agent.destroy();
  }

  private exchange(body: Buffer, signal: AbortSignal): Promise<Answer> {
    const { agent, url } = this;
    const headers = { 'content-type': 'application/x-protobuf', 'content-length': body.length };
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const outgoing = start(url, { method: 'POST', agent, headers, signal, timeout: timeoutMs }, (answer) => {
        const retryAfter = Number(answer.headers['retry-after']);
        const retryAfterMs = Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter * 1000 : undefined;
        boundedBody(answer, maxAnswerBytes).then(
          (bytes) => resolve({ status: answer.statusCode ?? 0, body: Buffer.from(bytes), retryAfterMs }),
          reject,
        );
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer for ${timeoutMs / 1000} s`)));
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

/** Node.js gives some errors a code and no message. */
function failureOf(error: unknown): string {
  const { message = '', code = '' } = error as Partial<NodeJS.ErrnoException>;
  return message === '' ? code : message;
}

function partialSuccess(body: Buffer): { readonly rejected: number; readonly message: string } {
  const { partialSuccess: part } = exportResponse.toObject(exportResponse.decode(body), { longs: Number }) as {
    readonly partialSuccess?: { readonly rejectedSpans?: number; readonly errorMessage?: string };
  };
  return { rejected: part?.rejectedSpans ?? 0, message: part?.errorMessage ?? '' };
}

/** What a refusal says; whoever does not speak OTLP may say anything. */
function messageOf(body: Buffer): string {
  try {
    const { message } = rpcStatus.toObject(rpcStatus.decode(body), { defaults: true }) as { readonly message: string };
    if (message !== '') return message.slice(0, 200);
  } catch {
    // Not a Status.
  }
  return body.toString('utf8').replace(/\s+/g, ' ').slice(0, 200);
}
