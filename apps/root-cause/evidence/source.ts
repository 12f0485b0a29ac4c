import type { Evidence } from '@plumbline/wire';

/** A stretch of event time that is asked about, milliseconds since the epoch. */
export interface Stretch {
  /** Nothing before it is asked for. */
  readonly fromMs: number;
  /** When the incident began. */
  readonly onsetMs: number;
  /** How far the incident was looked at; nothing later is known to who asks. */
  readonly throughMs: number;
}

/**
 * What another signal than the times and calls of traces says of services: releases, later metrics and logs. Its clock is
 * event time, so that a replay hears the same as who listened live.
 */
export interface EvidenceSource {
  /** Everything before it is known: milliseconds since the epoch, never falling, −∞ before anything is. */
  readonly watermarkMs: number;

  /**
   * What there is on a service, most telling first.
   *
   * @throws {RangeError} when `throughMs` lies beyond the watermark: what is not known yet must not look like nothing
   */
  evidenceOf(service: string, stretch: Stretch): readonly Evidence[];
}

/** @throws {RangeError} when a source is asked for what it does not know yet */
export function assertKnown({ watermarkMs }: EvidenceSource, { throughMs }: Stretch): void {
  if (throughMs > watermarkMs)
    throw new RangeError(`evidence through ${throughMs} is asked for, and known through ${watermarkMs}`);
}
