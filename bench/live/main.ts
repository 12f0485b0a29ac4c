import { Command, InvalidArgumentError } from 'commander';
import { testLoad } from '../../apps/cli/load/run';
import { tempoWitness } from '../../apps/cli/load/witness';
import { startLive, type LiveEnvironment } from './live-environment';

/*
 * An environment as it is rendered, on this machine, under load: whether anything is refused or lost, and how long queries take meanwhile.
 * `npm run bench:live -- --help`
 */

interface LiveOptions {
  readonly environment: string;
  readonly rate: number;
  readonly seconds: number;
}

const count = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a whole number of at least 1');
  return value;
};

async function main(): Promise<number> {
  const program = new Command('bench:live')
    .description('start a rendered environment on this machine, send spans to it, ask its stores meanwhile')
    .option('--environment <name>', 'folder of dist/', 'minimal')
    .option('--rate <spans>', 'spans a second', count, 5_000)
    .option('--seconds <n>', 'how long', count, 300)
    .parse();
  const { environment, rate, seconds } = program.opts<LiveOptions>();
  console.log(
    `dist/${environment}: starting Kafka, versitygw, Tempo, Loki, Prometheus, two collectors and six workers`,
  );
  const live = await startLive(environment);
  try {
    const asking = new AbortController();
    const asked = askStores(live, asking.signal);
    const result = await testLoad(
      { name: `dist/${environment}`, otlp: live.otlp, witness: tempoWitness(live.tempo.queryUrl), isProcess: false },
      {
        spansPerSecond: rate,
        seconds,
        patienceMs: 120_000,
        fault: false,
        signal: new AbortController().signal,
        progress: { busy: () => undefined, done: console.log, note: console.log, alarm: console.error },
      },
    );
    asking.abort();
    const tookMs = await asked;
    const losses = await lossesOf(live);
    const workers = await workersOf(live);
    console.log(JSON.stringify(result, undefined, 2));
    for (const [store, times] of Object.entries(tookMs)) console.log(`${store.padEnd(11)} ${summary(times)}`);
    for (const line of [...workers, ...losses.map((loss) => `lost or refused: ${loss}`)]) console.log(line);
    const slowest = Math.max(...Object.values(tookMs).flat());
    const holds =
      result.refusedSpans === 0 && (result.ingestToQuery?.lost ?? 1) === 0 && losses.length === 0 && slowest < 3_000;
    console.log(holds ? 'nothing refused or lost, every query below 3 s' : 'does not hold');
    return holds ? 0 : 1;
  } finally {
    await live.stop();
  }
}

/** Asks each store, one question a second in turn, until it is told to end. @returns milliseconds of each answer, by store */
async function askStores(live: LiveEnvironment, signal: AbortSignal): Promise<Readonly<Record<string, number[]>>> {
  const questions: Readonly<Record<string, () => string>> = {
    Tempo: () => `${live.tempo.queryUrl}/api/search?q=${encodeURIComponent('{ duration > 1ms }')}&limit=20`,
    Prometheus: () =>
      `${live.prometheus.url}/api/v1/query?query=${encodeURIComponent(
        'histogram_quantile(0.95, sum by (service, le) (rate(traces_spanmetrics_latency_bucket[5m])))',
      )}`,
    Loki: () => `${live.loki.url}/loki/api/v1/query_range?query=${encodeURIComponent('{service_name=~".+"}')}`,
  };
  const tookMs: Record<string, number[]> = {};
  while (!signal.aborted)
    for (const [store, url] of Object.entries(questions)) {
      const startedAt = performance.now();
      const answer = await fetch(url());
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${store} answers ${answer.status}`);
      (tookMs[store] ??= []).push(performance.now() - startedAt);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  return tookMs;
}

/** Counters of collectors and of Tempo that say that something was refused or given up. */
async function lossesOf({ collectorMetrics, tempo }: LiveEnvironment): Promise<readonly string[]> {
  const urls = [...collectorMetrics, `${tempo.queryUrl}/metrics`];
  const texts = await Promise.all(urls.map(async (url) => (await fetch(url)).text()));
  return texts.flatMap((text) =>
    text
      .split('\n')
      .filter(
        (line) =>
          /^(otelcol_(receiver_refused|exporter_(send|enqueue)_failed)|tempo_discarded_spans_total)/.test(line) &&
          !/ 0$/.test(line),
      ),
  );
}

async function workersOf({ workers }: LiveEnvironment): Promise<readonly string[]> {
  return Promise.all(
    workers.map(async (worker) => {
      const lag = await worker.metric('plumbline_worker_lag_records', '');
      const memory = await worker.metric('process_resident_memory_bytes', '');
      return `${worker.name.padEnd(18)} lag ${lag}, ${Math.round(memory / 2 ** 20)} MiB`;
    }),
  );
}

function summary(times: readonly number[]): string {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
  return `${sorted.length} queries, p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, max ${at(1)} ms`;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
