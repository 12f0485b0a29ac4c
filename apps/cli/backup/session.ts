import type { Report, Vault } from '@plumbline/backup';
import { InvalidArgumentError, type Command } from 'commander';
import { Progress } from '../output/progress';

/** Options of every command about backups. */
export interface VaultArguments {
  readonly json?: boolean;
}

/** How a backup is chosen. */
export interface SnapshotArguments extends VaultArguments {
  readonly snapshot?: string;
}

/** What commands about backups read of the environment. */
export const whereBackupsAre = `
Backups are in the bucket BACKUP_BUCKET, below BACKUP_PREFIX (plumbline), of the S3 at BACKUP_S3_ENDPOINT, with BACKUP_S3_ACCESS_KEY_ID
and BACKUP_S3_SECRET_ACCESS_KEY; BACKUP_S3_REGION, BACKUP_S3_FORCE_PATH_STYLE and BACKUP_S3_CA_FILE where they are needed.`;

export const whereBucketsAre = `The buckets are of the S3 at S3_ENDPOINT, with AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`;
export const whereTopicsAre = `The brokers are KAFKA_BROKERS, with KAFKA_USERNAME, KAFKA_PASSWORD and KAFKA_CA_FILE where they want them.`;

export function addSnapshotOption(command: Command): Command {
  return command.option('--snapshot <id>', 'a backup as plumbline backup list names it (the newest that is complete)');
}

export function addConcurrencyOption(command: Command): Command {
  return command.option('--concurrency <n>', 'objects that are copied at once', upTo64, 4);
}

export function addJsonOption(command: Command): Command {
  return command.option('--json', 'print the outcome as one JSON line');
}

/** Does something with the backups that the environment names; an interruption ends it between two objects. */
export async function withVault<T>(
  { json }: VaultArguments,
  title: string,
  work: (vault: Vault, given: { readonly report: Report; readonly signal: AbortSignal }) => Promise<T>,
): Promise<T | undefined> {
  const { openVault } = await import('@plumbline/backup');
  const vault = openVault(process.env);
  const progress = new Progress();
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort();
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);
  try {
    if (json !== true) progress.heading(`Plumbline ${title}  ${vault.place}`);
    const report: Report = (event, about) => progress.done(sentence(event, about));
    return await work(vault, { report, signal: interruption.signal });
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    progress.alarm('interrupted; run it again, and it goes on');
    process.exitCode = 130;
    return undefined;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
    vault.bucket.close();
  }
}

/** `backed up bucket ml-models, 12 objects, 3.4 MB`. */
export function sentence(event: string, about: Readonly<Record<string, string | number>>): string {
  const facts = Object.entries(about).map(([name, value]) =>
    typeof value === 'string'
      ? `${name} ${value}`
      : /bytes$/i.test(name)
        ? `${name} ${size(value)}`
        : `${value} ${name}`,
  );
  return `${event} ${facts.join(', ')}`;
}

/** Bytes for people. */
export function size(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${(bytes / 1000 ** power).toFixed(power === 0 ? 0 : 1)} ${units[power] ?? ''}`;
}

function upTo64(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 64)
    throw new InvalidArgumentError('give a number from 1 to 64.');
  return value;
}
