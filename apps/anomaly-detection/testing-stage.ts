import {
  decodeVerdict,
  decodeWindowStats,
  encodeTraceBatch,
  headers,
  type Bundle,
  type Verdict,
  type WindowStats,
} from '@plumbline/wire';
import { traceBatchFrom, type PlainTrace } from '@plumbline/wire/testing';
import { MemoryObjectStore, type RecordBatch, type StageOutput, type StreamRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { BundleSource } from './bundle-source';
import { detectionConfig } from './config';
import type { LearnedModelsSource } from './learned-models';
import { AnomalyDetection } from './stage';
import { bundleOf, shopTraces, type Fault } from './testing';

export const start = 1_700_000_000_000;
export const learnt = bundleOf(shopTraces(1, 1000, 0, 20), '000001-shop', start);
export const slow: Fault = { slow: { service: 'payment', factor: 15 } };

export interface Published {
  readonly verdicts: Verdict[];
  readonly stats: WindowStats[];
  readonly deadLetters: StageOutput['records'];
  /** Topics in the order they were written. */
  readonly order: string[];
}

/** Of records that only end what is before them. */
export const endOffset = 1_000_000;

/** A detection stage and its buckets, run by hand. */
export class Bench {
  readonly anomalies = new MemoryObjectStore('anomaly-data');
  readonly models = new MemoryObjectStore('ml-models');
  readonly bundles = new BundleSource(this.models, { pollMs: 1000 });
  readonly registry = new Registry();
  readonly stage: AnomalyDetection;

  constructor(
    env: Readonly<Record<string, string>> = {},
    bundle: Bundle | 'none' = learnt,
    learned?: LearnedModelsSource,
  ) {
    if (bundle !== 'none') {
      this.bundles.announce({ version: bundle.version, key: 'x', effectiveFromMs: bundle.effectiveFromMs }, bundle);
    }
    this.stage = new AnomalyDetection({
      config: detectionConfig(env),
      bundles: this.bundles,
      anomalies: this.anomalies,
      registry: this.registry,
      ...(learned === undefined ? {} : { learned }),
    });
  }

  /** Processes the records, and an empty one of a later second, with which what was said of them is published. */
  async run(...records: readonly StreamRecord[]): Promise<Published> {
    const timeMs = Math.max(...records.map(({ timestampMs }) => timestampMs));
    const end = { ...record(endOffset, []), timestampMs: timeMs + 1000 };
    const published = await this.process(...records, end);
    return { ...published, stats: published.stats.filter(({ source }) => source.firstOffset !== endOffset) };
  }

  async process(...records: readonly StreamRecord[]): Promise<Published> {
    const batch: RecordBatch = { topic: 'traces-preprocessed', partition: 3, records, highWatermark: 0 };
    const { effects, records: output } = await this.stage.process(batch);
    for (const effect of effects) await effect.run();
    const of = (topic: string) => output.filter((record) => record.topic === topic);
    return {
      verdicts: of('anomalies').map(({ value }) => decodeVerdict(value ?? Buffer.alloc(0))),
      stats: of('window-stats').map(({ value }) => decodeWindowStats(value ?? Buffer.alloc(0))),
      deadLetters: of('traces-dead-letter'),
      order: output.map(({ topic }) => topic),
    };
  }

  async keys(prefix = ''): Promise<string[]> {
    const keys: string[] = [];
    for await (const key of this.anomalies.list(prefix)) keys.push(key);
    return keys;
  }
}

export function record(
  offset: number,
  traces: readonly PlainTrace[],
  watermarkMs = start,
  timestampMs = start + offset,
): StreamRecord {
  return {
    offset,
    timestampMs,
    key: null,
    value: encodeTraceBatch(traceBatchFrom(traces)),
    headers: { [headers.watermark]: String(watermarkMs) },
  };
}

export function checkouts(seed: number, count: number, fault: Fault = {}): PlainTrace[] {
  const traces = shopTraces(seed, 3 * count, start, 20, fault);
  return traces.filter(({ spans }) => spans[0]?.operation === 'POST /checkout').slice(0, count);
}
