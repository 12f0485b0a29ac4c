import { code, page, table } from '../../tools/markdown';
import { wanted, type Loss, type Volume } from './facts';
import { measuredOf, secondsPerUnit, units, ways, works, type BackupResult } from './result';

/** What is known of an environment. */
export interface Recovery {
  readonly losses: readonly Loss[];
  readonly volumes: readonly Volume[];
}

/** What is lost with a cluster and how long it takes until it is there again, in Markdown. @param result absent before it was measured */
export function recoveryPage(result: BackupResult | undefined, { losses, volumes }: Recovery): string {
  return page(
    'Recovery',
    'What is lost when a cluster is lost with its volumes, and how long it takes until the rest is there again. Schedules are those of ' +
      `the CronJobs of the ${code('production')} environment, and change with them. The steps are in [Restore what was lost](../how-to/restore.md).`,
    [
      '## What is lost (RPO)',
      'What a store has not yet written to its bucket is in its log on a volume, and in no copy. A run counts as of when it began: so what a run takes is lost, too.',
      lossTable(losses),
      `Document 002 wants less than ${wanted.metricsMinutes} minutes of metrics and ${wanted.logsAndTracesMinutes} minute of logs and traces. Copies do not give that: while one zone is lost, ` +
        'replication over three zones gives it; when a cluster is lost with all its volumes, only stores in a second place do. A shorter ' +
        `interval is ${code('backup.schedules')}.`,
      '## How long it takes (RTO)',
      ...(result === undefined
        ? [`Not measured yet: ${code('npm run bench:backup')}.`]
        : timeSections(result, volumes)),
    ],
  );
}

function timeSections(result: BackupResult, volumes: readonly Volume[]): readonly string[] {
  const firstSeconds = sum(volumes.filter(({ first }) => first).map((volume) => secondsOf(result, volume)));
  const isWithin = firstSeconds <= wanted.recoveryMinutes * 60;
  const busy = result.loadPerCpu > 0.2 ? '; **others were at work on the machine, so all of it may be faster**' : '';
  return [
    'In the order of the page. What a volume is by `plumbline size` is for 10,000 spans and 1,000,000 samples a second and 1 GB of lines a ' +
      'day, when it is as full as it becomes; where it is ours, reckon with your own.',
    timeTable(result, volumes),
    `Until the platform watches again: **${duration(firstSeconds)}**, ${isWithin ? 'within' : 'not within'} the ${wanted.recoveryMinutes} minutes of document 002; ` +
      'making the cluster, pulling images and starting pods comes on top. Where buckets outlive the cluster, as those of AWS do, ' +
      'only databases and topics are brought back.',
    '## Measured',
    `By ${code(result.command)} on ${result.cpus} × ${result.cpu}, Node.js ${result.node}${busy}. Copies are in another store, over TLS; ` +
      'brokers are three, with TLS and users; both stores, brokers and the database were on the same ' +
      `machine. ${amountText(result)} Memory is that of ${code('plumbline')}, greatest of the rounds; in the cluster it may have 512 MiB.`,
    measuredTable(result),
  ];
}

function lossTable(losses: readonly Loss[]): string {
  const rows = losses.map(({ what, part, everyMinutes, heldMinutes, heldBy }) => [
    what,
    code(`backup-${part}`),
    minutes(everyMinutes),
    heldMinutes === 0 ? '' : `${minutes(heldMinutes)} (${heldBy})`,
    minutes(everyMinutes + heldMinutes),
  ]);
  return table(['What', 'Copied by', 'Every', 'In no bucket before', 'Lost at most, and what a run takes'], rows);
}

function timeTable(result: BackupResult, volumes: readonly Volume[]): string {
  const rows = volumes.map((volume) => [
    volume.what,
    volume.said,
    `${Number(volume.units.toPrecision(3)).toLocaleString('en-US')} × ${units[volume.work].name}`,
    `${secondsPerUnit(result, volume.work, 'restore').toFixed(1)} s`,
    duration(secondsOf(result, volume)),
    volume.first ? 'before' : 'after',
  ]);
  return table(['What', 'Stated by', 'How much', 'Each', 'Takes', 'The platform watches'], rows);
}

function measuredTable(result: BackupResult): string {
  const rows = works.flatMap((work) =>
    ways.map((way) => {
      const { rounds, peakRssBytes } = measuredOf(result, work, way);
      return [
        work,
        way === 'unchanged' ? 'another copy, nothing new' : way,
        `${secondsPerUnit(result, work, way).toFixed(2)} s for ${units[work].name}`,
        rounds.map((seconds) => seconds.toFixed(1)).join(' · '),
        `${Math.round(peakRssBytes / 2 ** 20)} MiB`,
      ];
    }),
  );
  return table(['What', 'Way', 'Median', 'Rounds, s', 'Memory'], rows);
}

function amountText({ amounts }: BackupResult): string {
  const { largeBytes, largeObjectBytes, smallObjects, smallObjectBytes, records, recordBytes, databaseBytes } = amounts;
  const mb = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  return (
    `Large objects were ${mb(largeBytes)} in objects of ${mb(largeObjectBytes)}, small ones ${smallObjects.toLocaleString('en-US')} of ` +
    `${(smallObjectBytes / 1e3).toFixed(0)} kB, records ${records.toLocaleString('en-US')} of ${recordBytes} bytes, tables ${mb(databaseBytes)} of one database.`
  );
}

function secondsOf(result: BackupResult, { work, units: amount }: Volume): number {
  return secondsPerUnit(result, work, 'restore') * amount;
}

function minutes(value: number): string {
  return value % 60 === 0 ? `${value / 60} h` : `${value} min`;
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(0)} s`;
  if (seconds < 90 * 60) return `${(seconds / 60).toFixed(0)} min`;
  if (seconds < 48 * 3_600) return `${(seconds / 3_600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
