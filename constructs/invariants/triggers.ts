import type { Cluster } from './cluster';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';
import { knownSecretKeys, secretsOf, type KnownSecret } from './references';

interface Scaled {
  readonly spec: {
    readonly triggers: readonly { readonly authenticationRef?: { readonly kind?: string; readonly name: string } }[];
  };
}

interface Authentication {
  readonly spec?: {
    readonly secretTargetRef?: readonly { readonly name: string; readonly key: string }[];
  };
}

export const triggersAuthenticated = invariant(
  'triggers-authenticated',
  'Every TriggerAuthentication that a ScaledObject names is rendered beside it, and names Secrets and keys that exist.',
  'KEDA could not ask for the lag, and the workload would stay as small as it is.',
  (cluster) => {
    const secrets = secretsOf(cluster);
    return [
      ...cluster.ofKind('ScaledObject').flatMap((object) => unauthenticated(object, cluster)),
      ...cluster.ofKind('TriggerAuthentication').flatMap((object) => dangling(object, secrets)),
    ];
  },
);

function unauthenticated(object: KubeObject, cluster: Cluster): readonly Finding[] {
  return (object as unknown as Scaled).spec.triggers.flatMap(({ authenticationRef: reference }, index) => {
    // Those of the whole cluster are somebody else's.
    if (reference === undefined || reference.kind === 'ClusterTriggerAuthentication') return [];
    const path = `spec.triggers[${index}].authenticationRef`;
    return cluster.find('TriggerAuthentication', object.metadata.namespace, reference.name) !== undefined
      ? []
      : [{ object, path, message: `there is no TriggerAuthentication ${reference.name}` }];
  });
}

function dangling(object: KubeObject, secrets: readonly KnownSecret[]): readonly Finding[] {
  const namespace = object.metadata.namespace ?? 'default';
  return ((object as unknown as Authentication).spec?.secretTargetRef ?? []).flatMap(({ name, key }, index) => {
    const known = knownSecretKeys(secrets, namespace, name);
    const path = `spec.secretTargetRef[${index}]`;
    if (known === 'absent') return [{ object, path, message: `there is no Secret ${namespace}/${name}` }];
    return known === 'any' || known.includes(key)
      ? []
      : [{ object, path, message: `Secret ${namespace}/${name} has no key ${key}` }];
  });
}
