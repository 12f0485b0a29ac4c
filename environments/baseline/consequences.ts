import { parseQuantity } from '../../constructs/invariants';
import type { Aspects, Section, Value } from './baseline';
import type { Context, Difference } from './compare';
import { nameOf, namespaceOf, newIn, partsOf, refused, textOf, whereOf } from './words';

/* What a change breaks, in a sentence for who applies it; nothing where it breaks nothing. */

type Sentence = string | undefined;

interface Consequences {
  readonly gone?: (id: string, was: Aspects, context: Context) => Sentence;
  /** Of a thing that is new where there was an environment before. */
  readonly added?: (id: string, is: Aspects, context: Context) => Sentence;
  readonly changed?: (aspect: string, change: Change) => Sentence;
}

interface Change {
  readonly id: string;
  readonly was: Value | undefined;
  readonly is: Value | undefined;
  readonly context: Context;
  /** All that holds now. */
  readonly now: Aspects;
}

export function brokenBy({ section, id, aspect, was, is }: Difference, context: Context): Sentence {
  const { gone, added, changed } = consequences[section];
  if (aspect !== undefined) {
    const now = context.is[section][id] ?? {};
    return changed?.(aspect, { id, was: was as Value | undefined, is: is as Value | undefined, context, now });
  }
  return is === undefined ? gone?.(id, was as Aspects, context) : added?.(id, is as Aspects, context);
}

const consequences: Readonly<Record<Section, Consequences>> = {
  namespaces: {
    gone: (id) =>
      `what is in ${id} is made anew elsewhere, and empty: its claims and generated Secrets stay behind, and no Service answers under its name`,
  },
  kinds: {
    added: () => 'a cluster that does not have its definition refuses the object: install what serves this kind before',
  },
  workloads: { gone: workloadGone, changed: workloadChanged },
  claims: {
    gone: (id, _, context) =>
      `what is in it stays behind, and nobody mounts it${newIn('claims', id, context, 'is made empty')}`,
    changed: (aspect, change) => {
      if (aspect !== 'size')
        return `Kubernetes refuses it: a claim keeps its ${aspect}. A new claim, and what is in it copied`;
      return isSmaller(change) ? shrinks(`claim ${change.id}`, change) : undefined;
    },
  },
  claimTemplates: {
    gone: (id, _, { is }) =>
      isThere(id, is)
        ? `${refused(...ownerOf(id))}; what is in its claims is no longer read`
        : 'its claims stay behind, with what is in them',
    added: (id, _, { was }) =>
      isThere(id, was)
        ? `${refused(...ownerOf(id))}; its pods restart, one after another, for the new volume`
        : undefined,
    changed: templateChanged,
  },
  services: {
    gone: (id, _, context) =>
      `who dials ${whereOf(id)} finds no such host: clients in other namespaces and outside, and data sources of others${newIn('services', id, context, 'answers')}`,
    changed: serviceChanged,
  },
  budgets: {
    gone: (id, _, { is }) =>
      Object.keys(is.workloads).some((each) => each.endsWith(` ${id}`))
        ? `a drain may evict all pods of ${id} at once`
        : undefined,
    changed: (_, { was }) => `it guards other pods: a drain may evict all with the labels ${textOf(was)} at once`,
  },
  bindings: {
    changed: (_, { id }) => {
      const [kind = '', place = ''] = id.split(' ');
      return `Kubernetes refuses it: a binding keeps its role. kubectl delete ${kind.toLowerCase()} ${nameOf(place)}${namespaceOf(place)}, and apply; in between its pods have no rights`;
    },
  },
  priorityClasses: {
    gone: (id) => `pods that name ${id} are refused, also those of workloads of others and of jobs that are under way`,
    changed: (_, { id }) =>
      `Kubernetes refuses it: a class keeps its numbers. kubectl delete priorityclass ${id}, and apply; pods that are there keep the old one`,
  },
  accounts: {
    gone: (id, was, { is }) =>
      `the cloud trusts system:serviceaccount:${id.replace('/', ':')} with ${textOf(was.role)}: under another name its pods are denied${Object.values(is.accounts).some(({ role }) => role === was.role) ? ' until the role trusts the new one' : ''}`,
    added: (id, { role }) =>
      `its pods are denied until ${textOf(role)} is there and trusts system:serviceaccount:${id.replace('/', ':')}`,
    changed: (_, { id, is }) =>
      is === undefined
        ? 'its pods are denied: they have no role of the cloud any more'
        : `its pods are denied until ${textOf(is)} is there and trusts system:serviceaccount:${id.replace('/', ':')}`,
  },
  secrets: { gone: secretGone, added: secretNeeded, changed: secretChanged },
  topics: { gone: topicGone, changed: topicChanged },
  consumerGroups: {
    gone: (id, { topics }, context) =>
      `its offsets stay with the old name: under another one its reader begins with the oldest record of ${textOf(topics)}, and all that is kept is worked on a second time${newIn('consumerGroups', id, context, 'is such a one')}`,
  },
  buckets: {
    gone: (id, _, context) =>
      `what is stored stays in it, and nobody reads it any more; policies and lifecycles at the store are of the old name${newIn('buckets', id, context, 'begins empty')}`,
  },
  databases: {
    gone: (id, _, context) =>
      `its tables stay where they are, and nobody opens them${newIn('databases', id, context, 'begins empty')}`,
  },
  alerts: {
    gone: (id, _, context) =>
      `routes, silences and inhibitions that name it match nothing, so people are told otherwise than they said, or not${newIn('alerts', id, context, 'may be it')}`,
  },
  series: {
    gone: () =>
      'dashboards, alerts and objectives of others that ask for it see nothing, and alerts that see nothing are silent',
  },
  dashboards: {
    gone: (id) => `bookmarks and links to /d/${id} lead nowhere, and what was set for it in Grafana is gone`,
  },
};

function workloadGone(id: string, _: Aspects, context: Context): string {
  const { was } = context;
  const [kind = '', place = ''] = id.split(' ');
  const others = newIn(
    'workloads',
    id,
    context,
    kind === 'StatefulSet' ? 'begins with new, empty ones' : 'is beside it',
  );
  const old = 'Argo CD deletes the old one, and plumbline up leaves it running';
  const claims = Object.keys(was.claimTemplates)
    .filter((template) => template.startsWith(`${place}/`))
    .map((template) => `${partsOf(template).at(-1) ?? ''}-${nameOf(place)}-0`);
  if (claims.length > 0)
    return `${old}; its claims (${claims.join(', ')}, …) stay behind with what is in them${others}`;
  if (kind === 'PodTemplate') return `who makes pods of it finds it no more${others}`;
  return `${old}, so that what it does is done twice until somebody deletes it; its series and its logs are of another name${others}`;
}

function workloadChanged(aspect: string, { id, was }: Change): string {
  const [kind = '', place = ''] = id.split(' ');
  const then = {
    selector: `its pods, with the labels ${textOf(was)}, are nobody's then: delete them one after another, claims stay`,
    serviceName: 'its pods stay, and have names of the old Service until they restart',
    podManagementPolicy: 'its pods and claims stay',
  }[aspect];
  return `${refused(kind, place)}; ${then ?? 'its pods stay'}`;
}

function templateChanged(aspect: string, change: Change): string {
  const { id, context } = change;
  const [kind, place] = ownerOf(id);
  const claim = `${partsOf(id).at(-1) ?? ''}-${nameOf(place)}`;
  if (aspect !== 'size')
    return `${refused(kind, place)}; claims that are there keep their ${aspect}, so new replicas alone get the other`;
  if (isSmaller(change)) return shrinks(`claim ${claim} of ${place}`, change);
  return `Kubernetes refuses another size, so plumbline up and Argo CD stop at it: npx plumbline grow ${claim} ${context.environment}, which keeps its pods running`;
}

function serviceChanged(aspect: string, { id, was, is }: Change): Sentence {
  const [what = '', port] = aspect.split(' ');
  if (what === 'headless')
    return `Kubernetes refuses it: a Service keeps its address. kubectl delete service ${nameOf(id)}${namespaceOf(id)}, and apply; its clients are cut off in between`;
  if (what === 'type') return `who came in by ${textOf(was ?? 'its address')} finds no door`;
  if (was === undefined) return undefined;
  if (what === 'nodePort')
    return `who comes in at port ${textOf(was)} of the nodes finds nobody${is === undefined ? '' : `: it is ${textOf(is)}`}`;
  return `who dials ${whereOf(id)}:${textOf(was)}, or names port ${port ?? ''}, is refused${is === undefined ? '' : `: it is ${textOf(is)}`}`;
}

function secretGone(_id: string, { source, keys }: Aspects, { was, is }: Context): Sentence {
  if (source !== 'generated') return undefined;
  const successors = Object.entries(is.secrets).flatMap(([other, now]) =>
    now.source === source && now.keys === keys && was.secrets[other] === undefined ? [other] : [],
  );
  // Without one it is simply not needed any more.
  if (successors.length === 0) return undefined;
  return `if it is ${successors.slice(0, 3).join(' or ')} now, that one gets new values, and what knows the old ones (users of a database, sessions, what is encrypted) refuses them: copy the Secret to its new name before`;
}

function secretNeeded(id: string, { source, keys, optional }: Aspects): Sentence {
  if (optional === true) return undefined;
  if (source === 'existing') return `pods wait until it is there: make ${id} with ${textOf(keys)} before`;
  if (source === 'external') return `pods wait until the store of secrets has its entry, with ${textOf(keys)}`;
  return undefined;
}

function secretChanged(aspect: string, { id, was, is, now }: Change): Sentence {
  if (aspect === 'optional')
    return is === true
      ? undefined
      : `pods that started without it wait for it: ${textOf(secretNeeded(id, now) ?? 'its Job makes it')}`;
  if (aspect === 'source') {
    if (is === 'cert-manager')
      return 'cert-manager puts a certificate of its own there: who trusts the old authority alone is refused';
    return secretNeeded(id, now);
  }
  const before = textOf(was).split(' ');
  const more = textOf(is)
    .split(' ')
    .filter((key) => !before.includes(key));
  return more.length === 0 ? undefined : secretNeeded(id, { ...now, keys: more.join(' ') });
}

function topicGone(id: string, _: Aspects, context: Context): string {
  const groups = Object.entries(context.was.consumerGroups).flatMap(([group, { topics }]) =>
    textOf(topics).split(' ').includes(id) ? [group] : [],
  );
  const readers = groups.length === 0 ? 'consumers' : `${groups.join(', ')} and consumers of others`;
  return `topic removed: ${readers} get no record of it any more, and rights to it are taken away; what is in it stays until somebody deletes it${newIn('topics', id, context, 'begins empty')}`;
}

function topicChanged(aspect: string, { was, is, context: { is: all }, id }: Change): Sentence {
  if (aspect === 'cleanup')
    return is === 'delete'
      ? 'the newest record of each key is no longer kept: state that is older than its retention is deleted'
      : 'only the newest record of each key is kept: what is older is deleted, and records without a key are refused';
  if (Number(is) < Number(was))
    return `the Job leaves them and warns, as partitions never shrink: render ${textOf(was)}`;
  const keyed = all.topics[id]?.cleanup === 'compact';
  return `records of one key go to another partition than before${keyed ? ', where an older state of it stays in the old one' : ', and are read out of order until the old ones are'}; it cannot be taken back`;
}

function shrinks(what: string, { was, is }: Change): string {
  return `${what} would shrink from ${textOf(was)} to ${textOf(is)}: refused, as volumes never do. Render at least ${textOf(was)}`;
}

function isSmaller({ was, is }: Change): boolean {
  return parseQuantity(textOf(is ?? 0)) < parseQuantity(textOf(was ?? 0));
}

/** Of a claim template, `namespace/statefulset/template`. */
function ownerOf(id: string): readonly [kind: string, place: string] {
  return ['StatefulSet', partsOf(id).slice(0, -1).join('/')];
}

function isThere(template: string, all: Context['is']): boolean {
  return all.workloads[ownerOf(template).join(' ')] !== undefined;
}
