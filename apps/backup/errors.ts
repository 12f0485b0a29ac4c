import { ConfigError, ObjectStoreError, StreamError } from '@plumbline/worker';

/** Why a backup cannot be made, read or brought back. */
export type BackupErrorCode =
  /** There is no such backup. */
  | 'PLUMBLINE_BACKUP_NONE'
  /** What is stored is not what was written. */
  | 'PLUMBLINE_BACKUP_CORRUPT'
  /** What is to be backed up does not look as it should: it was emptied, or made anew. */
  | 'PLUMBLINE_BACKUP_SOURCE'
  /** Where it is to be restored to something else is. */
  | 'PLUMBLINE_BACKUP_TARGET';

/** Thrown by backups and restores; the message names the object and says what to do. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
  /** Nothing here is cured by trying again. */
  readonly transient = false;

  constructor(
    readonly code: BackupErrorCode,
    message: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(message, options);
  }
}

/** An error that says by itself what is wrong; `undefined` for one of somebody else's library. */
export function known(error: unknown): Error | undefined {
  const isOurs = [BackupError, ConfigError, ObjectStoreError, StreamError].some((kind) => error instanceof kind);
  const isInterruption = error instanceof Error && error.name === 'AbortError';
  return isOurs || isInterruption ? (error as Error) : undefined;
}
