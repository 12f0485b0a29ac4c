import { count } from '../../verify/check';
import { describeObject } from '../../verify/rendered';
import { error, type DoctorCheck, type Finding } from '../check';
import { renderedPods } from '../pod-specs';

export const manifests: DoctorCheck = {
  name: 'manifests',
  claim: 'what is rendered belongs together: nothing twice, and nothing missing that pods name',
  symptom: 'pods stay in ContainerCreating, as a ConfigMap or a ServiceAccount is not there',
  needsCluster: false,
  run({ rendered }) {
    const findings: Finding[] = [];
    const synth = 'npm run synth';
    const known = new Set<string>();
    for (const object of rendered.objects) {
      const name = describeObject(object);
      const key = `${object.apiVersion.split('/')[0] ?? ''} ${name}`;
      if (known.has(key)) findings.push(error(`is in ${rendered.directory} twice`, name, synth));
      known.add(key);
    }
    const has = (kind: string, namespace: string, name: string) => known.has(`v1 ${namespace}/${kind}/${name}`);
    for (const { workload, namespace, spec } of renderedPods(rendered)) {
      const { serviceAccountName = 'default' } = spec;
      if (serviceAccountName !== 'default' && !has('ServiceAccount', namespace, serviceAccountName)) {
        findings.push(error(`names the ServiceAccount ${serviceAccountName}, which is not rendered`, workload, synth));
      }
      const maps = [
        ...spec.volumes.flatMap(({ configMap }) => configMap ?? []),
        ...spec.containers.flatMap(({ envFrom }) => envFrom.flatMap(({ configMapRef }) => configMapRef ?? [])),
      ];
      for (const { name, optional } of maps) {
        if (optional || has('ConfigMap', namespace, name)) continue;
        findings.push(error(`names the ConfigMap ${name}, which is not rendered`, workload, synth));
      }
    }
    return Promise.resolve({ seen: `${count(rendered.objects.length, 'object')} of ${rendered.directory}`, findings });
  },
};
