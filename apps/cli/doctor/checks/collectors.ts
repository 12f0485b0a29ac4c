import { setTimeout as sleep } from 'node:timers/promises';
import { isReady } from '../../deploy/pod-trouble';
import { count } from '../../verify/check';
import { error, warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { componentsOf } from '../health/addresses';
import { askPod } from '../health/ask';
import { deployed } from '../health/deployed';
import { samplesOf, type Sample } from '../health/exposition';

/** Counters of a collector that only grow when data is not taken or not passed on. */
const counters: readonly { readonly name: RegExp; readonly what: string; readonly reason: string }[] = [
  {
    name: /^otelcol_receiver_(refused|failed)_(spans|log_records|metric_points)(_total)?$/,
    what: 'refuses what it is sent',
    reason:
      'it is at its memory limit, or what comes after it refuses: raise memory or replicas of the environment, and see --only health',
  },
  {
    name: /^otelcol_exporter_enqueue_failed_(spans|log_records|metric_points)(_total)?$/,
    what: 'drops what does not fit into its queue',
    reason: 'who takes it is too slow or away for too long: plumbline doctor --only health',
  },
  {
    name: /^otelcol_exporter_send_failed_(spans|log_records|metric_points)(_total)?$/,
    what: 'gives up what it could not deliver',
    reason: 'who takes it is away or says no: plumbline doctor --only health,network-policies',
  },
];
const queueSize = /^otelcol_exporter_queue_size$/;
const queueCapacity = /^otelcol_exporter_queue_capacity$/;
/** Beyond this a queue is soon full. */
const mostFilled = 0.8;
/** Whether a counter still grows is seen after so long, milliseconds. */
const againAfterMs = 3_000;

export const collectors: DoctorCheck = {
  name: 'collectors',
  claim: 'collectors take what they are sent, and deliver it',
  symptom: 'applications say that exports fail; traces or logs have gaps',
  needsCluster: true,
  async run(context) {
    const pods = await collectorPods(context);
    if (pods.length === 0) return { seen: 'no collector is ready', findings: [] };
    const findings: Finding[] = [];
    const unknown: string[] = [];
    const first = await Promise.all(pods.map((pod) => read(context, pod)));
    const isAnyBad = first.some((samples) => typeof samples !== 'string' && samples.some(isLoss));
    if (isAnyBad) await sleep(againAfterMs);
    for (const [index, pod] of pods.entries()) {
      const before = first[index];
      const where = `${pod.namespace}/Pod/${pod.name}`;
      if (before === undefined || typeof before === 'string') {
        unknown.push(`${where} does not tell its metrics (${before ?? 'not asked'})`);
        continue;
      }
      const again = before.some(isLoss) ? await read(context, pod) : before;
      const after = typeof again === 'string' ? before : again;
      const log = `${context.kubectl} -n ${pod.namespace} logs ${pod.name} --tail=50`;
      findings.push(...losses(before, after, where, log), ...fullQueues(after, where, log));
    }
    return { seen: count(pods.length, 'collector'), findings, unknown };
  },
};

interface CollectorPod {
  readonly namespace: string;
  readonly name: string;
  readonly port: number;
}

async function collectorPods(context: DoctorContext): Promise<readonly CollectorPod[]> {
  const found = componentsOf(context.rendered).map(async ({ workload, role, metricsPort }) => {
    if (role !== 'collector' || metricsPort === undefined) return [];
    const live = await deployed(context, workload);
    return (live?.pods ?? []).filter(isReady).map(({ metadata }) => ({ ...metadata, port: metricsPort }));
  });
  return (await Promise.all(found)).flat();
}

async function read({ cluster }: DoctorContext, pod: CollectorPod): Promise<readonly Sample[] | string> {
  const { namespace, name, port } = pod;
  const answer = await askPod(cluster, { namespace, pod: name, port, path: '/metrics', isTls: false });
  if (typeof answer === 'string') return answer;
  return answer.status === 200 ? samplesOf(answer.text) : `it answers ${answer.status}`;
}

function isLoss({ name, value }: Sample): boolean {
  return value > 0 && counters.some((counter) => counter.name.test(name));
}

function losses(before: readonly Sample[], after: readonly Sample[], where: string, log: string): readonly Finding[] {
  return counters.flatMap(({ name, what, reason }) =>
    after
      .filter((sample) => name.test(sample.name) && sample.value > 0)
      .map((sample) => {
        const earlier = before.find((each) => each.name === sample.name && each.series === sample.series)?.value ?? 0;
        const by = sample.labels.exporter ?? sample.labels.receiver ?? 'unknown';
        const kind = sample.name.replace(/^.*_(spans|log_records|metric_points).*$/, '$1').replace('_', ' ');
        const remedy = `${log}; ${reason}`;
        return sample.value > earlier
          ? error(`${what} (${by}): ${sample.value - earlier} ${kind} within seconds`, where, remedy)
          : warning(`${what} (${by}), or did: ${sample.value} ${kind} since it started, none now`, where, remedy);
      }),
  );
}

function fullQueues(samples: readonly Sample[], where: string, log: string): readonly Finding[] {
  return samples.flatMap(({ name, labels, value, series }) => {
    if (!queueSize.test(name)) return [];
    const capacity = samples.find((each) => queueCapacity.test(each.name) && each.series === series)?.value ?? 0;
    if (capacity <= 0 || value / capacity < mostFilled) return [];
    const percent = Math.round((100 * value) / capacity);
    const remedy = `${log}; who takes it is too slow or away: plumbline doctor --only health`;
    return [error(`its queue of ${labels.exporter ?? 'an exporter'} is ${percent} % full`, where, remedy)];
  });
}
