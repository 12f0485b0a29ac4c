import { Cluster } from './cluster';
import type { Finding, Invariant, KubeObject } from './model';
import { describeObject } from './model';

const clusters = new WeakMap<readonly KubeObject[], Cluster>();

/** The index of `objects`, built once for each array. */
function clusterOf(objects: readonly KubeObject[]): Cluster {
  const known = clusters.get(objects);
  if (known !== undefined) return known;
  const cluster = new Cluster(objects);
  clusters.set(objects, cluster);
  return cluster;
}

/** An invariant over the indexed objects; they are taken to be well-formed, which the `schema` invariant checks. */
export function invariant(
  id: string,
  statement: string,
  reason: string,
  find: (cluster: Cluster) => Iterable<Finding>,
): Invariant {
  return {
    id,
    statement,
    reason,
    check: (objects) =>
      Array.from(find(clusterOf(objects)), ({ object, path, message }) => ({
        invariant: id,
        object: describeObject(object),
        path,
        message,
      })),
  };
}
