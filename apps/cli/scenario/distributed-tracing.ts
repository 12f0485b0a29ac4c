import type { Shop } from '@plumbline/demo';
import { environmentKeys } from '@plumbline/contracts';
import { grafanaTraceUrl } from '@plumbline/wire';
import { failed, passed, unknown, VerifyError, type Outcome } from '../verify/check';
import type { VerifyContext } from '../verify/context';
import { expectedDataSources } from '../verify/expected';
import { GrafanaClient } from '../verify/grafana/grafana';
import { patiently } from '../verify/patience';
import { variable } from '../verify/servers/addresses';
import { searchTraces, spansOf, storedTrace, type StoredSpan } from '../verify/tempo';
import type { Play, Scenario } from './scenario';
import { drawTrace } from './waterfall';

/** Few, so that a cluster of one node has room. */
const requestsPerSecond = 8;
const requests = 40;
const startTimeoutMs = 120_000;
/** Services that one request passes at least: gateway, another, and one behind that. */
const leastServices = 3;
const slowService = 'payment';
const delayMs = 700;
const recentSeconds = 600;

/** Requests to a sample application, its traces in Tempo and in Grafana, and a slow one found among them. */
export const distributedTracing: Scenario = {
  name: 'distributed-tracing',
  title: 'Distributed tracing',
  shows: 'HTTP requests to a sample application become traces across its services, and a slow one is found by a query',
  start: (context) => new DistributedTracing(context),
};

class DistributedTracing implements Play {
  private shop: Shop | undefined;
  private spans: readonly StoredSpan[] = [];
  private traceId = '';

  constructor(private readonly context: VerifyContext) {}

  readonly steps = [
    {
      does: 'starts the sample shop here, seven services whose traces go to the ingestor',
      expects: 'all of them run',
      run: () => this.start(),
    },
    {
      does: `sends ${requests} HTTP requests to it, ${requestsPerSecond} a second`,
      expects: 'they are answered',
      run: () => this.requests(),
    },
    {
      does: 'looks in Tempo for a request that passed several services',
      expects: `one trace with spans of at least ${leastServices} services`,
      run: () => this.find(),
    },
    {
      does: `has ${slowService} sleep ${delayMs} ms, and asks Tempo which of its requests took long`,
      expects: 'TraceQL finds such a trace',
      run: () => this.findSlow(),
    },
    {
      does: 'opens that trace in Grafana',
      expects: 'Grafana shows all its spans',
      run: () => this.view(),
    },
  ];

  result(): readonly string[] {
    if (this.spans.length === 0) return [];
    const url = this.grafanaUrl();
    const open = url === undefined ? [] : ['', `Open   ${grafanaTraceUrl(url, this.traceId, this.source()?.uid)}`];
    return [`trace ${this.traceId}`, '', ...drawTrace(this.spans), ...open];
  }

  async end(): Promise<void> {
    await this.shop?.stop();
  }

  private async start(): Promise<Outcome> {
    const otlpEndpoint = await this.context.servers.url('ingestor');
    const { DemoError, startShop } = await import('@plumbline/demo');
    try {
      this.shop = await startShop({ otlpEndpoint, rate: requestsPerSecond, startTimeoutMs });
    } catch (cause) {
      if (!(cause instanceof DemoError)) throw cause;
      const todo = 'it needs a core and 1 GiB of this machine: try again when it has less to do';
      throw new VerifyError(`the sample shop does not start: ${cause.message}`, todo, { cause });
    }
    return passed(this.shop.services.map(({ name }) => name).join(', '));
  }

  private async requests(): Promise<Outcome> {
    const { patienceMs, signal } = this.context;
    const sent = await patiently(patienceMs, signal, () => {
      const { ok = 0, failed: refused = 0 } = this.shop?.stats() ?? {};
      return Promise.resolve(ok + refused >= requests ? { ok, refused } : undefined);
    });
    if (sent === undefined) {
      return failed(
        `fewer than ${requests} were answered in ${patienceMs / 1000} s`,
        'this machine is busy: try again',
      );
    }
    // The shop declines a payment now and then.
    return passed(`${sent.ok} answered, ${sent.refused} with an error`);
  }

  private async find(): Promise<Outcome> {
    const query = '{ resource.service.name = "gateway" } >> { resource.service.name = "checkout" }';
    const spans = await this.search(query, (found) => servicesOf(found).length >= leastServices);
    if (spans === undefined) return this.notFound(query, 'see plumbline verify --only trace');
    return passed(`trace ${this.traceId}: ${spans.length} spans of ${servicesOf(spans).join(', ')}`);
  }

  private async findSlow(): Promise<Outcome> {
    await this.shop?.inject('slow-dependency', slowService, { delayMs });
    const query = `{ resource.service.name = "${slowService}" && duration > ${delayMs}ms }`;
    const isSlow = ({ service, durationMs }: StoredSpan) => service === slowService && durationMs >= delayMs;
    const spans = await this.search(query, (found) => found.some(isSlow) && servicesOf(found).length >= leastServices);
    if (spans === undefined) return this.notFound(query, 'look whether the ingestor or the aggregator is behind');
    const slow = spans.find(isSlow);
    return passed(
      `trace ${this.traceId}: ${slow?.name ?? ''} of ${slowService} took ${Math.round(slow?.durationMs ?? 0)} ms`,
    );
  }

  private async view(): Promise<Outcome> {
    const source = this.source();
    if (source === undefined) return unknown('Grafana is given no Tempo', 'give it one in the environment');
    const client = await GrafanaClient.open(this.context);
    const { patienceMs, signal } = this.context;
    const shown = await patiently(patienceMs, signal, async () => {
      const { length } = spansOf((await client.through(source.uid, `/api/traces/${this.traceId}`)).json);
      return length >= this.spans.length ? length : undefined;
    });
    if (shown !== undefined) return passed(`${shown} spans through ${source.name}`);
    return failed(
      `Grafana does not show trace ${this.traceId} with ${this.spans.length} spans`,
      'see plumbline verify --only datasources,connections',
    );
  }

  /** Spans of a found trace that is whole and as wanted, kept as the trace to show. */
  private async search(
    traceQl: string,
    isWanted: (spans: readonly StoredSpan[]) => boolean,
  ): Promise<readonly StoredSpan[] | undefined> {
    const { servers, patienceMs, signal } = this.context;
    const tempo = await servers.url('tempo');
    return patiently(patienceMs, signal, async () => {
      for (const { traceId } of await searchTraces(tempo, traceQl, recentSeconds)) {
        const spans = await storedTrace(tempo, traceId);
        if (!isWhole(spans) || !isWanted(spans)) continue;
        this.spans = spans;
        this.traceId = traceId;
        return spans;
      }
      return undefined;
    });
  }

  private notFound(query: string, todo: string): Outcome {
    return failed(`Tempo finds none within ${this.context.patienceMs / 1000} s by ${query}`, todo);
  }

  private source() {
    return expectedDataSources(this.context.rendered).items.find(({ type }) => type === 'tempo');
  }

  /** Where people reach Grafana, as the workers are told for their links. */
  private grafanaUrl(): string | undefined {
    const notification = this.context.rendered.withArgs('run', 'console');
    return notification && variable(notification, environmentKeys.grafanaUrl);
  }
}

function servicesOf(spans: readonly StoredSpan[]): readonly string[] {
  return [...new Set(spans.map(({ service }) => service))];
}

/** Services send their spans by themselves: those of a parent may come after those of its children. */
function isWhole(spans: readonly StoredSpan[]): boolean {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  return spans.every(({ parentSpanId }) => parentSpanId === '' || ids.has(parentSpanId));
}
