import { detectionConfig } from '@plumbline/anomaly-detection';
import { topics } from '@plumbline/contracts';
import { preprocessingConfig } from '@plumbline/preprocessing';
import { learnerConfig } from '@plumbline/training';
import { decodeWindowStats } from '@plumbline/wire';
import type { EventStream } from '@plumbline/worker';
import type { Settings } from '../preset';

/** Whether a replay came to judge anything by what it had learnt. */
export interface Learning {
  /** Event time from which traces were judged, milliseconds since the epoch. */
  readonly effectiveFromMs?: number;
  /** Where nothing was judged: what there was, and what it takes. */
  readonly shortage?: Shortage;
}

/** What there was to learn from, and what a first profile needs. */
export interface Shortage {
  readonly traces: number;
  /** Windows with traffic. */
  readonly windows: number;
  readonly neededTraces: number;
  readonly neededWindows: number;
  readonly windowSeconds: number;
  /** Least time from the first span to the first judgement, when every window has traffic. */
  readonly neededSeconds: number;
}

/**
 * Tells whether a profile became effective before the end of a replay. The topic of model events keeps the newest one, which an
 * interrupted replay may have made before it was cut off.
 *
 * @param replayed.effectiveFromMs of the first profile that was made, infinite without one
 */
export async function learningOf(
  stream: Pick<EventStream, 'readAll'>,
  settings: Settings,
  replayed: { readonly effectiveFromMs: number; readonly endMs: number },
): Promise<Learning> {
  let { effectiveFromMs } = replayed;
  await stream.readAll(topics.modelEvents.name, ({ value }) => {
    const fromMs = effectiveFrom(value);
    if (fromMs < effectiveFromMs) effectiveFromMs = fromMs;
  });
  if (effectiveFromMs <= replayed.endMs) return { effectiveFromMs };
  return { shortage: { ...(await trafficOf(stream)), ...needs(settings) } };
}

/** What a first profile needs by these settings. */
export function needs(settings: Settings): Omit<Shortage, 'traces' | 'windows'> {
  const { settleWindows, minWindows, minTraces, activationMs } = learnerConfig(settings);
  const { windowMs } = detectionConfig(settings);
  const { watermarkLagMs } = preprocessingConfig(settings).timings;
  const neededWindows = settleWindows + minWindows;
  return {
    neededTraces: minTraces,
    neededWindows,
    windowSeconds: windowMs / 1000,
    neededSeconds: (neededWindows * windowMs + watermarkLagMs + activationMs) / 1000,
  };
}

/** A shortage in a sentence that begins with `too short`. */
export function describeShortage(shortage: Shortage): string {
  const { traces, windows, neededTraces, neededWindows, windowSeconds, neededSeconds } = shortage;
  return (
    `too short to learn from: ${traces} traces in ${windows} windows of ${windowSeconds} s with traffic; ` +
    `${neededTraces} traces in ${neededWindows} windows are needed, so ${Math.ceil(neededSeconds)} s at least, ` +
    'and something to judge after them'
  );
}

function effectiveFrom(value: Uint8Array | null): number {
  if (value === null) return Infinity;
  const event: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
  const fromMs =
    typeof event === 'object' && event !== null && 'effectiveFromMs' in event ? event.effectiveFromMs : undefined;
  return typeof fromMs === 'number' ? fromMs : Infinity;
}

async function trafficOf(stream: Pick<EventStream, 'readAll'>): Promise<{ traces: number; windows: number }> {
  const starts = new Set<string>();
  let traces = 0;
  await stream.readAll(topics.windowStats.name, ({ value }) => {
    if (value === null) return;
    const message = decodeWindowStats(value);
    for (const { startMs, stats } of message.windows) {
      for (const entry of stats.entries.values()) traces += entry.traces;
      if (stats.entries.size > 0) starts.add(`${startMs} ${message.tenant}`);
    }
  });
  return { traces, windows: starts.size };
}
