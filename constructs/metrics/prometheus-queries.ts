import type { Size } from 'cdk8s';

/* What alerts and the dashboard of a Prometheus ask alike. It reads itself under this name, whatever its own. */

export const self = 'job="prometheus"';

/** What its own files take of its volume: blocks, the write-ahead log, and the newest samples. */
export const storedBytes = [
  `prometheus_tsdb_storage_blocks_bytes{${self}}`,
  `prometheus_tsdb_wal_storage_size_bytes{${self}}`,
  `prometheus_tsdb_head_chunks_storage_size_bytes{${self}}`,
].join('\n+ ');

export function bytesOf(volume: Size): number {
  return volume.toMebibytes() * 2 ** 20;
}
