import { z } from 'zod';
import { namespacesOf } from '../../deploy/state';
import { count } from '../../verify/check';
import { error, warning, type DoctorCheck, type Finding } from '../check';

const namespaceSchema = z.object({
  metadata: z.object({ labels: z.record(z.string(), z.string()).default({}) }),
  status: z.object({ phase: z.string().default('Active') }).prefault({}),
});
const enforceLabel = 'pod-security.kubernetes.io/enforce';
/** From what allows most to what allows least; without a label everything is allowed. */
const levels = ['privileged', 'baseline', 'restricted'];

export const namespaces: DoctorCheck = {
  name: 'namespaces',
  claim: 'namespaces are there or can be made, with the Pod Security level that their pods need',
  symptom: 'objects are refused because a namespace is terminating; pods are refused as "violates PodSecurity"',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const findings: Finding[] = [];
    const made = new Map(rendered.ofKind('Namespace').map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
    const names = namespacesOf(rendered);
    let there = 0;
    for (const name of names) {
      const where = `Namespace/${name}`;
      const { success, data } = namespaceSchema.safeParse(
        await api.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
      );
      const wanted = made.get(name);
      if (!success) {
        if (wanted === undefined)
          findings.push(error('is not there, and not rendered', where, `${kubectl} create namespace ${name}`));
        continue;
      }
      there += 1;
      if (data.status.phase === 'Terminating') {
        const remedy = `${kubectl} get namespace ${name} -o jsonpath='{.status.conditions}' says what it waits for`;
        findings.push(error('is on its way out, nothing can be made in it', where, remedy));
        continue;
      }
      const level = wanted?.[enforceLabel];
      if (level === undefined) continue;
      const actual = data.metadata.labels[enforceLabel] ?? 'privileged';
      if (actual === level) continue;
      const remedy = `${kubectl} label --overwrite namespace ${name} ${enforceLabel}=${level}`;
      const isStricter = levels.indexOf(actual) > levels.indexOf(level);
      findings.push(
        isStricter
          ? error(`enforces "${actual}", and its pods need "${level}"`, where, remedy)
          : warning(`enforces "${actual}", and is meant to enforce "${level}"`, where, remedy),
      );
    }
    return { seen: `${there} of ${count(names.length, 'namespace')} there`, findings };
  },
};
