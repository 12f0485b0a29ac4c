/** What spans take of a process. */
export interface ProcessUnderSpans {
  /** CPU seconds for a million spans. */
  readonly cpuSecondsPerMillion: number;
  /** Memory when nothing comes. */
  readonly idleBytes: number;
  /** Memory that each further span a second adds. */
  readonly bytesPerSpanPerSecond: number;
}

/** What was measured of real servers with the configuration that is rendered. */
export interface Measured {
  readonly spans: Readonly<
    Record<
      'otel-ingestor' | 'otel-aggregator' | 'redpanda' | 'preprocessing' | 'anomaly-detection' | 'tempo' | 'objects',
      ProcessUnderSpans
    >
  >;
  /** Of a span as it comes, and as it is kept. */
  readonly bytesPerSpan: Readonly<Record<'otlp' | 'tempoBlocks' | 'topicTraces' | 'topicPreprocessed', number>>;
  /** Of Loki; a unit is a byte of lines. */
  readonly lines: {
    readonly cpuSecondsPerMillionBytes: number;
    readonly idleBytes: number;
    readonly bytesPerBytePerSecond: number;
    /** Bytes in the bucket for each byte of lines; the trace id of each line is in it. */
    readonly bytesKept: number;
  };
  /** Of Prometheus. */
  readonly samples: {
    readonly cpuSecondsPerMillion: number;
    readonly idleBytes: number;
    readonly bytesPerSeries: number;
  };
}

/**
 * `npm run bench:sizing` on two cores that others used, too: `bench/results/sizing.json`, from which `bench/sizing/factors.ts` takes these, and a
 * test that they are the same. Redpanda's are Apache Kafka's.
 */
export const measured: Measured = {
  spans: {
    'otel-ingestor': {
      cpuSecondsPerMillion: 13.3,
      idleBytes: 96400000,
      bytesPerSpanPerSecond: 3380,
    },
    'otel-aggregator': {
      cpuSecondsPerMillion: 75.7,
      idleBytes: 138000000,
      bytesPerSpanPerSecond: 19300,
    },
    redpanda: {
      cpuSecondsPerMillion: 6.34,
      idleBytes: 321000000,
      bytesPerSpanPerSecond: 27000,
    },
    preprocessing: {
      cpuSecondsPerMillion: 27.5,
      idleBytes: 242000000,
      bytesPerSpanPerSecond: 14200,
    },
    'anomaly-detection': {
      cpuSecondsPerMillion: 14.3,
      idleBytes: 209000000,
      bytesPerSpanPerSecond: 279,
    },
    tempo: {
      cpuSecondsPerMillion: 37.4,
      idleBytes: 201000000,
      bytesPerSpanPerSecond: 19800,
    },
    objects: {
      cpuSecondsPerMillion: 0.0417,
      idleBytes: 36500000,
      bytesPerSpanPerSecond: 308,
    },
  },
  bytesPerSpan: {
    otlp: 329,
    tempoBlocks: 110,
    topicTraces: 196,
    topicPreprocessed: 120,
  },
  lines: {
    cpuSecondsPerMillionBytes: 0.17,
    idleBytes: 153000000,
    bytesPerBytePerSecond: 391,
    bytesKept: 0.557,
  },
  samples: {
    cpuSecondsPerMillion: 2.21,
    idleBytes: 82800000,
    bytesPerSeries: 2130,
  },
};
