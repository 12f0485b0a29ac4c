import type { ComponentSize } from './component-size';
import { diskShare, replicated } from './component-size';
import type { CompleteLoad } from './load';
import { measured } from './measured';
import { gibibyte, mebibyte } from './units';

/**
 * Grafana, and the database that its replicas share where there are several. Neither follows from the load but from who looks: these are the
 * constructs' own defaults, below the 512 MB and one core that Grafana recommends for a server
 * (https://grafana.com/docs/grafana/latest/setup-grafana/installation/), as ours renders no images and keeps its database elsewhere.
 */
export function dashboards({ replication, queriesPerSecond }: CompleteLoad): readonly ComponentSize[] {
  const replicas = Math.min(2, replication);
  const cores = Math.max(0.1, (0.05 * queriesPerSecond) / replicas);
  const fixed = { signal: 'all', objectBytes: 0, notes: [] } as const;
  return [
    {
      name: 'grafana',
      replicas,
      cores,
      memoryBytes: 256 * mebibyte,
      diskBytes: replicas === 1 ? gibibyte : 0,
      ...fixed,
    },
    ...(replicas === 1
      ? []
      : [
          {
            name: 'postgres',
            replicas: 1,
            cores: 0.05,
            memoryBytes: 128 * mebibyte,
            diskBytes: 4 * gibibyte,
            ...fixed,
          },
        ]),
  ];
}

/** Space of blocks and chunks that were merged and are not yet removed, over what is kept. Tempo keeps them for an hour, Loki for two. */
const beingCompacted = 1.1;

/**
 * The object store of the cluster itself: one, on one volume, whose disk is what all others keep in it. CPU follows the spans, of which most
 * of its writes come. Where the store is somebody else's, this component and its disk are theirs.
 */
export function objectStore(load: CompleteLoad, others: readonly ComponentSize[]): ComponentSize {
  const kept = others.reduce((sum, { objectBytes }) => sum + objectBytes, 0);
  const size = replicated({
    name: 'objects',
    signal: 'all',
    busyCores: (load.spansPerSecond * measured.spans.objects.cpuSecondsPerMillion) / 1e6,
    baseBytes: measured.spans.objects.idleBytes,
    loadBytes: load.spansPerSecond * measured.spans.objects.bytesPerSpanPerSecond,
    most: 1,
  });
  const tooLarge = kept > 10e12 ? ['More than ten terabytes on one volume: use an object store of its own.'] : [];
  return { ...size, diskBytes: (kept * beingCompacted) / diskShare, notes: [...size.notes, ...tooLarge] };
}
