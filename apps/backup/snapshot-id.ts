import { randomBytes } from 'node:crypto';

/** When a backup began, to the millisecond, and what tells it from another: their order is that of time, however fast one follows the other. */
export const snapshotIdPattern = /^\d{8}T\d{9}Z-[0-9a-f]{8}$/;

/** Name of a backup that begins now. */
export function newSnapshotId(nowMs: number): string {
  const time = new Date(nowMs).toISOString().replace(/[-:.]/g, '');
  return `${time}-${randomBytes(4).toString('hex')}`;
}

/** When it began, milliseconds since the epoch. */
export function startOf(id: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(id) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}.${ms}Z`);
}
