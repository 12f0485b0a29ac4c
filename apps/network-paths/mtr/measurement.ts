/** What came back from one hop, over the packets of one measurement. */
export interface Hop {
  /** Counted from 1, the first router. */
  readonly number: number;
  /** Address that answered; `undefined` where nothing did. */
  readonly host: string | undefined;
  readonly sent: number;
  /** Share of packets without an answer, 0 to 1. */
  readonly loss: number;
  /** Absent where nothing answered. */
  readonly rtt: RoundTrip | undefined;
}

/** Round-trip times of the packets that were answered, milliseconds. */
export interface RoundTrip {
  readonly mean: number;
  readonly best: number;
  readonly worst: number;
  /** Standard deviation, which is what mtr calls jitter of a whole measurement. */
  readonly deviation: number;
}

/** One measurement of the path to a target. */
export interface Measurement {
  /** The target's address, as it was resolved. */
  readonly address: string;
  /** Whether the target itself answered. */
  readonly reached: boolean;
  /** As far as anything answered; the last one is the target if it was reached. */
  readonly hops: readonly Hop[];
}

/** Why a target was not measured. */
export type FailureKind = 'unresolved' | 'timeout' | 'failed';

/** A measurement that did not come about: nothing is known of the path. */
export class MeasurementError extends Error {
  readonly code = 'PLUMBLINE_NETWORK_MEASUREMENT';
  override readonly name = 'MeasurementError';
  constructor(
    readonly kind: FailureKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
