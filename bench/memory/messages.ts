import { encodeVerdict, encodeWindowStats, type StatsTable, type Verdict, type WindowStats } from '@plumbline/wire';
import type { LargeSystem, SlowRequest } from './system';

/** Ranges that detection makes in ten seconds of one partition: one a second. */
export const rangesPerWindow = 10;
export const windowMs = 10_000;
export const epochMs = 1_700_000_000_000;

/** What one range of one partition says, for whatever window it is used. */
export interface Range {
  readonly stats: StatsTable;
  /** Names and windows of the message, with the place where the start of the window stands. */
  readonly body: Uint8Array;
  readonly startAt: number;
  readonly slow: readonly SlowRequest[];
}

export interface TrafficShape {
  readonly partitions: number;
  readonly tracesPerSecond: number;
}

/** A window of traffic, by partition and range. */
export function drawWindow(
  system: LargeSystem,
  { partitions, tracesPerSecond }: TrafficShape,
  slower: number,
): Range[][] {
  const requests = Math.round((tracesPerSecond * windowMs) / 1000 / partitions / rangesPerWindow);
  return Array.from({ length: partitions }, () =>
    Array.from({ length: rangesPerWindow }, () => {
      const { stats, slow } = system.draw(requests, slower);
      return { stats, slow, ...body(stats) };
    }),
  );
}

function head(source: WindowStats['source'], watermarkMs: number, verdicts: number): WindowStats {
  return { tenant: 'default', source, watermarkMs, verdicts, windows: [] };
}

function body(stats: StatsTable): Pick<Range, 'body' | 'startAt'> {
  const empty = head({ partition: 0, firstOffset: 0, lastOffset: 0 }, 0, 0);
  const whole = encodeWindowStats({ ...empty, windows: [{ startMs: epochMs, durationMs: windowMs, stats }] });
  const bytes = whole.subarray(encodeWindowStats(empty).length);
  const start = Buffer.alloc(8);
  start.writeDoubleLE(epochMs);
  return { body: bytes, startAt: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf(start) };
}

/** The range as a message of some window. */
export function messageOf(
  { body: bytes, startAt }: Range,
  source: WindowStats['source'],
  at: { readonly startMs: number; readonly watermarkMs: number; readonly verdicts: number },
): Uint8Array {
  const message = Buffer.concat([encodeWindowStats(head(source, at.watermarkMs, at.verdicts)), bytes]);
  message.writeDoubleLE(at.startMs, message.length - bytes.length + startAt);
  return message;
}

let traces = 0;

/** Verdicts on the slow requests of a range. */
export function verdictsOf(range: Range, source: Verdict['source'], startMs: number): Uint8Array[] {
  return range.slow.map(({ entry, durationMs, services, findings }) =>
    encodeVerdict({
      schema: 1,
      tenant: 'default',
      source,
      traceId: (traces += 1).toString(16).padStart(32, '0'),
      revision: 1,
      eventTimeMs: startMs + 1,
      entryService: entry.service,
      entryOperation: entry.name,
      durationMs,
      spanCount: 20,
      failed: false,
      score: 2,
      threshold: 1,
      bundle: '',
      services: [...services],
      findings: [...findings],
    }),
  );
}
