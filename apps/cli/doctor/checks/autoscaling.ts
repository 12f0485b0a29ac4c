import { z } from 'zod';
import { count } from '../../verify/check';
import { describeObject } from '../../verify/rendered';
import { error, warning, type DoctorCheck, type Finding } from '../check';

const scalerSchema = z.object({
  status: z
    .object({
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().default(''),
            message: z.string().default('no reason given'),
          }),
        )
        .default([]),
    })
    .prefault({}),
});

export const autoscaling: DoctorCheck = {
  name: 'autoscaling',
  claim: 'autoscalers have their metrics, and room to scale',
  symptom: 'kubectl get hpa shows <unknown>; collectors are at their limit and do not become more',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const scalers = rendered.ofKind('HorizontalPodAutoscaler');
    const findings: Finding[] = [];
    let applied = 0;
    for (const scaler of scalers) {
      const { success, data } = scalerSchema.safeParse(await api.read(scaler));
      if (!success) continue;
      applied += 1;
      const { name, namespace = 'default' } = scaler.metadata;
      const where = describeObject(scaler);
      const describe = `${kubectl} -n ${namespace} describe hpa ${name}`;
      for (const { type, status, reason, message } of data.status.conditions) {
        // What is scaled to 0 by hand is left alone, which is meant.
        if (status === 'False' && type !== 'ScalingLimited' && reason !== 'ScalingDisabled') {
          const remedy = `${describe}; plumbline doctor --only metrics-api`;
          findings.push(error(`${type} is false, ${reason}: ${message}`, where, remedy));
        }
        if (type === 'ScalingLimited' && status === 'True' && reason === 'TooManyReplicas') {
          const remedy = `${kubectl} -n ${namespace} get hpa ${name}; raise maxReplicas of the environment, npm run synth, plumbline up`;
          findings.push(warning('would scale further than it may', where, remedy));
        }
      }
    }
    if (scalers.length === 0) return { seen: 'none is rendered', findings };
    return { seen: `${applied} of ${count(scalers.length, 'autoscaler')} applied`, findings };
  },
};
