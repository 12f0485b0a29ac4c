import { otlpRequest, type SpanToSend } from '@plumbline/preprocessing/testing';
import { seededRandom } from '@plumbline/worker/random';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeVarint } from '../otlp/protobuf-fields';

const epochMs = 1_780_000_000_000;
const [server, client] = [2, 3];

/** What is unusual in a trace of the shop; own times are multiplied. */
export interface ShopTrace {
  readonly payment?: number;
  readonly stock?: number;
  /** Milliseconds added on the way to payment and back. */
  readonly network?: number;
  readonly hasPaymentFailed?: boolean;
}

/** Spans of one trace of a shop: web calls checkout, which calls stock and then payment. */
export function shopTrace(index: number, seed: number, unusual: ShopTrace = {}): SpanToSend[] {
  const random = seededRandom(seed * 100_003 + index);
  const noise = (ms: number, factor = 1) => ms * factor * Math.exp(0.4 * (random() + random() + random() - 1.5));
  const trace = (seed * 1_000_000 + index + 1).toString(16);
  const stock = noise(8, unusual.stock);
  const payment = noise(20, unusual.payment);
  const [toStock, toPayment] = [noise(0.6), noise(0.6) + (unusual.network ?? 0)];
  const [before, between, after] = [noise(3), noise(2), noise(2)];
  const checkout = before + stock + toStock + between + payment + toPayment + after;
  const web = { before: noise(1), to: noise(0.6) };
  const startMs = epochMs + index * 250;
  const inMs = startMs + web.before + web.to / 2;
  const stockMs = inMs + before;
  const paymentMs = stockMs + stock + toStock + between;
  const failed = unusual.hasPaymentFailed === true ? { statusCode: 2 } : {};
  const span = (
    id: string,
    parent: string | undefined,
    service: string,
    name: string,
    kind: number,
    at: number,
    ms: number,
  ) => ({
    trace,
    id,
    ...(parent === undefined ? {} : { parent }),
    service,
    name,
    kind,
    startMs: at,
    durationMs: ms,
  });
  return [
    span('1', undefined, 'web', 'GET /buy', server, startMs, checkout + web.before + web.to + 1),
    span('2', '1', 'web', 'POST', client, startMs + web.before, checkout + web.to),
    span('3', '2', 'checkout', 'POST /checkout', server, inMs, checkout),
    span('4', '3', 'checkout', 'GET', client, stockMs, stock + toStock),
    span('5', '4', 'stock', 'GET /stock', server, stockMs + toStock / 2, stock),
    { ...span('6', '3', 'checkout', 'POST', client, paymentMs, payment + toPayment), ...failed },
    { ...span('7', '6', 'payment', 'POST /charge', server, paymentMs + toPayment / 2, payment), ...failed },
  ];
}

/** Some of them. */
export function shopTraces(count: number, seed: number, unusual: ShopTrace = {}): SpanToSend[][] {
  return Array.from({ length: count }, (_, index) => shopTrace(index, seed, unusual));
}

/** A folder for recordings that a test writes. */
export class Recordings {
  private readonly folder = mkdtempSync(join(tmpdir(), 'plumbline-told-'));
  private files = 0;

  /** Writes a recording, a request for each list of spans. @returns its path */
  write(requests: readonly (readonly SpanToSend[])[]): string {
    const parts = requests.flatMap((spans) => {
      const bytes = otlpRequest(spans);
      return [encodeVarint(bytes.length), bytes];
    });
    return this.writeText(Buffer.concat(parts));
  }

  writeText(content: string | Uint8Array): string {
    this.files += 1;
    const path = join(this.folder, String(this.files));
    writeFileSync(path, content);
    return path;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }
}
