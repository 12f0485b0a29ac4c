import { z } from 'zod';
import { signals, type Signal } from '../../../constructs/collection/signal';
import type { Answer, ClientPod, Clients } from './clients';

/** Where applications send, OTLP over HTTP. */
export const ingest = 'otel-ingestor.tracing.svc.cluster.local:4318';

const stores = {
  tempo: 'https://tempo.tracing.svc.cluster.local:3200',
  loki: 'https://loki.logging.svc.cluster.local:3100',
  mimir: 'https://mimir.monitoring.svc.cluster.local:8080/prometheus',
} as const;

/** What people ask of a store. */
export interface Query {
  readonly store: string;
  readonly base: string;
  readonly path: string;
}

const search = encodeURIComponent('{ resource.service.name = "first" && name = "GET /order" }');
const lines = encodeURIComponent('sum by (service_name) (count_over_time({service_name=~".+"} |= "order" [5m]))');
const rates = encodeURIComponent('sum by (job) (rate(prometheus_http_requests_total[5m]))');

export const queries: readonly Query[] = [
  { store: 'Tempo', base: stores.tempo, path: `/api/search?q=${search}&limit=20` },
  { store: 'Loki', base: stores.loki, path: `/loki/api/v1/query?query=${lines}` },
  { store: 'Mimir', base: stores.mimir, path: `/api/v1/query?query=${rates}` },
];

const lokiAnswer = z.object({
  data: z.object({
    result: z.array(z.object({ values: z.array(z.tuple([z.string(), z.string()]).rest(z.unknown())) })),
  }),
});
const promAnswer = z.object({
  data: z.object({ result: z.array(z.object({ metric: z.object({ order: z.string().optional() }) })) }),
});

/** What stores find of a service. */
export class Found {
  constructor(
    private readonly clients: Clients,
    private readonly from: ClientPod,
    private readonly service: string,
  ) {}

  /** Ids of those that are not found. */
  async missing(signal: Signal, ids: readonly string[]): Promise<readonly string[]> {
    if (signal === 'traces') return this.missingTraces(ids);
    const there = new Set(await (signal === 'logs' ? this.lines() : this.orders()));
    return ids.filter((id) => !there.has(id));
  }

  private async missingTraces(ids: readonly string[]): Promise<readonly string[]> {
    const missing: string[] = [];
    // An argument of a program is not longer than 128 KiB.
    for (let at = 0; at < ids.length; at += 1000) {
      const some = ids.slice(at, at + 1000);
      const paths = some.map((id) => `/api/traces/${id}`);
      const answers = await this.clients.askAll(this.from, stores.tempo, paths);
      missing.push(...some.filter((_, index) => answers[index]?.status !== 200));
    }
    return missing;
  }

  /** Ids in lines, page after page: an answer has no more lines than Loki's limit. */
  private async lines(): Promise<readonly string[]> {
    const found = new Set<string>();
    const query = encodeURIComponent(`{service_name="${this.service}"}`);
    let end = BigInt(Date.now() + 1000) * 1_000_000n;
    for (;;) {
      const path = `/loki/api/v1/query_range?query=${query}&start=${end - 3_600_000_000_000n}&end=${end}&limit=1000`;
      const { data } = lokiAnswer.parse(bodyOf(await this.clients.ask(this.from, stores.loki, path)));
      const page = data.result.flatMap(({ values }) => values);
      for (const [, line] of page) found.add(line.replace(/^order /, ''));
      const oldest = page.reduce((least, [time]) => (BigInt(time) < least ? BigInt(time) : least), end);
      if (page.length < 1000 || oldest === end) return Array.from(found);
      // Of the same moment may be more; what comes twice counts once.
      end = oldest + 1n;
    }
  }

  private async orders(): Promise<readonly string[]> {
    const query = encodeURIComponent(`last_over_time(shop_orders{service_name="${this.service}"}[1h])`);
    const answer = await this.clients.ask(this.from, stores.mimir, `/api/v1/query?query=${query}`);
    return promAnswer.parse(bodyOf(answer)).data.result.flatMap(({ metric: { order } }) => order ?? []);
  }
}

function bodyOf({ status, text = '' }: Answer): unknown {
  if (status !== 200) throw new Error(`it answers ${status}: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}

const takenLine = z.object({
  taken: z.enum(signals),
  traceId: z.string(),
  refused: z.number(),
  atMs: z.number(),
});

/** What collectors took, by what a client has printed. */
export class Taken {
  private readonly taken: readonly z.infer<typeof takenLine>[];

  constructor(printed: readonly unknown[]) {
    this.taken = printed.map((line) => takenLine.parse(line));
  }

  ids(signal: Signal): readonly string[] {
    return this.taken.filter(({ taken }) => taken === signal).map(({ traceId }) => traceId);
  }

  /** When it was taken, milliseconds since the epoch. */
  timeOf(signal: Signal, id: string): number {
    return this.taken.find(({ taken, traceId }) => taken === signal && traceId === id)?.atMs ?? Number.NaN;
  }

  counts(): Readonly<Record<Signal, number>> {
    return { traces: this.ids('traces').length, logs: this.ids('logs').length, metrics: this.ids('metrics').length };
  }

  /** Requests that were not taken at first. */
  refused(): number {
    return this.taken.reduce((sum, { refused }) => sum + refused, 0);
  }
}
