import { z } from 'zod';
import { expectedClaims } from '../../verify/checks/claims-and-jobs';
import { count } from '../../verify/check';
import { describeObject } from '../../verify/rendered';
import { error, warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';

const defaultAnnotation = 'storageclass.kubernetes.io/is-default-class';
const classSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  allowVolumeExpansion: z.boolean().default(false),
});
const claimSpec = z.object({ storageClassName: z.string().optional() });
const claimSchema = z.object({ spec: claimSpec });
const setSchema = z.object({
  spec: z.object({ volumeClaimTemplates: z.array(z.object({ spec: claimSpec })).default([]) }),
});

export const storage: DoctorCheck = {
  name: 'storage',
  claim: 'there is a StorageClass for every claim, and its volumes can grow',
  symptom: 'claims stay Pending, and pods with them; a volume that is full cannot be made larger',
  needsCluster: true,
  async run({ rendered, list, kubectl }) {
    const wanted = classesOf(rendered.objects);
    if (wanted.length === 0) return { seen: 'no claim is rendered', findings: [] };
    const classes = (await list('/apis/storage.k8s.io/v1/storageclasses')).map((each) => classSchema.parse(each));
    const defaults = classes.filter(({ metadata }) => metadata.annotations[defaultAnnotation] === 'true');
    const findings: Finding[] = [];
    const names = classes.map(({ metadata }) => metadata.name);
    const usesDefault = wanted.includes(undefined);
    if (usesDefault && defaults.length === 0) {
      const remedy =
        names[0] === undefined
          ? `${kubectl} apply -f https://raw.githubusercontent.com/rancher/local-path-provisioner/master/deploy/local-path-storage.yaml, then make it the default`
          : `${kubectl} annotate storageclass ${names[0]} ${defaultAnnotation}=true`;
      const claims = wanted.filter((name) => name === undefined).length;
      findings.push(
        error(`there is no default, which ${count(claims, 'claim')} rendered would use`, 'StorageClass', remedy),
      );
    }
    if (usesDefault && defaults.length > 1) {
      const [, ...others] = defaults.map(({ metadata }) => metadata.name);
      const remedy = `${kubectl} annotate storageclass ${others.join(' ')} ${defaultAnnotation}-`;
      findings.push(warning('several are the default: the newest is taken', 'StorageClass', remedy));
    }
    for (const name of new Set(wanted)) {
      if (name === undefined || name === '' || names.includes(name)) continue;
      const remedy = `${kubectl} get storageclass; set storageClass of the environment, and npm run synth`;
      findings.push(error('is not there, and claims name it', `StorageClass/${name}`, remedy));
    }
    const used = classes.filter(
      ({ metadata }) => wanted.includes(metadata.name) || (usesDefault && isAmong(defaults, metadata.name)),
    );
    for (const { metadata, allowVolumeExpansion } of used) {
      if (allowVolumeExpansion) continue;
      const remedy = `${kubectl} patch storageclass ${metadata.name} -p '{"allowVolumeExpansion":true}', if its driver can`;
      findings.push(warning('its volumes cannot grow', `StorageClass/${metadata.name}`, remedy));
    }
    return { seen: `${count(wanted.length, 'claim')}, default ${defaults[0]?.metadata.name ?? 'none'}`, findings };
  },
};

export const pendingClaims: DoctorCheck = {
  name: 'claims',
  claim: 'no claim waits for a volume',
  symptom: 'pods stay Pending with "pod has unbound immediate PersistentVolumeClaims"',
  needsCluster: true,
  async run({ rendered, state, kubectl }: DoctorContext) {
    const { claims, events } = await state();
    const findings: Finding[] = [];
    for (const expected of expectedClaims(rendered)) {
      const { name, namespace = 'default' } = expected.metadata;
      const live = claims.find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
      if (live === undefined || live.status.phase === 'Bound') continue;
      const event = events.findLast(
        ({ involvedObject: by }) =>
          by.kind === 'PersistentVolumeClaim' && by.name === name && by.namespace === namespace,
      );
      const why = event === undefined ? '' : `: ${event.message}`;
      const remedy = `${kubectl} -n ${namespace} describe pvc ${name}; ${kubectl} get storageclass`;
      findings.push(error(`is ${live.status.phase}${why}`, describeObject(expected), remedy));
    }
    return { seen: count(claims.length, 'claim'), findings };
  },
};

function isAmong(classes: readonly z.infer<typeof classSchema>[], name: string): boolean {
  return classes.some(({ metadata }) => metadata.name === name);
}

/** Classes that claims name, `undefined` for the default, once a claim. */
function classesOf(objects: readonly { readonly kind: string }[]): readonly (string | undefined)[] {
  return objects.flatMap((object) => {
    if (object.kind === 'PersistentVolumeClaim') return [claimSchema.parse(object).spec.storageClassName];
    if (object.kind !== 'StatefulSet') return [];
    return setSchema.parse(object).spec.volumeClaimTemplates.map(({ spec }) => spec.storageClassName);
  });
}
