import type { KubeObject } from './model';

/** Annotation that names what a workload is that may more than is usual: `baseline` or `agent`. */
export const profileAnnotation = 'plumbline.dev/security-profile';
/** Annotation of whatever may more than is usual: why. */
export const reasonAnnotation = 'plumbline.dev/reason';
/**
 * Annotation that says exactly what a workload may more, a line each: `capability NET_RAW`, `privilege escalation`, `host network`,
 * `host path /proc`, `host path /var/lib/agent, writable`, `user root`.
 */
export const allowsAnnotation = 'plumbline.dev/allows';

const levelsByProfile = { restricted: 'restricted', baseline: 'baseline', agent: 'privileged' } as const;

/** What an object says that it may more than is usual. Without a reason it may nothing. */
export interface Declaration {
  readonly profile: keyof typeof levelsByProfile;
  /** The Pod Security level that a namespace has to enforce for it. */
  readonly level: (typeof levelsByProfile)[keyof typeof levelsByProfile];
  readonly allows: ReadonlySet<string>;
}

/** What a workload declares in its annotations. */
export function declarationOf({ metadata }: KubeObject): Declaration {
  const profile = metadata.annotations?.[profileAnnotation];
  if ((profile !== 'agent' && profile !== 'baseline') || reasonOf({ metadata }) === undefined)
    return { profile: 'restricted', level: 'restricted', allows: new Set() };
  const lines = (metadata.annotations?.[allowsAnnotation] ?? '').split('\n').map((line) => line.trim());
  return { profile, level: levelsByProfile[profile], allows: new Set(lines.filter((line) => line !== '')) };
}

/** Why an object may more than is usual; `undefined` when it does not say, or says nothing. */
export function reasonOf({ metadata }: Pick<KubeObject, 'metadata'>): string | undefined {
  const reason = metadata.annotations?.[reasonAnnotation]?.trim();
  return reason === '' ? undefined : reason;
}

/** One object that may more than is usual. */
export interface Exception {
  readonly object: KubeObject;
  /** `agent`, `baseline` or `cluster rights`. */
  readonly what: string;
  /** In words, in order. */
  readonly allows: readonly string[];
  readonly reason: string;
}

interface Rights {
  readonly roleRef?: { readonly kind: string; readonly name: string };
  readonly rules?: readonly { readonly resources?: readonly string[]; readonly verbs: readonly string[] }[];
}

/** Every exception among the objects of an environment, once: a binding counts where its ClusterRole is somebody else's. */
export function exceptionsOf(objects: readonly KubeObject[]): readonly Exception[] {
  const roles = new Set(objects.filter(({ kind }) => kind === 'ClusterRole').map(({ metadata }) => metadata.name));
  return objects.flatMap((object): Exception[] => {
    const reason = reasonOf(object) ?? '';
    const { profile, allows } = declarationOf(object);
    if (profile !== 'restricted') return [{ object, what: profile, allows: Array.from(allows).sort(), reason }];
    const { rules = [], roleRef } = object as unknown as Rights;
    if (object.kind === 'ClusterRole') {
      const rights = rules.map(({ verbs, resources = ['URLs'] }) => `${verbs.join(', ')} ${resources.join(', ')}`);
      return [{ object, what: 'cluster rights', allows: rights, reason }];
    }
    if (object.kind !== 'ClusterRoleBinding' || (roleRef !== undefined && roles.has(roleRef.name))) return [];
    return [{ object, what: 'cluster rights', allows: [`whatever ClusterRole ${roleRef?.name ?? ''} allows`], reason }];
  });
}
