import { topics } from '@plumbline/contracts';

/** Topics of an embedded log, with their partitions. */
export function embeddedTopics(partitions: number) {
  return Object.values(topics).map(({ name, partitioning, cleanup }) => ({
    name,
    partitions: partitioning === 'source' ? partitions : 1,
    cleanup,
  }));
}
