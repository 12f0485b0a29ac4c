import { buckets, currentProfileKey, type WorkerName } from '@plumbline/contracts';
import { startLocalTempo, type LocalTempoPeer } from '@plumbline/tools/peers';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { Load } from './load';
import { Random } from './random';
import { impatient } from './settings';
import { objectBytes } from './stored-traces';
import { publishedIncidents } from './topics';
import { orderTrace } from './traces';
import { WorkerProcess, stopAll } from './workers';

const partitions = 2;

interface TempoSpan {
  readonly name: string;
  readonly links?: readonly { readonly traceId: string }[];
}
interface TempoTrace {
  readonly batches: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: object }[] };
    readonly scopeSpans: readonly { readonly spans: readonly TempoSpan[] }[];
  }[];
}

describe('Workers that are told where to send spans of their own', () => {
  const random = new Random();
  let backbone: Backbone;
  let tempo: LocalTempoPeer;
  let load: Load;
  let slowPaymentMs = 0;
  let workers: readonly WorkerProcess[] = [];

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    [backbone, tempo] = await Promise.all([startBackbone(partitions), startLocalTempo()]);
    const environment = {
      ...backbone.environment,
      LOG_LEVEL: 'warn',
      ...impatient,
      WATERMARK_LAG_SECONDS: '3',
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://${tempo.otlpGrpc}`,
      OTEL_BSP_SCHEDULE_DELAY: '1000',
    };
    const names: readonly WorkerName[] = [
      'preprocessing',
      'anomaly-detection',
      'training',
      'root-cause',
      'notification',
    ];
    workers = await Promise.all(names.map((name) => WorkerProcess.start(name, environment)));
    load = new Load({
      stream: backbone.stream,
      partitions,
      random,
      tracesPerSecond: 25,
      makeTrace: (startMs) => orderTrace(random, { startMs, slowPaymentMs }),
    });
    load.start();
  });
  afterAll(async () => {
    await load.stop();
    await stopAll(workers);
    await Promise.all([backbone.stop(), tempo.stop()]);
  });

  async function search(traceQl: string): Promise<readonly string[]> {
    const response = await fetch(`${tempo.queryUrl}/api/search?q=${encodeURIComponent(traceQl)}&limit=50`);
    const { traces = [] } = (await response.json()) as { readonly traces?: readonly { readonly traceID: string }[] };
    return traces.map(({ traceID }) => traceID.padStart(32, '0'));
  }

  const traceOf = async (id: string): Promise<TempoTrace> =>
    (await (await fetch(`${tempo.queryUrl}/api/traces/${id}`)).json()) as TempoTrace;
  const spansOf = ({ batches }: TempoTrace) =>
    batches.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
  const serviceOf = ({ batches }: TempoTrace): string =>
    JSON.stringify(batches[0]?.resource.attributes.find(({ key }) => key === 'service.name')?.value);

  /** The traces that the spans of a trace link to. */
  async function causes(id: string): Promise<string[]> {
    const links = spansOf(await traceOf(id)).flatMap((span) => span.links ?? []);
    return [...new Set(links.map(({ traceId }) => Buffer.from(traceId, 'base64').toString('hex')))];
  }

  it('tell how an incident came about, from the message back to the spans that opened it', async () => {
    await eventually('the first bundle', () => objectBytes(backbone.objects, buckets.mlModels, currentProfileKey));
    const [, detection] = workers;
    await eventually('judgements', async () =>
      ((await detection?.metric('plumbline_detection_traces_total', 'result="normal"')) ?? 0) > 100 ? true : undefined,
    );
    slowPaymentMs = 350;
    const { id } = await eventually('an incident', async () => (await publishedIncidents(backbone.stream))[0], {
      everyMs: 1_000,
    });
    const told = await eventually('the step that told of it', async () => {
      const by = `{ resource.service.name = "plumbline-notification" && span.plumbline.incident.ids = "${id}" }`;
      return (await search(by))[0];
    });

    const path = [told];
    for (const service of ['root-cause', 'anomaly-detection', 'preprocessing']) {
      const next = await eventually(`a step of ${service}`, async () => {
        for (const cause of await causes(path.at(-1) ?? '')) {
          if (serviceOf(await traceOf(cause)).includes(`"plumbline-${service}"`)) return cause;
        }
        return undefined;
      });
      path.push(next);
    }
    const [, ranked = ''] = path;
    expect(
      await search(`{ resource.service.name = "plumbline-root-cause" && span.plumbline.incident.ids = "${id}" }`),
    ).toContain(ranked);
    expect(spansOf(await traceOf(ranked)).map(({ name }) => name)).toContain('send');
  });

  it('make a few spans for each batch, whatever is in it', async () => {
    for (const trace of await search('{ resource.service.name = "plumbline-preprocessing" }')) {
      expect(spansOf(await traceOf(trace)).length).toBeLessThan(6);
    }
  });
});
