import type { Measured, ProcessUnderSpans } from '../../constructs/sizing';
import type { SizingResult } from './result';

/** Names of processes as they are measured, by the names that manifests give them. */
const processes = {
  'otel-ingestor': 'ingestor',
  'otel-aggregator': 'aggregator',
  redpanda: 'kafka',
  preprocessing: 'preprocessing',
  'anomaly-detection': 'anomaly-detection',
  tempo: 'tempo',
  objects: 'versitygw',
} as const satisfies Record<keyof Measured['spans'], string>;

const digits = (value: number) => Number(value.toPrecision(3));

/** The factors that follow from what was measured: at the higher rate, where batches are full. */
export function factorsOf(result: SizingResult): Measured {
  const high = result.spans.at(-1);
  if (high === undefined) throw new RangeError('no spans were measured');
  const underSpans = (process: string): ProcessUnderSpans => {
    const idle = result.idle.rssBytes[process] ?? 0;
    const peak = high.peakRssBytes[process] ?? 0;
    return {
      cpuSecondsPerMillion: digits(high.cpuSecondsPerMillion[process] ?? 0),
      idleBytes: digits(idle),
      bytesPerSpanPerSecond: digits(Math.max(0, peak - idle) / high.perSecond),
    };
  };
  const lokiIdle = result.idle.rssBytes.loki ?? 0;
  const { prometheus = 0 } = result.samples.peakRssBytes;
  return {
    spans: Object.fromEntries(
      Object.entries(processes).map(([name, process]) => [name, underSpans(process)]),
    ) as Measured['spans'],
    bytesPerSpan: {
      otlp: digits(result.bytesPerSpan.otlp),
      tempoBlocks: digits(result.bytesPerSpan.tempoBlocks),
      topicTraces: digits(result.bytesPerSpan.topicTraces),
      topicPreprocessed: digits(result.bytesPerSpan.topicPreprocessed),
    },
    lines: {
      cpuSecondsPerMillionBytes: digits(result.logs.cpuSecondsPerMillion.loki ?? 0),
      idleBytes: digits(lokiIdle),
      bytesPerBytePerSecond: digits(
        Math.max(0, (result.logs.peakRssBytes.loki ?? 0) - lokiIdle) / result.logs.perSecond,
      ),
      bytesKept: digits(result.logBytesKept),
    },
    samples: {
      cpuSecondsPerMillion: digits(result.samples.cpuSecondsPerMillion.prometheus ?? 0),
      idleBytes: digits(Math.max(0, prometheus - result.bytesPerSeries * result.series)),
      bytesPerSeries: digits(result.bytesPerSeries),
    },
  };
}
