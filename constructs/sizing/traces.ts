import { liveShare, replicated, type ComponentSize } from './component-size';
import type { CompleteLoad } from './load';
import { measured, type Measured } from './measured';
import { gibibyte, mebibyte, secondsPerDay } from './units';

/*
 * What carries spans. CPU and memory of each are what `npm run bench:sizing` measured of the rendered configuration: so many CPU seconds for a
 * million spans, and memory when nothing comes plus what more spans a second add. CPU is taken to follow the bytes of a span, too.
 */

/** How much larger a span is than those that were measured. */
function sizeFactor({ bytesPerSpan }: CompleteLoad): number {
  return bytesPerSpan / measured.bytesPerSpan.otlp;
}

/** Cores that a process is busy with spans. */
function busyWithSpans(load: CompleteLoad, process: keyof Measured['spans']): number {
  return (load.spansPerSecond * sizeFactor(load) * measured.spans[process].cpuSecondsPerMillion) / 1e6;
}

/** Memory that spans take of a process; of those in Go what lives of it. */
function heldOfSpans(load: CompleteLoad, process: keyof Measured['spans']): number {
  const share = process === 'preprocessing' || process === 'anomaly-detection' ? 1 : liveShare;
  return load.spansPerSecond * sizeFactor(load) * measured.spans[process].bytesPerSpanPerSecond * share;
}

function spansKept(load: CompleteLoad, days: number): number {
  return load.spansPerSecond * secondsPerDay * days * sizeFactor(load);
}

/** In Parquet: an object of a trace of twelve spans has some 5 KB. */
const anomalyBytesPerSpan = 430;

/** A worker or collector of which as many as needed share the spans. */
function sharing(load: CompleteLoad, name: keyof Measured['spans'], least: number): ComponentSize {
  return replicated({
    name,
    signal: 'traces',
    busyCores: busyWithSpans(load, name),
    baseBytes: measured.spans[name].idleBytes,
    loadBytes: heldOfSpans(load, name),
    least,
    coresOfOne: 2,
  });
}

/** The first tier of collectors. It takes lines, too: as many bytes of them are taken to be as much work as of spans. */
export function ingestor(load: CompleteLoad): ComponentSize {
  return sharing(withLines(load), 'otel-ingestor', Math.min(2, load.replication));
}

/**
 * The second tier: each has queues on its volume for what destinations do not take. Queues take half of it (`otel-tier.ts`), and are for
 * ten minutes without one of three destinations; who wants more time asks for more disk.
 */
export function aggregator(load: CompleteLoad): ComponentSize {
  const all = withLines(load);
  const queued = all.spansPerSecond * all.bytesPerSpan * 600;
  const size = sharing(all, 'otel-aggregator', Math.min(2, load.replication));
  return { ...size, diskBytes: gibibyte / 2 + (queued * 2) / size.replicas };
}

function withLines(load: CompleteLoad): CompleteLoad {
  const lineBytesPerSecond = load.logBytesPerDay / secondsPerDay;
  return { ...load, spansPerSecond: load.spansPerSecond + lineBytesPerSecond / load.bytesPerSpan };
}

/**
 * The broker: whole cores with 2 GiB each, as Redpanda asks for (https://docs.redpanda.com/current/deploy/redpanda/manual/sizing), as many as
 * Apache Kafka was busy with. Its volume has both topics of traces, compressed, as often as there are copies.
 */
export function broker(load: CompleteLoad): ComponentSize {
  const { replication, retention } = load;
  const kept =
    spansKept(load, retention.stream) * (measured.bytesPerSpan.topicTraces + measured.bytesPerSpan.topicPreprocessed);
  const size = replicated({
    name: 'redpanda',
    signal: 'traces',
    busyCores: busyWithSpans(load, 'redpanda') * replication,
    baseBytes: 0,
    diskBytes: kept * replication,
    // Segments that are being written, of every partition, and what the other topics hold.
    baseDiskBytes: 2 * gibibyte,
    least: replication,
  });
  const cores = Math.max(1, Math.ceil(size.cores));
  return { ...size, cores, memoryBytes: cores * 2 * gibibyte };
}

/** Workers of the pipeline that read spans; root cause, learner, messages and page have one state, and are what they are by default. */
export function workers(load: CompleteLoad): readonly ComponentSize[] {
  const single = (name: string, cores: number, memory: number): ComponentSize => ({
    name,
    signal: 'traces',
    replicas: 1,
    cores,
    memoryBytes: memory * mebibyte,
    diskBytes: 0,
    objectBytes: 0,
    notes: [],
  });
  const tracesKept = load.spansPerSecond * secondsPerDay * load.retention.anomalies * load.anomalousShare;
  return [
    sharing(load, 'preprocessing', 1),
    {
      ...sharing(load, 'anomaly-detection', 1),
      objectBytes: tracesKept * sizeFactor(load) * anomalyBytesPerSpan,
    },
    single('root-cause', 0.1, 256),
    single('notification', 0.025, 128),
    single('training', 0.1, 256),
    single('console', 0.025, 128),
  ];
}

/** One Tempo, which makes span metrics as well. Blocks are in the object store; its volume has the write-ahead log of half an hour, twice. */
export function tempo(load: CompleteLoad): ComponentSize {
  const halfHour = load.spansPerSecond * 1_800 * sizeFactor(load) * measured.bytesPerSpan.tempoBlocks;
  return replicated({
    name: 'tempo',
    signal: 'traces',
    busyCores: busyWithSpans(load, 'tempo'),
    baseBytes: measured.spans.tempo.idleBytes,
    loadBytes: heldOfSpans(load, 'tempo'),
    diskBytes: halfHour * 2,
    baseDiskBytes: gibibyte / 2,
    objectBytes: spansKept(load, load.retention.traces) * measured.bytesPerSpan.tempoBlocks,
    most: 1,
    coresOfOne: 8,
  });
}
