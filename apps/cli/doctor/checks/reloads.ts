import { count } from '../../verify/check';
import { excerpt } from '../../verify/http';
import { error, type DoctorCheck, type Finding } from '../check';
import { isReady } from '../../deploy/pod-trouble';
import { componentsOf } from '../health/addresses';
import { askPod } from '../health/ask';
import { deployed } from '../health/deployed';
import { samplesOf } from '../health/exposition';

/** Of products that read their configuration while they run: 0 where they did not take the last one. */
const taken = /^(prometheus|alertmanager|loki)_(config|runtime_config|ruler_config)_last_reload_successful$/;
/** Roles of those that have such a series, at the path of their metrics. */
const roles = ['metrics-store', 'alerting', 'log-store'];

export const reloads: DoctorCheck = {
  name: 'reloads',
  claim: 'components took the last configuration that they were given',
  symptom: 'a changed rule, route or scrape job has no effect; the alert PrometheusConfigRefused',
  needsCluster: true,
  async run(context) {
    const { cluster, kubectl, rendered } = context;
    const findings: Finding[] = [];
    const unknown: string[] = [];
    let asked = 0;
    for (const { workload, role, health } of componentsOf(rendered)) {
      if (!roles.includes(role) || health === undefined) continue;
      const live = await deployed(context, workload);
      for (const { metadata } of (live?.pods ?? []).filter(isReady)) {
        const { namespace, name } = metadata;
        const where = `${namespace}/Pod/${name}`;
        const { port, isTls } = health;
        const answer = await askPod(cluster, { namespace, pod: name, port, path: '/metrics', isTls });
        if (typeof answer === 'string' || answer.status !== 200) {
          const why = typeof answer === 'string' ? answer : `${answer.status} ${excerpt(answer.text)}`;
          unknown.push(`${where} does not tell its metrics (${why})`);
          continue;
        }
        asked += 1;
        for (const sample of samplesOf(answer.text)) {
          if (!taken.test(sample.name) || sample.value !== 0) continue;
          const remedy = `${kubectl} -n ${namespace} logs ${name} --tail=50 says what is wrong; plumbline doctor --only configuration`;
          findings.push(error(`goes on with its old configuration: ${sample.name} is 0`, where, remedy));
        }
      }
    }
    return { seen: asked === 0 ? 'nothing that reloads is ready' : count(asked, 'pod'), findings, unknown };
  },
};
