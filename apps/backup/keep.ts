import type { BackupKeep } from '@plumbline/contracts';
import { interruptedMs } from './backup-buckets';
import type { Part } from './format';
import { silentReport, type Report } from './report';
import type { SnapshotName, Vault } from './vault';
import { contentsOf } from './verify';

const dayMs = 24 * 3_600_000;
/** Stored bytes that nothing names may be those of a backup that is being made: they stay for so long. */
const sweptAfterMs = 2 * interruptedMs;
/** Names that are held in memory at once while bytes are swept. */
const namesAtOnce = 500_000;

/** Which backups of a part are to go: neither the newest, nor younger than some hours, nor the newest of one of the last days (UTC). */
export function superseded(
  snapshots: readonly SnapshotName[],
  { hours, days }: BackupKeep,
  nowMs: number,
): readonly SnapshotName[] {
  const complete = snapshots.filter((each) => each.complete).toSorted((a, b) => b.startedMs - a.startedMs);
  const newestOfDay = new Map<string, string>();
  for (const { id, startedMs } of complete) {
    const day = new Date(startedMs).toISOString().slice(0, 10);
    if (nowMs - startedMs < days * dayMs && !newestOfDay.has(day)) newestOfDay.set(day, id);
  }
  const kept = new Set([complete[0]?.id, ...newestOfDay.values()]);
  return snapshots.filter(({ id, startedMs, complete: isComplete }) => {
    // One that was interrupted is of use to the next one only.
    if (!isComplete) return nowMs - startedMs >= sweptAfterMs;
    return !kept.has(id) && nowMs - startedMs >= hours * 3_600_000;
  });
}

/**
 * Deletes backups that are to go, and once a day stored bytes that no other backup names.
 *
 * @returns how many backups and stored contents were deleted
 */
export async function prune(
  vault: Vault,
  part: Part,
  keep: BackupKeep,
  nowMs: number,
  report: Report = silentReport,
): Promise<{ readonly backups: number; readonly contents: number }> {
  const gone = superseded(await vault.snapshots(part), keep, nowMs);
  for (const { id } of gone) {
    // First what makes it count.
    await vault.bucket.delete(vault.snapshotKey(part, id, 'snapshot.json'));
    for (const file of await vault.files(part, id)) await vault.bucket.delete(vault.snapshotKey(part, id, file));
  }
  const contents = (await isSweepDue(vault, part, nowMs)) ? await sweep(vault, part, nowMs) : 0;
  if (gone.length + contents > 0) report('pruned', { part, backups: gone.length, contents });
  return { backups: gone.length, contents };
}

async function isSweepDue(vault: Vault, part: Part, nowMs: number): Promise<boolean> {
  const last = await vault.bucket.get(vault.key(part, 'swept.json'));
  const { atMs } = last === undefined ? { atMs: 0 } : (JSON.parse(last.toString()) as { readonly atMs: number });
  return nowMs - atMs >= dayMs;
}

/** Several passes over the lists rather than one set of all names, where there are many. */
async function sweep(vault: Vault, part: Part, nowMs: number): Promise<number> {
  const complete = (await vault.snapshots(part)).filter((each) => each.complete);
  let deleted = 0;
  let total = 0;
  const digits = '0123456789abcdef';
  const firstNames = await namesOf(vault, part, complete, (name) => {
    total += 1;
    return name.startsWith('0');
  });
  const digitsAtOnce = Math.max(1, Math.min(16, Math.floor(namesAtOnce / Math.max(1, firstNames.size))));
  for (let at = 0; at < digits.length; at += digitsAtOnce) {
    const these = digits.slice(at, at + digitsAtOnce);
    const named = await namesOf(vault, part, complete, (name) => these.includes(name.charAt(0)));
    for (const digit of these) {
      for await (const { key, modifiedMs } of vault.bucket.list(vault.key(part, `data/${digit}`))) {
        if (nowMs - modifiedMs < sweptAfterMs || named.has(key.slice(key.lastIndexOf('/') + 1))) continue;
        await vault.bucket.delete(key);
        deleted += 1;
      }
    }
  }
  await vault.bucket.put(vault.key(part, 'swept.json'), Buffer.from(JSON.stringify({ atMs: nowMs, named: total })));
  return deleted;
}

async function namesOf(
  vault: Vault,
  part: Part,
  snapshots: readonly SnapshotName[],
  isWanted: (name: string) => boolean,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>();
  for (const { id } of snapshots) {
    const snapshot = await vault.find(part, id);
    if (snapshot === undefined) continue;
    for await (const { data } of contentsOf(vault, snapshot)) if (isWanted(data)) names.add(data);
  }
  return names;
}
