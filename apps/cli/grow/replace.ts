import { isDeepStrictEqual } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { applyObject } from '../deploy/apply';
import { fieldManager } from '../deploy/ownership';
import { VerifyError } from '../verify/check';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import type { RenderedEnvironment, RenderedObject } from '../verify/rendered';
import { ordinalOf, type GrowState, type LiveSet } from './state';
import type { GrowTarget } from './target';

const everyMs = 500;
const goneWithinMs = 60_000;
const setSchema = z.looseObject({ spec: z.looseObject({ replicas: z.number().optional() }) });
const templateSchema = z.looseObject({ spec: z.looseObject({ template: z.unknown() }) });
const podSchema = z.looseObject({
  spec: z.looseObject({
    template: z.looseObject({
      spec: z.looseObject({
        volumes: z.array(z.looseObject({ configMap: z.looseObject({ name: z.string() }).optional() })).default([]),
      }),
    }),
  }),
});

/** The StatefulSet as it is rendered, with as many pods as there are: growing starts none and ends none. */
export function withLiveReplicas({ set, name }: GrowTarget, state: GrowState): RenderedObject {
  const { spec } = setSchema.parse(set);
  const highest = Math.max(-1, ...state.pods.map(({ metadata }) => ordinalOf(metadata.name, name) ?? -1));
  // Where it was deleted already, its pods tell how many there were.
  const replicas = state.set?.spec.replicas ?? Math.max(spec.replicas ?? 1, highest + 1);
  return { ...set, spec: { ...spec, replicas } };
}

/**
 * Whether pods start anew with the StatefulSet as it is rendered, as more than the size of claims is different.
 *
 * @throws {VerifyError} if the API server would not take it
 */
export async function changesPods(api: ClusterApi, target: GrowTarget, live: LiveSet): Promise<boolean> {
  const { spec } = setSchema.parse(target.set);
  const { volumeClaimTemplates, replicas } = live.spec;
  const path = (await api.pathOf(target.set)) ?? '';
  const query = new URLSearchParams({ fieldManager, force: 'true', fieldValidation: 'Strict', dryRun: 'All' });
  const { status, text } = await api.send({
    method: 'PATCH',
    path: `${path}?${query.toString()}`,
    contentType: 'application/apply-patch+yaml',
    body: { ...target.set, spec: { ...spec, volumeClaimTemplates, replicas } },
  });
  if (status !== 200) {
    throw new VerifyError(
      `the API server would not take the StatefulSet as it is rendered: ${reasonOf(text)}`,
      'nothing was deleted; plumbline doctor --only permissions,admission',
    );
  }
  const after = templateSchema.parse(JSON.parse(text)).spec.template;
  return !isDeepStrictEqual(after, templateSchema.parse(live).spec.template);
}

/** ConfigMaps that its pods mount, as they are rendered: a size is in the configuration of some products, too. */
export function mountedConfigs(
  rendered: RenderedEnvironment,
  { set, namespace }: GrowTarget,
): readonly RenderedObject[] {
  const names = podSchema.parse(set).spec.template.spec.volumes.flatMap(({ configMap }) => configMap?.name ?? []);
  return rendered
    .ofKind('ConfigMap')
    .filter(({ metadata }) => (metadata.namespace ?? 'default') === namespace && names.includes(metadata.name));
}

/**
 * Deletes a StatefulSet and leaves its pods and claims.
 *
 * @throws {VerifyError} if it is refused, or not gone in time
 */
export async function deleteAlone(
  api: ClusterApi,
  target: GrowTarget,
  live: LiveSet,
  signal: AbortSignal,
): Promise<void> {
  const path = (await api.pathOf(target.set)) ?? '';
  const { uid, deletionTimestamp } = live.metadata;
  if (deletionTimestamp === undefined) {
    // What somebody made anew under its name is not what was looked at.
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', propagationPolicy: 'Orphan', preconditions: { uid } };
    const { status, text } = await api.send({ method: 'DELETE', path, body });
    if (status !== 200 && status !== 202) {
      throw new VerifyError(`the StatefulSet is not deleted: ${reasonOf(text)}`, 'plumbline doctor --only permissions');
    }
  }
  for (const deadline = performance.now() + goneWithinMs; (await api.read(target.set)) !== undefined;) {
    if (performance.now() > deadline) {
      throw new VerifyError(
        `the StatefulSet is still there after ${goneWithinMs / 1000} s`,
        `kubectl -n ${target.namespace} get statefulset ${target.name} -o yaml; the same command once more goes on`,
      );
    }
    await sleep(everyMs, undefined, { signal });
  }
}

/**
 * Makes the StatefulSet as it is rendered; the pods that are there become its own.
 *
 * @param before what was deleted, which is made again if the new one is refused
 * @throws {VerifyError} if it is refused
 */
export async function makeAgain(api: ClusterApi, wanted: RenderedObject, before: LiveSet | undefined): Promise<void> {
  const result = await applyObject(api, wanted, { force: true });
  if (typeof result === 'string') return;
  const restored = before !== undefined && (await restore(api, wanted, before));
  const { name, namespace = 'default' } = wanted.metadata;
  throw new VerifyError(
    `the StatefulSet is refused: ${result.reason}`,
    restored
      ? 'the old one was made again, and no pod was lost'
      : `its pods run on without it; kubectl -n ${namespace} describe statefulset ${name}; the same command once more goes on`,
  );
}

async function restore(api: ClusterApi, wanted: RenderedObject, before: LiveSet): Promise<boolean> {
  const path = ((await api.pathOf(wanted)) ?? '').replace(/\/[^/]+$/, '');
  const { metadata, spec } = before;
  const { name, namespace, labels, annotations } = metadata;
  const body = {
    apiVersion: wanted.apiVersion,
    kind: wanted.kind,
    metadata: { name, namespace, labels, annotations },
    spec,
  };
  return (await api.send({ method: 'POST', path, body })).status === 201;
}
