import { emptyTable, featureSchema, mergeTable, type Bundle, type StatsTable } from '@plumbline/wire';
import { traceBatchFrom, type PlainSpan, type PlainTrace } from '@plumbline/wire/testing';
import { indexBatch } from './batch-index';
import { judge, type Activation } from './judge';
import { ProfileScorer } from './profile-scorer';
import { windowDeltas } from './stats';

/** Uniform numbers from 0 to 1 that follow from the seed (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** What goes wrong in the shop of {@link shopTrace}. */
export interface Fault {
  /** Multiplies the self time of a service's server spans. */
  readonly slow?: { readonly service: string; readonly factor: number };
  /** Fails the server spans of a service. */
  readonly fail?: string;
  /** Adds to the time between a caller and this service, milliseconds. */
  readonly gap?: { readonly callee: string; readonly addMs: number };
  /** Checkout no longer calls this service. */
  readonly skip?: string;
  /** Checkout calls payment this many times. */
  readonly retries?: number;
  /** Checkout calls a service it never called. */
  readonly detour?: string;
}

/**
 * One request to a shop of five services, with log-normal self times (spread 0.35) and a server span in a thousand that fails:
 * gateway → cart → redis, gateway → checkout → payment, checkout → postgres; or gateway → catalogue → postgres, one to three times.
 */
export function shopTrace(random: () => number, eventTimeMs: number, fault: Fault = {}): PlainTrace {
  const builder = new SpanBuilder(random, fault);
  if (random() < 0.4) builder.browse();
  else builder.checkout();
  const traceId = Array.from({ length: 4 }, () =>
    Math.floor(random() * 4294967296)
      .toString(16)
      .padStart(8, '0'),
  ).join('');
  return { traceId, eventTimeMs, spans: builder.spans };
}

/** Requests at a steady rate from a time on. */
export function shopTraces(
  seed: number,
  count: number,
  fromMs: number,
  perSecond: number,
  fault?: Fault,
): PlainTrace[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, i) => shopTrace(random, fromMs + (i * 1000) / perSecond, fault));
}

/** Statistics of traces, judged by a scorer where one is given. */
export function statsOf(traces: readonly PlainTrace[], activation?: Activation): StatsTable {
  const batch = traceBatchFrom(traces);
  const index = indexBatch(batch);
  const judged = judge(
    batch,
    index,
    traces.map((_, trace) => ({ trace, activation })),
    undefined,
  );
  const table = emptyTable();
  for (const deltas of windowDeltas(batch, index, judged, 10_000).values()) {
    for (const { stats } of deltas) mergeTable(table, stats);
  }
  return table;
}

/** A bundle that learnt from these traces and nothing else; twice, since ratios need something to be taken of. */
export function bundleOf(traces: readonly PlainTrace[], version = '000001-test', effectiveFromMs = 0): Bundle {
  const first = bundleWith(statsOf(traces), traces.length, version, effectiveFromMs);
  const activation = { effectiveFromMs, bundle: first, scorer: new ProfileScorer(first) };
  return bundleWith(statsOf(traces, activation), traces.length, version, effectiveFromMs);
}

function bundleWith(profile: StatsTable, traces: number, version: string, effectiveFromMs: number): Bundle {
  return {
    version,
    featureSchema,
    effectiveFromMs,
    learnt: { fromMs: 0, throughMs: 0, windows: 1, traces },
    thresholds: { alpha: 0.01, minSupport: 20, traceScore: { default: Math.log(3) } },
    profile,
    spread: new Map(),
  };
}

class SpanBuilder {
  readonly spans: PlainSpan[] = [];

  constructor(
    private readonly random: () => number,
    private readonly fault: Fault,
  ) {}

  browse(): void {
    const queries = 1 + Math.floor(this.random() * 3);
    this.server('gateway', 'GET /products', 2, undefined, (gateway) => {
      this.call('gateway', 'GET', 'catalogue', 'GET /products', 3, gateway, (catalogue) => {
        for (let i = 0; i < queries; i += 1) this.query('catalogue', 'SELECT', 'peer:postgresql/shop', 4, catalogue);
      });
    });
  }

  checkout(): void {
    const { skip, retries = 1, detour } = this.fault;
    this.server('gateway', 'POST /checkout', 3, undefined, (gateway) => {
      this.call('gateway', 'POST', 'cart', 'GET /cart', 4, gateway, (cart) => {
        this.query('cart', 'HGET', 'peer:redis', 1, cart);
      });
      this.call('gateway', 'POST', 'checkout', 'POST /checkout', 8, gateway, (checkout) => {
        this.query('checkout', 'INSERT', 'peer:postgresql/shop', 5, checkout);
        if (skip !== 'payment') {
          for (let i = 0; i < retries; i += 1) this.call('checkout', 'POST', 'payment', 'POST /charge', 20, checkout);
        }
        if (detour !== undefined) this.call('checkout', 'POST', detour, 'POST /detour', 5, checkout);
      });
    });
  }

  /** Adds a span and, within it, what `inside` adds; its duration is its own time and theirs. */
  private add(span: Omit<PlainSpan, 'id' | 'durationMs'>, ownMs: number, inside?: (id: string) => void): number {
    const id = String(this.spans.length + 1);
    const at = this.spans.push({ ...span, id, durationMs: ownMs }) - 1;
    inside?.(id);
    const children = this.spans.filter(({ parent }) => parent === id);
    const durationMs = ownMs + children.reduce((sum, child) => sum + child.durationMs, 0);
    const error = span.error === true || children.some((child) => child.error === true);
    this.spans[at] = { ...span, id, durationMs, ...(error ? { error } : {}) };
    return durationMs;
  }

  private server(
    service: string,
    operation: string,
    medianMs: number,
    parent: string | undefined,
    inside?: (id: string) => void,
  ): void {
    const { slow, fail } = this.fault;
    const factor = slow?.service === service ? slow.factor : 1;
    const error = fail === service || this.random() < 1 / 1000;
    const span = { service, operation, kind: 'server', ...(error ? { error } : {}) } as const;
    this.add(parent === undefined ? span : { ...span, parent }, factor * this.time(medianMs), inside);
  }

  private call(
    caller: string,
    method: string,
    callee: string,
    operation: string,
    medianMs: number,
    parent: string,
    inside?: (id: string) => void,
  ): void {
    const { gap } = this.fault;
    const gapMs = this.time(0.5) + (gap?.callee === callee ? gap.addMs : 0);
    this.add({ service: caller, operation: method, kind: 'client', parent }, gapMs, (client) => {
      this.server(callee, operation, medianMs, client, inside);
    });
  }

  private query(service: string, operation: string, peer: string, medianMs: number, parent: string): void {
    this.add({ service, operation, kind: 'client', peer, parent }, this.time(medianMs));
  }

  /** Log-normal around the median. */
  private time(medianMs: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
    return medianMs * Math.exp(0.35 * normal);
  }
}
