import { workers } from '@plumbline/contracts';
import { setTimeout as sleep } from 'node:timers/promises';
import { look, prompt, unread, withoutMembers } from '../../verify/checks/consumers';
import { count } from '../../verify/check';
import { error, type DoctorCheck, type Finding } from '../check';
import { whyNotAsked } from '../health/deployed';

/** Whether a lag falls is seen after so long, milliseconds: preprocessing commits every few seconds. */
const againAfterMs = 8_000;

export const consumers: DoctorCheck = {
  name: 'consumers',
  claim: 'every worker is a member of its group, and what waits is read',
  symptom: 'the lag of a group grows; traces are in Tempo, and incidents come late or not at all',
  needsCluster: true,
  async run(context) {
    const { rendered, servers } = context;
    const found = await Promise.all(
      workers.map(async (name) => {
        const workload = rendered.withArgs('run', name);
        return workload !== undefined && (await whyNotAsked(context, workload)) === undefined
          ? [{ name, workload }]
          : [];
      }),
    );
    const present = found.flat();
    if (present.length === 0) return { seen: 'no worker is applied yet', findings: [] };
    const names = present.map(({ name }) => name);
    const kafka = await servers.kafka();
    const findings: Finding[] = [];
    const logOf = (worker: string) => {
      const { metadata } = present.find(({ name }) => name === worker)?.workload ?? { metadata: undefined };
      return `${context.kubectl} -n ${metadata?.namespace ?? 'default'} logs deployment/${metadata?.name ?? worker} --tail=50`;
    };
    const lacking = await kafka.administer((admin) => withoutMembers(admin, names));
    for (const text of lacking) {
      const worker = text.split(' ')[0] ?? '';
      findings.push(
        error(
          text.slice(worker.length + 1),
          `worker ${worker}`,
          `${logOf(worker)}; plumbline doctor --only health,secrets`,
        ),
      );
    }
    const watched = prompt.filter(
      ([worker]) => names.includes(worker) && !lacking.some((text) => text.startsWith(`${worker} `)),
    );
    const first = await kafka.administer((admin) => Promise.all(watched.map((each) => look(admin, ...each))));
    const waiting = first.filter((lag) => lag.first > 0);
    if (waiting.length > 0) await sleep(againAfterMs);
    for (const { worker, topic, ends, first: before } of waiting) {
      const left = await kafka.administer((admin) => unread(admin, worker, topic, ends));
      if (left < before) continue;
      const problem = `reads nothing: ${count(left, 'record')} of ${topic} wait, as many as ${againAfterMs / 1000} s ago`;
      const remedy = `${logOf(worker)}; plumbline doctor --only health,crashes; more partitions and replicas where it is only too slow`;
      findings.push(error(problem, `worker ${worker}`, remedy));
    }
    const lag = first.map((each) => `${each.worker} lag ${each.first}`).join(', ');
    return { seen: `${count(names.length, 'worker')}${lag === '' ? '' : `; ${lag}`}`, findings };
  },
};
