import { z } from 'zod';
import { count, failed, passed, type Check } from '../check';
import { clusterOf } from '../context';
import { describeObject, type RenderedEnvironment } from '../rendered';

const claimSchema = z.object({ status: z.object({ phase: z.string() }) });
const jobSchema = z.object({
  status: z
    .object({
      active: z.number().default(0),
      failed: z.number().default(0),
      conditions: z
        .array(z.object({ type: z.string(), status: z.string(), message: z.string().optional() }))
        .default([]),
    })
    .prefault({}),
});

export const claims: Check = {
  name: 'claims',
  claim: 'all PersistentVolumeClaims are bound',
  why: 'a pod whose claim is not bound does not start',
  async run(context) {
    const { api } = clusterOf(context);
    const expected = expectedClaims(context.rendered);
    const details: string[] = [];
    for (const claim of expected) {
      const { success, data } = claimSchema.safeParse(await api.read(claim));
      if (!success) details.push(`${describeObject(claim)} is not there`);
      else if (data.status.phase !== 'Bound') details.push(`${describeObject(claim)} is ${data.status.phase}`);
    }
    if (details.length === 0) return passed(`${count(expected.length, 'claim')} bound`);
    return failed(
      `${details.length} of ${count(expected.length, 'claim')} not bound`,
      'kubectl describe pvc says why; the cluster needs a default StorageClass: kubectl get storageclass',
      details,
    );
  },
};

export const jobs: Check = {
  name: 'jobs',
  claim: 'all jobs are complete',
  why: 'jobs make topics, buckets and credentials, without which the others wait',
  async run(context) {
    const { api } = clusterOf(context);
    const expected = context.rendered.workloads.filter(({ kind }) => kind === 'Job');
    const details: string[] = [];
    for (const job of expected) {
      const answer = await api.read({ apiVersion: 'batch/v1', ...job });
      if (answer === undefined) {
        details.push(`${describeObject(job)} is not there`);
        continue;
      }
      const { status } = jobSchema.parse(answer);
      const condition = (type: string) =>
        status.conditions.find((each) => each.type === type && each.status === 'True');
      if (condition('Complete') !== undefined) continue;
      const failure = condition('Failed');
      if (failure !== undefined)
        details.push(`${describeObject(job)} has failed: ${failure.message ?? 'no reason given'}`);
      else if (status.active > 0) {
        const attempts = status.failed === 0 ? '' : ` after ${count(status.failed, 'failed attempt')}`;
        details.push(`${describeObject(job)} still runs${attempts}`);
      } else details.push(`${describeObject(job)} has not begun`);
    }
    if (details.length === 0) return passed(`${count(expected.length, 'job')} complete`);
    return failed(
      `${details.length} of ${count(expected.length, 'job')} not complete`,
      'kubectl logs job/NAME says what it waits for; delete a failed one and apply the manifests again',
      details,
    );
  },
};

/** Claims that are rendered, and those that StatefulSets make: `<template>-<set>-<ordinal>`. */
export function expectedClaims(rendered: RenderedEnvironment) {
  const made = rendered.workloads.flatMap(({ metadata, spec }) =>
    spec.volumeClaimTemplates.flatMap((template) =>
      Array.from({ length: spec.replicas ?? 1 }, (_, ordinal) => ({
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: `${template.metadata.name}-${metadata.name}-${ordinal}`, namespace: metadata.namespace },
      })),
    ),
  );
  return [...rendered.ofKind('PersistentVolumeClaim'), ...made];
}
