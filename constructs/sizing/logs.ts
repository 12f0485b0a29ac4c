import { liveShare, replicated, type ComponentSize } from './component-size';
import type { CompleteLoad } from './load';
import { measured } from './measured';
import { gibibyte, secondsPerDay } from './units';

/** Lines at the busiest hour over lines on average: three, as requests by day and by night are apart. Ours to assume. */
const peakOfDay = 3;

/**
 * One Loki. What lines take was measured (`npm run bench:sizing`); what questions take is a core for each of them in a second, as Loki's
 * queriers have (https://grafana.com/docs/loki/latest/setup/size/: ten of one core and one GiB beside twelve cores of ingesters).
 * Chunks and index are in the object store; its volume has an hour of the write-ahead log, and the index of what is written.
 */
export function loki(load: CompleteLoad): ComponentSize {
  const { logBytesPerDay, retention, queriesPerSecond, replication } = load;
  const peak = (logBytesPerDay / secondsPerDay) * peakOfDay;
  return replicated({
    name: 'loki',
    signal: 'logs',
    busyCores: (peak * measured.lines.cpuSecondsPerMillionBytes) / 1e6 + 0.1 * queriesPerSecond,
    baseBytes: measured.lines.idleBytes,
    loadBytes: peak * measured.lines.bytesPerBytePerSecond * liveShare,
    diskBytes: peak * 3_600,
    baseDiskBytes: gibibyte,
    objectBytes: logBytesPerDay * retention.logs * measured.lines.bytesKept,
    least: replication,
    most: replication,
    coresOfOne: 8,
  });
}
