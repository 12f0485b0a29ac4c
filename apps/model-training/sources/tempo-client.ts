import { messageOf, retryTransient, type RetryPolicy } from '@plumbline/worker';
import { z } from 'zod';
import { TrainingError } from '../errors';

/** Longest that an answer is waited for, milliseconds: a search reads blocks from the object store. */
const timeoutMs = 60_000;
/** Largest answer, bytes: a trace has at most what Tempo takes (50 MB by default). */
const maxAnswerBytes = 64 * 1024 * 1024;
const patience: RetryPolicy = { startingDelayMs: 200, maxDelayMs: 5_000, attempts: 6 };

const searchSchema = z.object({
  traces: z
    .array(
      z.object({
        traceID: z.string().regex(/^[0-9a-fA-F]{1,32}$/),
        rootServiceName: z.string().default(''),
        rootTraceName: z.string().default(''),
      }),
    )
    .default([]),
});

/** A trace that a search found. */
export interface FoundTrace {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly rootService: string;
  readonly rootName: string;
}

export interface TempoClientOptions {
  /** Base URL of the HTTP API, such as `http://tempo:3200`. */
  readonly url: string;
  /** Tenant, where Tempo has several (`X-Scope-OrgID`). */
  readonly tenant?: string;
  readonly signal?: AbortSignal;
}

/** Tempo's HTTP API as far as training needs it: https://grafana.com/docs/tempo/latest/api_docs/. */
export class TempoClient {
  private readonly base: string;

  constructor(private readonly options: TempoClientOptions) {
    this.base = options.url.replace(/\/+$/, '');
  }

  /**
   * Traces of a time that a TraceQL query finds; which ones, where there are more than the limit, is Tempo's choice.
   *
   * @param fromS start, seconds since the epoch; `toS` its end
   * @throws {TrainingError} when Tempo cannot be asked, or says no
   */
  async search(traceQl: string, fromS: number, toS: number, limit: number): Promise<FoundTrace[]> {
    const query = new URLSearchParams({
      q: traceQl,
      start: String(Math.floor(fromS)),
      end: String(Math.ceil(toS)),
      limit: String(limit),
      spss: '1',
    });
    const body = await this.get(`/api/search?${query.toString()}`, 'application/json');
    const parsed = searchSchema.safeParse(jsonOf(body));
    if (!parsed.success) throw this.refused('a search', 'something that is no list of traces');
    return parsed.data.traces.map(({ traceID, rootServiceName, rootTraceName }) => ({
      // Tempo leaves out leading zeros.
      traceId: traceID.toLowerCase().padStart(32, '0'),
      rootService: rootServiceName,
      rootName: rootTraceName,
    }));
  }

  /**
   * A trace as ExportTraceServiceRequest in protobuf form: Tempo's `Trace` has the same wire form.
   *
   * @returns `undefined` when Tempo has none, or forgot it in the meantime
   * @throws {TrainingError} when Tempo cannot be asked, or says no
   */
  async trace(traceId: string): Promise<Uint8Array | undefined> {
    return this.get(`/api/traces/${traceId}`, 'application/protobuf');
  }

  private get(path: string, accept: string): Promise<Uint8Array | undefined> {
    return retryTransient(
      () => this.once(path, accept),
      patience,
      () => this.options.signal?.aborted !== true,
    );
  }

  private async once(path: string, accept: string): Promise<Uint8Array | undefined> {
    const { tenant, signal } = this.options;
    const signals = [AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])];
    try {
      const response = await fetch(this.base + path, {
        headers: { accept, ...(tenant === undefined ? {} : { 'X-Scope-OrgID': tenant }) },
        signal: AbortSignal.any(signals),
      });
      if (response.status === 404) {
        await response.body?.cancel();
        return undefined;
      }
      if (!response.ok) {
        const text = (await response.text()).replace(/\s+/g, ' ').slice(0, 200);
        const transient = response.status === 429 || response.status >= 500;
        throw this.refused(path, `${response.status}: ${text}`, { transient });
      }
      return await bounded(response, () => this.refused(path, `more than ${maxAnswerBytes} bytes`));
    } catch (cause) {
      if (cause instanceof TrainingError) throw cause;
      throw new TrainingError('PLUMBLINE_TRAINING_SOURCE', `Tempo at ${this.base}: ${messageOf(cause)}`, {
        cause,
        transient: signal?.aborted !== true,
      });
    }
  }

  private refused(what: string, answer: string, options: { readonly transient?: boolean } = {}): TrainingError {
    return new TrainingError(
      'PLUMBLINE_TRAINING_SOURCE',
      `Tempo at ${this.base} answers ${what} with ${answer}`,
      options,
    );
  }
}

async function bounded(response: Response, tooLarge: () => TrainingError): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxAnswerBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}
