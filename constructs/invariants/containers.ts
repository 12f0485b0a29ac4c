import type { Workload } from './cluster';
import { podPath } from './cluster';
import { invariant } from './invariant';
import type { Finding } from './model';
import { parseQuantity } from './quantity';

export const resourcesSet = invariant(
  'resources-set',
  'Every container requests CPU and memory and limits memory; no request is above its limit.',
  'The scheduler places a pod by its requests, and a container without a memory limit takes the node down with it.',
  ({ workloads }) =>
    workloads.flatMap(({ object, containers }) =>
      containers.flatMap(({ container, path }): Finding[] => {
        const requests = container.resources?.requests ?? {};
        const limits = container.resources?.limits ?? {};
        const missing = [
          ...(['cpu', 'memory'] as const)
            .filter((name) => requests[name] === undefined)
            .map((name) => `requests.${name}`),
          ...(limits.memory === undefined ? ['limits.memory'] : []),
        ].map((field) => ({ object, path: `${path}.resources.${field}`, message: 'is missing' }));
        const inverted = Object.entries(requests).flatMap(([name, request]) => {
          const limit = limits[name];
          return limit === undefined || parseQuantity(request) <= parseQuantity(limit)
            ? []
            : [
                {
                  object,
                  path: `${path}.resources.requests.${name}`,
                  message: `${request} is above the limit ${limit}`,
                },
              ];
        });
        return [...missing, ...inverted];
      }),
    ),
);

export const probesSet = invariant(
  'probes-set',
  'Every container of a long-running pod has a readiness and a liveness probe.',
  'Without them traffic reaches a pod that cannot answer, and one that hangs is never restarted.',
  ({ workloads }) =>
    workloads
      .filter(({ longRunning }) => longRunning)
      .flatMap(({ object, containers }) =>
        containers
          .filter(({ role }) => role !== 'init')
          .flatMap(({ container, path }) =>
            (['readinessProbe', 'livenessProbe'] as const)
              .filter((probe) => container[probe] === undefined)
              .map((probe) => ({ object, path: `${path}.${probe}`, message: 'is missing' })),
          ),
      ),
);

export const imagesPinned = invariant(
  'images-pinned',
  'Every image names a tag other than `latest`, or a digest.',
  'Two nodes would run two versions, and a rollback would roll back nothing.',
  ({ workloads }) =>
    workloads.flatMap(({ object, containers }) =>
      containers.flatMap(({ container: { image = '' }, path }) => {
        const [reference = '', digest] = image.split('@');
        const tag = /:([\w][\w.-]{0,127})$/.exec(reference)?.[1];
        if (image === '') return [{ object, path: `${path}.image`, message: 'is missing' }];
        if (digest !== undefined) {
          return /^sha256:[0-9a-f]{64}$/.test(digest)
            ? []
            : [{ object, path: `${path}.image`, message: `${image} has a malformed digest` }];
        }
        if (tag === undefined) return [{ object, path: `${path}.image`, message: `${image} has no tag` }];
        return tag === 'latest' ? [{ object, path: `${path}.image`, message: `${image} says latest` }] : [];
      }),
    ),
);

export const volumesUsed = invariant(
  'volumes-used',
  'Every volume mount has a volume or a claim template, every volume and claim template is mounted, and no two mounts share a path.',
  'A pod with a mount of nothing is refused; a volume that nothing mounts is configuration that does nothing.',
  ({ workloads }) => workloads.flatMap(volumeFindings),
);

function volumeFindings(workload: Workload): readonly Finding[] {
  const { object, pod, containers, claims } = workload;
  const volumes = (pod.volumes ?? []).map(({ name }, index) => ({
    name,
    path: podPath(workload, `volumes[${index}]`),
  }));
  const templates = claims.map(({ metadata }, index) => ({
    name: metadata?.name ?? '',
    path: `spec.volumeClaimTemplates[${index}]`,
  }));
  const available = [...volumes, ...templates];
  const mounted = new Set(
    containers.flatMap(({ container }) =>
      [...(container.volumeMounts ?? []), ...(container.volumeDevices ?? [])].map(({ name }) => name),
    ),
  );
  const dangling = containers.flatMap(({ container, path }) =>
    (container.volumeMounts ?? []).flatMap(({ name, mountPath }, index, mounts): Finding[] => {
      const at = `${path}.volumeMounts[${index}]`;
      const found: Finding[] = [];
      if (!available.some((volume) => volume.name === name)) {
        found.push({ object, path: at, message: `there is no volume ${name}` });
      }
      if (mounts.findIndex((mount) => mount.mountPath === mountPath) < index) {
        found.push({ object, path: at, message: `${mountPath} is mounted twice` });
      }
      return found;
    }),
  );
  const unused = available
    .filter(({ name }) => !mounted.has(name))
    .map(({ name, path }) => ({ object, path, message: `no container mounts ${name}` }));
  const repeated = available
    .filter(({ name }, index) => available.findIndex((volume) => volume.name === name) < index)
    .map(({ name, path }) => ({ object, path, message: `there are two volumes ${name}` }));
  return [...dangling, ...unused, ...repeated];
}
