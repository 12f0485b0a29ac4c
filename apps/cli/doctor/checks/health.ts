import { z } from 'zod';
import { concurrently } from '../../deploy/concurrently';
import type { LivePod } from '../../deploy/live';
import { isReady, podTrouble } from '../../deploy/pod-trouble';
import { count } from '../../verify/check';
import { excerpt } from '../../verify/http';
import { error, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { componentsOf, type Component } from '../health/addresses';
import { askPod } from '../health/ask';
import { deployed } from '../health/deployed';
import { remedyFor } from '../health/remedies';

/** Pods that are asked at the same time. */
const askedAtOnce = 4;
/** Of one workload; more of them tell the same. */
const mostPods = 5;

const reasonsSchema = z.object({ reasons: z.array(z.string()).min(1) });

interface Told {
  readonly findings: readonly Finding[];
  readonly unknown: readonly string[];
  /** Pods that said that they are well, or of which only their kubelet did. */
  readonly asked: number;
  readonly byKubelet: number;
}

export const health: DoctorCheck = {
  name: 'health',
  claim: 'every component that runs says itself that it is well',
  symptom: 'pods run and are not ready; a collector refuses, a store does not answer, a worker reads nothing',
  needsCluster: true,
  async run(context) {
    const components = componentsOf(context.rendered);
    const found = await Promise.all(
      components.map(async (component) => ({ component, live: await deployed(context, component.workload) })),
    );
    const applied = found.filter(({ live }) => live !== undefined);
    if (applied.length === 0) return { seen: 'nothing is applied yet', findings: [] };
    const pods = applied.flatMap(({ component, live }) =>
      (live?.pods ?? []).slice(0, mostPods).map((pod) => ({ component, pod })),
    );
    const told = await concurrently(pods, askedAtOnce, ({ component, pod }) => ask(context, component, pod));
    const sum = (of: (each: Told) => number) => told.reduce((total, each) => total + of(each), 0);
    const without = applied
      .filter(({ live }) => live?.replicas === 0)
      .map(({ component }) => component.workload.metadata.name);
    const missing = found
      .filter(({ live }) => live === undefined)
      .map(({ component }) => component.workload.metadata.name);
    const parts = [
      `${count(
        sum(({ asked }) => asked),
        'pod',
      )} asked`,
      ...(sum(({ byKubelet }) => byKubelet) > 0
        ? [`of ${sum(({ byKubelet }) => byKubelet)} only their kubelet tells`]
        : []),
      ...(without.length > 0 ? [`scaled to 0: ${without.join(', ')}`] : []),
      ...(missing.length > 0 ? [`not applied: ${missing.join(', ')}`] : []),
    ];
    return {
      seen: parts.join('; '),
      findings: told.flatMap(({ findings }) => findings),
      unknown: told.flatMap(({ unknown }) => unknown),
    };
  },
};

const nothing: Told = { findings: [], unknown: [], asked: 0, byKubelet: 0 };

async function ask(context: DoctorContext, component: Component, pod: LivePod): Promise<Told> {
  const { cluster, kubectl } = context;
  const { namespace, name } = pod.metadata;
  const where = `${namespace}/Pod/${name}`;
  const trouble = podTrouble(pod);
  // Images, nodes, crashes: others say that, and there is nobody to ask.
  if (pod.status.phase !== 'Running' || (trouble !== undefined && trouble.kind !== 'starting')) return nothing;
  const { role, container, health: address } = component;
  const remedy = remedyFor({ role, namespace, pod: name, container, kubectl });
  const ready = isReady(pod);
  if (address === undefined) {
    const findings = ready ? [] : [error('runs and is not ready, as the probe of its kubelet finds', where, remedy)];
    return { ...nothing, findings, byKubelet: 1 };
  }
  const { port, path, isTls } = address;
  const answer = await askPod(cluster, { namespace, pod: name, port, path, isTls });
  if (typeof answer !== 'string') {
    // A login is asked for by somebody who is there.
    const isWell = answer.status < 400 || answer.status === 401 || answer.status === 403;
    const problem = `answers ${answer.status} to ${path}: ${reasonOf(answer.text)}`;
    return { ...nothing, asked: 1, findings: isWell ? [] : [error(problem, where, remedy)] };
  }
  if (!ready) {
    const problem = `is not ready, and does not answer at ${path} of port ${port} (${answer})`;
    return { ...nothing, asked: 1, findings: [error(problem, where, remedy)] };
  }
  const why =
    'its kubelet finds it ready, so the forwarded port is at fault: plumbline doctor --only permissions,nodes';
  return { ...nothing, unknown: [`${where} does not answer at ${path} of port ${port} (${answer}); ${why}`] };
}

/** Workers list their reasons, others say them in words. */
function reasonOf(text: string): string {
  try {
    const { success, data } = reasonsSchema.safeParse(JSON.parse(text));
    if (success) return data.reasons.join('; ');
  } catch {
    // It is no JSON.
  }
  return excerpt(text);
}
