import { z } from 'zod';
import type { Progress } from '../output/progress';
import { count } from '../verify/check';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import type { Cluster } from '../verify/cluster/cluster';
import { describeObject, RenderedEnvironment, type RenderedWorkload } from '../verify/rendered';
import type { ManifestFolder } from './folder';
import { foreignObjects, namespacedResources } from './foreign';
import { isOurs, ours } from './ownership';
import { removeAll, waitUntilGone, type Removal, type Target } from './remove';

export interface DownOptions {
  /** Also claims, generated Secrets and namespaces. */
  readonly deleteData: boolean;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  readonly print: (line: string) => void;
}

const claimSchema = z.object({
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
  }),
});

/** They hold data, or what others made. */
const keptKinds = ['Namespace', 'PersistentVolumeClaim', 'CustomResourceDefinition'];
/** They make pods, which need what they were given until they have ended. */
const runningKinds = ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod'];
const scalingKinds = ['HorizontalPodAutoscaler', 'ScaledObject'];

/**
 * Removes what `up` applied and is ours, examples too.
 *
 * @returns the exit code
 * @throws {VerifyError} without an answer of the API server
 */
export async function down({ api }: Cluster, folder: ManifestFolder, options: DownOptions): Promise<number> {
  const everything = new RenderedEnvironment(
    [...folder.rendered.objects, ...(folder.examples?.objects ?? [])],
    folder.directory,
  );
  const targets = everything.objects.filter(({ kind }) => !keptKinds.includes(kind));
  const ofKinds = (kinds: readonly string[]) => targets.filter(({ kind }) => kinds.includes(kind));
  const rest = targets.filter(({ kind }) => !runningKinds.includes(kind) && !scalingKinds.includes(kind));
  const steps = [
    { what: 'autoscalers', of: ofKinds(scalingKinds) },
    { what: 'workloads and their pods', of: ofKinds(runningKinds) },
    { what: 'everything else', of: rest },
  ];
  const removals: Removal[] = [];
  const held: string[] = [];
  const remove = async (what: string, of: readonly Target[], mayRemove?: (live: unknown) => boolean) => {
    const removal = await removeAll(api, of, mayRemove);
    removals.push(removal);
    const { progress, signal, timeoutMs } = options;
    held.push(
      ...(await waitUntilGone(api, removal.removed, timeoutMs, signal, (left) =>
        progress.busy(`${what}: ${left.length} of ${removal.removed.length} left`),
      )),
    );
    if (removal.removed.length > 0) progress.done(`${what}: ${count(removal.removed.length, 'object')} removed`);
  };
  for (const { what, of } of steps) if (of.length > 0) await remove(what, of);

  const claims = await claimsOf(api, everything);
  const namespaces = everything.ofKind('Namespace');
  const kept: string[] = [];
  if (options.deleteData) {
    await remove('claims', claims, () => true);
    kept.push(...(await removeSecrets(api, namespaces)));
    const { empty, occupied } = await sorted(api, namespaces, claims);
    kept.push(...occupied);
    await remove('namespaces', empty);
  } else {
    const there = await present(api, namespaces);
    kept.push(...claims.map(describeObject), ...there.map(describeObject));
    if (there.length > 0) kept.push('Secrets that the Job "credentials" generated');
  }
  return report(removals, held, kept, options);
}

function report(
  removals: readonly Removal[],
  held: readonly string[],
  kept: readonly string[],
  { deleteData, print, progress }: DownOptions,
): number {
  const removed = removals.flatMap((removal) => removal.removed);
  const foreign = removals.flatMap((removal) => removal.foreign);
  const refused = removals.flatMap((removal) => removal.refused);
  if (removed.length === 0) progress.done('nothing of it is there');
  const listed = (title: string, lines: readonly string[]) => {
    if (lines.length > 0) print([title, ...lines.map((line) => `- ${line}`)].join('\n'));
  };
  listed(`Not ours, so kept (without the label ${ours.key}: ${ours.value}):`, foreign.map(describeObject));
  listed(deleteData ? 'Kept:' : 'Kept, as they hold data (--delete-data removes them):', kept);
  listed(
    'Refused:',
    refused.map(({ target, reason }) => `${describeObject(target)}: ${reason}`),
  );
  listed('Still there:', held);
  return refused.length > 0 || held.length > 0 ? 1 : 0;
}

async function present(api: ClusterApi, targets: readonly Target[]): Promise<readonly Target[]> {
  const found: Target[] = [];
  for (const target of targets) if ((await api.read(target)) !== undefined) found.push(target);
  return found;
}

/** Claims that are rendered and ours, and those that StatefulSets made, also for replicas that are no longer rendered. */
async function claimsOf(api: ClusterApi, rendered: RenderedEnvironment): Promise<readonly Target[]> {
  const made = rendered.workloads.filter(({ spec }) => spec.volumeClaimTemplates.length > 0);
  const names = new Set(rendered.ofKind('PersistentVolumeClaim').map(({ metadata }) => metadata.name));
  const namespaces = new Set(
    [...rendered.ofKind('PersistentVolumeClaim'), ...made].map(({ metadata }) => metadata.namespace ?? 'default'),
  );
  const targets: Target[] = [];
  for (const namespace of namespaces) {
    for (const item of await api.list(`/api/v1/namespaces/${namespace}/persistentvolumeclaims`)) {
      const { metadata } = claimSchema.parse(item);
      const isRendered = names.has(metadata.name) && isOurs(item);
      const isMade = made.some((set) => set.metadata.namespace === namespace && madeBy(set, metadata));
      if (isRendered || isMade) {
        targets.push({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: metadata.name, namespace } });
      }
    }
  }
  return targets;
}

/** Whether a StatefulSet made a claim: by its name, and by the labels that its template gives. */
function madeBy(
  { metadata, spec }: RenderedWorkload,
  claim: { readonly name: string; readonly labels: Readonly<Record<string, string>> },
): boolean {
  return spec.volumeClaimTemplates.some(({ metadata: template }) => {
    const start = `${template.name}-${metadata.name}-`;
    const labels = Object.entries((template as { readonly labels?: Record<string, string> }).labels ?? {});
    return (
      claim.name.startsWith(start) &&
      /^\d+$/.test(claim.name.slice(start.length)) &&
      labels.every(([key, value]) => claim.labels[key] === value)
    );
  });
}

/** Removes the Secrets that are ours of namespaces that may stay; says where that was refused. */
async function removeSecrets(api: ClusterApi, namespaces: readonly Target[]): Promise<readonly string[]> {
  const kept: string[] = [];
  const selector = encodeURIComponent(`${ours.key}=${ours.value}`);
  for (const { metadata } of namespaces) {
    const path = `/api/v1/namespaces/${metadata.name}/secrets?labelSelector=${selector}`;
    const { status, text } = await api.send({ method: 'DELETE', path });
    if (status !== 200 && status !== 404) kept.push(`Secrets of ${metadata.name}: ${reasonOf(text)}`);
  }
  return kept;
}

/** Namespaces in which nothing of others is, and those in which something is, with what it is. */
async function sorted(
  api: ClusterApi,
  namespaces: readonly Target[],
  claims: readonly Target[],
): Promise<{ readonly empty: readonly Target[]; readonly occupied: readonly string[] }> {
  const resources = await namespacedResources(api);
  const empty: Target[] = [];
  const occupied: string[] = [];
  for (const namespace of await present(api, namespaces)) {
    const { name } = namespace.metadata;
    const isClaim = (kind: string, claim: string) =>
      claims.some((each) => each.kind === kind && each.metadata.name === claim && each.metadata.namespace === name);
    const foreign = await foreignObjects(api, name, resources, isClaim);
    if (foreign.length === 0) empty.push(namespace);
    else {
      const more = foreign.length > 3 ? ` and ${foreign.length - 3} more` : '';
      occupied.push(`${describeObject(namespace)}: holds ${foreign.slice(0, 3).join(', ')}${more}, not ours`);
    }
  }
  return { empty, occupied };
}
