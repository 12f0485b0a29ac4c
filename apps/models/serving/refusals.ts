import { ModelError, type ModelErrorCode } from '../bundle';
import { messageOf } from '@plumbline/worker';
import type { Refusal } from './metrics';

/** A version that is approved and not used. */
export interface RefusedVersion {
  readonly kind: Refusal;
  readonly reason: string;
  /** It stays so until somebody decides anew; anything else is tried again. */
  readonly isFinal: boolean;
}

/** A version whose backtest is worse than that of the version it was made from. */
export class WorseBacktestError extends Error {
  readonly code = 'PLUMBLINE_MODEL_BACKTEST';
  override readonly name = 'WorseBacktestError';

  constructor(version: string, objection: string) {
    super(`models ${version}: ${objection}; approve it with a reason why it is to serve nevertheless`);
  }
}

const kinds: Readonly<Record<ModelErrorCode, Refusal>> = {
  PLUMBLINE_MODEL_ABSENT: 'absent',
  PLUMBLINE_MODEL_MANIFEST: 'content',
  PLUMBLINE_MODEL_SIZE: 'content',
  PLUMBLINE_MODEL_HASH: 'hash',
  PLUMBLINE_MODEL_FEATURES: 'features',
  PLUMBLINE_MODEL_CONTENT: 'content',
  PLUMBLINE_MODEL_CONFLICT: 'content',
};

export function refusalOf(error: unknown): RefusedVersion {
  const reason = messageOf(error);
  if (error instanceof WorseBacktestError) return { kind: 'backtest', reason, isFinal: true };
  if (error instanceof ModelError) {
    const kind = kinds[error.code];
    return { kind, reason, isFinal: kind !== 'absent' };
  }
  return { kind: 'unavailable', reason, isFinal: false };
}
