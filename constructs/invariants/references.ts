import type { Cluster, Workload } from './cluster';
import { podPath } from './cluster';
import { credentialsOf } from './credentials';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';

/** A Secret that will exist in the cluster; `keys` is absent when they are not known here. */
export interface KnownSecret {
  readonly namespace: string;
  readonly name: string;
  readonly keys?: readonly string[];
  /** What makes it. */
  readonly source: KubeObject;
}

export const referencesExist = invariant(
  'references-exist',
  'Every Secret, ConfigMap, key, ServiceAccount, claim, priority class, role and governing Service that an object names exists: rendered, or made by the credentials Job, an ExternalSecret or a Certificate; optional references may dangle.',
  'The pod would stay in ContainerCreating, or the binding grant nothing.',
  (cluster) => {
    const secrets = secretsOf(cluster);
    return [
      ...cluster.workloads.flatMap((workload) => [
        ...podReferences(workload).flatMap((reference) => missing(reference, workload, cluster, secrets)),
        ...objectReferences(workload, cluster),
      ]),
      ...bindingFindings(cluster),
    ];
  },
);

/** Every Secret that rendered objects make. */
export function secretsOf(cluster: Cluster): readonly KnownSecret[] {
  return [
    ...cluster.ofKind('Secret').map((source) => {
      const values = { ...(source.data as object | undefined), ...(source.stringData as object | undefined) };
      // One without values stands for what somebody else makes.
      const keys = Object.keys(values);
      return { ...placeOf(source), ...(keys.length > 0 && { keys }), source };
    }),
    ...cluster.ofKind('ExternalSecret').map(externalSecret),
    ...cluster.ofKind('Certificate').map((source) => {
      const { secretName } = source.spec as { secretName: string };
      // Whether there is an authority depends on the issuer; whoever mounts one has to know.
      const keys = ['ca.crt', 'tls.crt', 'tls.key'];
      return { namespace: placeOf(source).namespace, name: secretName, keys, source };
    }),
    ...cluster.workloads.flatMap((workload) => {
      const { secrets = [] } = credentialsOf(workload, cluster) ?? {};
      return secrets.flatMap(({ namespace, name, keys, copies }) =>
        [{ namespace, name }, ...copies].map((place) => ({
          ...place,
          keys: keys.map(({ key }) => key),
          source: workload.object,
        })),
      );
    }),
  ];
}

/** The Secret that the External Secrets Operator makes; its keys are known unless a template or `dataFrom` adds some. */
function externalSecret(source: KubeObject): KnownSecret {
  const { target, data, dataFrom } = source.spec as {
    readonly target?: { readonly name?: string; readonly template?: unknown };
    readonly data?: readonly { readonly secretKey: string }[];
    readonly dataFrom?: unknown;
  };
  const { namespace, name } = placeOf(source);
  const known = dataFrom === undefined && target?.template === undefined;
  return {
    namespace,
    name: target?.name ?? name,
    ...(known && { keys: (data ?? []).map(({ secretKey }) => secretKey) }),
    source,
  };
}

export interface Reference {
  readonly path: string;
  readonly kind: 'Secret' | 'ConfigMap';
  readonly name: string;
  readonly keys: readonly string[];
}

/** ConfigMaps and Secrets a pod cannot start without. */
export function podReferences(workload: Workload): readonly Reference[] {
  const { pod, containers } = workload;
  const references: Reference[] = [];
  const add = (
    kind: Reference['kind'],
    path: string,
    source: { readonly optional?: boolean; readonly name?: string } | undefined,
    keys: readonly string[] = [],
  ): void => {
    if (source?.name !== undefined && source.optional !== true)
      references.push({ kind, path, name: source.name, keys });
  };
  for (const { container, path } of containers) {
    for (const [index, { valueFrom }] of (container.env ?? []).entries()) {
      const secretKeyRef = valueFrom?.secretKeyRef;
      const configMapKeyRef = valueFrom?.configMapKeyRef;
      add('Secret', `${path}.env[${index}].valueFrom.secretKeyRef`, secretKeyRef, [secretKeyRef?.key ?? '']);
      add('ConfigMap', `${path}.env[${index}].valueFrom.configMapKeyRef`, configMapKeyRef, [
        configMapKeyRef?.key ?? '',
      ]);
    }
    for (const [index, { secretRef, configMapRef }] of (container.envFrom ?? []).entries()) {
      add('Secret', `${path}.envFrom[${index}].secretRef`, secretRef);
      add('ConfigMap', `${path}.envFrom[${index}].configMapRef`, configMapRef);
    }
  }
  for (const [index, { name, secret, configMap, projected }] of (pod.volumes ?? []).entries()) {
    const path = podPath(workload, `volumes[${index}]`);
    // A key that is mounted by its own name has to be there as well.
    const subPaths = containers
      .flatMap(({ container }) => container.volumeMounts ?? [])
      .flatMap((mount) => (mount.name === name && mount.subPath !== undefined ? [mount.subPath] : []));
    const keys = (items: readonly { key: string }[] | undefined) => items?.map(({ key }) => key) ?? subPaths;
    if (secret !== undefined) {
      const { secretName, optional, items } = secret;
      const source = { ...(secretName && { name: secretName }), ...(optional === true && { optional }) };
      add('Secret', `${path}.secret`, source, keys(items));
    }
    add('ConfigMap', `${path}.configMap`, configMap, keys(configMap?.items));
    for (const [position, source] of (projected?.sources ?? []).entries()) {
      const at = `${path}.projected.sources[${position}]`;
      add(
        'Secret',
        `${at}.secret`,
        source.secret,
        source.secret?.items?.map(({ key }) => key),
      );
      add(
        'ConfigMap',
        `${at}.configMap`,
        source.configMap,
        source.configMap?.items?.map(({ key }) => key),
      );
    }
  }
  for (const [index, { name }] of (pod.imagePullSecrets ?? []).entries()) {
    add('Secret', podPath(workload, `imagePullSecrets[${index}]`), name === undefined ? undefined : { name });
  }
  return references;
}

function missing(
  { path, kind, name, keys }: Reference,
  { object, namespace }: Workload,
  cluster: Cluster,
  secrets: readonly KnownSecret[],
): readonly Finding[] {
  const place = `${namespace}/${name}`;
  const known = kind === 'Secret' ? knownSecretKeys(secrets, namespace, name) : configMapKeys(cluster, namespace, name);
  if (known === 'absent') return [{ object, path, message: `there is no ${kind} ${place}` }];
  if (known === 'any') return [];
  return keys
    .filter((key) => !known.includes(key))
    .map((key) => ({ object, path, message: `${kind} ${place} has no key ${key}` }));
}

/** Keys of a Secret, as far as they are known here. */
export function knownSecretKeys(
  secrets: readonly KnownSecret[],
  namespace: string,
  name: string,
): readonly string[] | 'any' | 'absent' {
  const secret = secrets.find((each) => each.namespace === namespace && each.name === name);
  return secret === undefined ? 'absent' : (secret.keys ?? 'any');
}

function configMapKeys(cluster: Cluster, namespace: string, name: string): readonly string[] | 'absent' {
  const map = cluster.find('ConfigMap', namespace, name);
  if (map === undefined) return 'absent';
  return Object.keys({ ...(map.data as object | undefined), ...(map.binaryData as object | undefined) });
}

/** ServiceAccount, claims, priority class, governing Service. */
function objectReferences(workload: Workload, cluster: Cluster): readonly Finding[] {
  const { object, namespace, pod } = workload;
  const found: Finding[] = [];
  const expect = (kind: string, space: string | undefined, name: string | undefined, path: string): void => {
    if (name !== undefined && name !== '' && cluster.find(kind, space, name) === undefined) {
      found.push({ object, path, message: `there is no ${kind} ${space === undefined ? name : `${space}/${name}`}` });
    }
  };
  expect('ServiceAccount', namespace, pod.serviceAccountName, podPath(workload, 'serviceAccountName'));
  for (const [index, volume] of (pod.volumes ?? []).entries()) {
    const path = podPath(workload, `volumes[${index}].persistentVolumeClaim`);
    expect('PersistentVolumeClaim', namespace, volume.persistentVolumeClaim?.claimName, path);
  }
  if (pod.priorityClassName?.startsWith('system-') !== true) {
    expect('PriorityClass', undefined, pod.priorityClassName, podPath(workload, 'priorityClassName'));
  }
  const { serviceName } = (object.spec ?? {}) as { serviceName?: string };
  if (object.kind === 'StatefulSet') {
    expect('Service', namespace, serviceName, 'spec.serviceName');
    const governing = cluster.services.find(
      (each) => each.namespace === namespace && each.object.metadata.name === serviceName,
    );
    if (governing !== undefined && governing.value.spec?.clusterIP !== 'None') {
      found.push({ object, path: 'spec.serviceName', message: `Service ${serviceName ?? ''} is not headless` });
    }
  }
  return found;
}

function bindingFindings(cluster: Cluster): readonly Finding[] {
  const bindings = [...cluster.ofKind('RoleBinding'), ...cluster.ofKind('ClusterRoleBinding')];
  return bindings.flatMap((object) => {
    const { roleRef, subjects = [] } = object as unknown as {
      roleRef: { kind: string; name: string };
      subjects?: readonly { kind: string; name: string; namespace?: string }[];
    };
    const space = roleRef.kind === 'Role' ? object.metadata.namespace : undefined;
    // ClusterRoles such as `view` come with every cluster.
    const builtIn = roleRef.kind === 'ClusterRole' && /^(system:.*|admin|cluster-admin|edit|view)$/.test(roleRef.name);
    const role =
      builtIn || cluster.find(roleRef.kind, space, roleRef.name) !== undefined
        ? []
        : [{ object, path: 'roleRef', message: `there is no ${roleRef.kind} ${roleRef.name}` }];
    const accounts = subjects.flatMap(({ kind, name, namespace }, index) =>
      kind !== 'ServiceAccount' || cluster.find(kind, namespace, name) !== undefined
        ? []
        : [{ object, path: `subjects[${index}]`, message: `there is no ServiceAccount ${namespace ?? ''}/${name}` }],
    );
    return [...role, ...accounts];
  });
}

function placeOf({ metadata }: KubeObject): { readonly namespace: string; readonly name: string } {
  return { namespace: metadata.namespace ?? 'default', name: metadata.name };
}
