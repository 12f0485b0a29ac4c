import { Command } from 'commander';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { cpus } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { seededRandom } from '@plumbline/worker/random';
import { stringify } from 'yaml';
import { startPrometheus } from '../../tools/peers';
import { runMain, wholeNumber } from '../arguments';
import { startLive, type LiveEnvironment } from '../live/live-environment';
import { makeLoad, spansPerTrace } from '../throughput/load';
import { logRequest } from './logs';
import { sizingFile, type Phase, type SizingResult } from './result';
import { usageOfChildren, type Usage } from './usage';

/*
 * What spans, lines and samples take of each process of an environment as it is rendered: the factors of `constructs/sizing`.
 * `npm run bench:sizing -- --help`
 */

const root = join(__dirname, '..', '..');
const tracesPerMessage = 40;
/** Lines of a request, and how many requests are on their way at once. */
const linesPerRequest = 500;

interface SizingOptions {
  readonly low: number;
  readonly high: number;
  readonly seconds: number;
  readonly lineRate: number;
  readonly series: number;
}

async function measure(options: SizingOptions): Promise<SizingResult> {
  const environment = 'minimal';
  const live = await startLive(environment);
  try {
    // Just-in-time compilers, caches, and the profile that detection learns.
    const { phase: warmUp, bytes: warmUpBytes } = await underSpans(live, options.low, 30, {});
    const warm = { spans: warmUp.units, bytes: warmUpBytes };
    const idle = await whileIdle(20);
    const spans: Phase[] = [];
    let sent = warm;
    for (const rate of [options.low, options.high]) {
      const { phase, bytes } = await underSpans(live, rate, options.seconds, idle.cores);
      spans.push(phase);
      sent = { spans: sent.spans + phase.units, bytes: sent.bytes + bytes };
      console.log(`${rate} spans a second:`, phase.cpuSecondsPerMillion);
    }
    await flush(`${live.tempo.queryUrl}/flush`);
    const objects = join(live.objects.directory, 'data');
    const blocks = await settled(() => bytesBelow(join(objects, 'tempo-traces')));
    const topic = (name: string) =>
      bytesBelow(live.kafka.directory, (path) => path.includes(`/${name}-`) && path.endsWith('.log'));
    const bytesPerSpan = {
      otlp: rounded(sent.bytes / sent.spans),
      tempoBlocks: rounded(blocks / sent.spans),
      topicTraces: rounded(topic('traces') / sent.spans),
      topicPreprocessed: rounded(topic('traces-preprocessed') / sent.spans),
    };
    console.log(bytesPerSpan);
    const logs = await underLines(live, options.lineRate, options.seconds, idle.cores);
    await flush(`${live.loki.url}/flush`);
    const chunks = await settled(() => bytesBelow(join(objects, 'loki-chunks')));
    console.log('lines:', logs.cpuSecondsPerMillion);
    const samples = await underSamples(options.series, options.seconds);
    return {
      command: 'npm run bench:sizing',
      node: process.version,
      cpu: (cpus()[0]?.model ?? '').trim(),
      cpus: cpus().length,
      environment,
      idle,
      spans,
      bytesPerSpan,
      logs,
      logBytesKept: rounded(chunks / logs.units),
      ...samples,
    };
  } finally {
    await live.stop();
  }
}

async function whileIdle(seconds: number): Promise<SizingResult['idle']> {
  const before = children();
  await sleep(seconds * 1_000);
  const after = children();
  const each = (value: (usage: Usage, name: string) => number) =>
    Object.fromEntries([...after].map(([name, usage]) => [name, rounded(value(usage, name))]));
  return {
    cores: each(({ cpuSeconds }, name) => (cpuSeconds - (before.get(name)?.cpuSeconds ?? 0)) / seconds),
    rssBytes: each(({ rssBytes }) => rssBytes),
  };
}

/** Sends at a steady rate, waits until what is behind has caught up, and tells what it took. */
async function phaseOf(
  seconds: number,
  idleCores: Readonly<Record<string, number>>,
  sendSecond: (second: number) => Promise<number>,
): Promise<Phase> {
  const before = children();
  const peakRssBytes: Record<string, number> = {};
  const startedAt = performance.now();
  let units = 0;
  for (let second = 0; second < seconds; second += 1) {
    const endsAt = startedAt + (second + 1) * 1_000;
    units += await sendSecond(second);
    for (const [name, { rssBytes }] of children()) peakRssBytes[name] = Math.max(peakRssBytes[name] ?? 0, rssBytes);
    await sleep(Math.max(0, endsAt - performance.now()));
  }
  const sendingSeconds = (performance.now() - startedAt) / 1_000;
  // Batches of 10 s, windows, and whoever is behind.
  await sleep(20_000);
  const tookSeconds = (performance.now() - startedAt) / 1_000;
  const cpuSecondsPerMillion = Object.fromEntries(
    [...children()].map(([name, { cpuSeconds }]) => {
      const own = cpuSeconds - (before.get(name)?.cpuSeconds ?? 0) - (idleCores[name] ?? 0) * tookSeconds;
      return [name, rounded((Math.max(0, own) / units) * 1e6)];
    }),
  );
  return {
    perSecond: Math.round(units / sendingSeconds),
    seconds: Math.round(sendingSeconds),
    units,
    cpuSecondsPerMillion,
    peakRssBytes,
  };
}

async function underSpans(
  live: LiveEnvironment,
  rate: number,
  seconds: number,
  idle: Readonly<Record<string, number>>,
) {
  let bytes = 0;
  const phase = await phaseOf(seconds, idle, async (second) => {
    const load = {
      traces: Math.round(rate / spansPerTrace),
      tracesPerMessage,
      seed: rate + second,
      startMs: Date.now(),
    };
    let spans = 0;
    for (const message of makeLoad(load)) {
      await post(`${live.otlp}/v1/traces`, 'application/x-protobuf', message.value);
      bytes += message.value.length;
      spans += message.spans;
    }
    return spans;
  });
  return { phase, bytes };
}

async function underLines(
  live: LiveEnvironment,
  rate: number,
  seconds: number,
  idle: Readonly<Record<string, number>>,
) {
  const random = seededRandom(1);
  return phaseOf(seconds, idle, async (second) => {
    let bytes = 0;
    for (let at = 0; at < rate; at += linesPerRequest) {
      const { body, lineBytes } = logRequest(linesPerRequest, second + at / linesPerRequest, random);
      await post(`${live.otlp}/v1/logs`, 'application/json', body);
      bytes += lineBytes;
    }
    return bytes;
  });
}

/** A Prometheus of its own, which reads so many series every five seconds. */
async function underSamples(
  series: number,
  seconds: number,
): Promise<Pick<SizingResult, 'samples' | 'series' | 'bytesPerSeries'>> {
  let round = 0;
  const server = createServer((_, response) => {
    round += 1;
    const lines = Array.from({ length: series }, (_, index) => {
      const labels = `service="service-${index % 50}",pod="pod-${index % 500}",route="/route/${index % 97}",le="${index}"`;
      return `demo_request_duration_seconds_bucket{${labels}} ${round * (1 + (index % 7))}\n`;
    });
    response.setHeader('content-type', 'text/plain; version=0.0.4').end(lines.join(''));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const every = 5;
  const scrape = {
    job_name: 'series',
    scrape_timeout: `${every}s`,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  };
  const empty = await startPrometheus('{}');
  const idle = [...children()].find(([name]) => name === 'prometheus alone')?.[1].rssBytes ?? 0;
  await empty.stop();
  const prometheus = await startPrometheus(
    stringify({ global: { scrape_interval: `${every}s` }, scrape_configs: [scrape] }),
  );
  try {
    await sleep(every * 1_000);
    const before = round;
    const samples = await phaseOf(seconds, {}, () => Promise.resolve(series / every));
    const units = (round - before) * series;
    const own = samples.cpuSecondsPerMillion['prometheus alone'] ?? 0;
    const rss = samples.peakRssBytes['prometheus alone'] ?? 0;
    return {
      samples: {
        ...samples,
        units,
        cpuSecondsPerMillion: { prometheus: rounded((own * samples.units) / units) },
        peakRssBytes: { prometheus: rss },
      },
      series,
      bytesPerSeries: rounded((rss - idle) / series),
    };
  } finally {
    await prometheus.stop();
    server.close();
  }
}

/** What is started here, by the names that manifests give it. */
function nameOf(command: readonly string[]): string | undefined {
  const program = basename(command[0] ?? '');
  if (program === 'sh') return undefined;
  if (program === 'java') return 'kafka';
  if (program === 'node') return command[command.indexOf('run') + 1];
  if (program === 'prometheus')
    return command.includes('--enable-feature=exemplar-storage') ? 'prometheus' : 'prometheus alone';
  if (program !== 'otelcol') return program;
  const file =
    command.find((argument) => argument.startsWith('--config'))?.split('=')[1] ??
    command[command.indexOf('--config') + 1] ??
    '';
  return readFileSync(file, 'utf8').includes('load_balancing') ? 'ingestor' : 'aggregator';
}

function children(): ReadonlyMap<string, Usage> {
  return usageOfChildren(nameOf);
}

async function post(url: string, type: string, body: Uint8Array | string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
    await answer.arrayBuffer();
    if (answer.ok) return;
    if (attempt === 10) throw new Error(`${url} answers ${answer.status}`);
    await sleep(500);
  }
}

async function flush(url: string): Promise<void> {
  const answer = await fetch(url, { method: 'POST' });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
}

/** A number that has been the same for ten seconds, and is not nothing. */
async function settled(read: () => number): Promise<number> {
  let [last, same] = [0, 0];
  for (let second = 0; second < 120 && (same < 10 || last === 0); second += 1) {
    await sleep(1_000);
    const now = read();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  return last;
}

function bytesBelow(folder: string, counts: (path: string) => boolean = () => true): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, path: join(entry.parentPath, entry.name) }))
    .filter(({ entry, path }) => entry.isFile() && counts(path))
    .reduce((sum, { path }) => sum + statSync(path).size, 0);
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

runMain('bench:sizing', async () => {
  const program = new Command('bench:sizing')
    .description('measure what spans, lines and samples take of each process')
    .option('--low <spans>', 'spans a second, first', wholeNumber, 1_000)
    .option('--high <spans>', 'spans a second, then', wholeNumber, 4_000)
    .option('--seconds <n>', 'how long each', wholeNumber, 60)
    .option('--line-rate <lines>', 'lines a second', wholeNumber, 5_000)
    .option('--series <n>', 'series that Prometheus reads', wholeNumber, 100_000)
    .parse();
  const result = await measure(program.opts<SizingOptions>());
  writeFileSync(join(root, sizingFile), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(`written to ${sizingFile}`);
});
