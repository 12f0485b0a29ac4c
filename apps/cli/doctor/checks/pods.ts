import { podTrouble } from '../../deploy/pod-trouble';
import { count } from '../../verify/check';
import { error, warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { renderedPods } from '../pod-specs';

/** Repository of the image that is built from a checkout; the registry before it is a placeholder until an environment names one. */
const workerRepository = 'plumbline-workers';
const placeholderRegistry = 'ghcr.io/plumbline-observability';

export const images: DoctorCheck = {
  name: 'images',
  claim: 'every image can be pulled',
  symptom: 'pods are in ErrImagePull or ImagePullBackOff',
  needsCluster: true,
  async run(context) {
    const { pods } = await context.state();
    const findings = new Map<string, Finding>();
    for (const pod of pods) {
      const trouble = podTrouble(pod);
      if (trouble?.kind !== 'image') continue;
      const { namespace, name } = pod.metadata;
      const { image = '' } = trouble;
      const isOurs = image.includes(`/${workerRepository}`);
      const why = image.startsWith(`${placeholderRegistry}/`)
        ? '; nobody publishes it there, it is built from a checkout'
        : '';
      const remedy = isOurs
        ? bring(context.cluster.context)
        : `${context.kubectl} -n ${namespace} get events --field-selector involvedObject.name=${name}`;
      // Many pods want the same image.
      if (!findings.has(image)) findings.set(image, error(`${trouble.text}${why}`, `${namespace}/Pod/${name}`, remedy));
    }
    if (pods.length === 0) return { seen: 'no pod runs yet', findings: notYet(context) };
    return { seen: count(pods.length, 'pod'), findings: [...findings.values()] };
  },
};

/** Before anything is applied: an image that only exists where somebody brought it. */
function notYet(context: DoctorContext): readonly Finding[] {
  const wanted = renderedPods(context.rendered).flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  const image = wanted.find((each) => each.startsWith(`${placeholderRegistry}/${workerRepository}`));
  if (image === undefined) return [];
  const problem = 'has a placeholder for a registry: it has to be brought into the cluster';
  return [warning(problem, image, bring(context.cluster.context))];
}

function bring(context: string): string {
  const kind = /^kind-(.+)$/.exec(context)?.[1];
  if (kind !== undefined) return `npm run image -- --load ${kind === 'kind' ? 'kind' : `kind:${kind}`}`;
  if (context === 'minikube') return 'npm run image -- --load minikube';
  return 'npm run image -- --load k3s, or set registry of the environment, npm run synth, npm run image -- --push';
}

export const crashes: DoctorCheck = {
  name: 'crashes',
  claim: 'no container restarts again and again, or cannot be made',
  symptom: 'pods are in CrashLoopBackOff or CreateContainerConfigError, or were OOMKilled',
  needsCluster: true,
  async run({ state, kubectl }) {
    const { pods } = await state();
    const findings = pods.flatMap((pod) => {
      const trouble = podTrouble(pod);
      if (trouble?.kind !== 'crash' && trouble?.kind !== 'configuration') return [];
      const { namespace, name } = pod.metadata;
      const container = trouble.container === undefined ? '' : ` -c ${trouble.container}`;
      const isMemory = trouble.text.includes('OOMKilled');
      const log = `${kubectl} -n ${namespace} logs ${name}${container} --previous`;
      const remedy = trouble.kind === 'configuration' ? `${kubectl} -n ${namespace} describe pod ${name}` : log;
      const more = isMemory ? '; it needs a larger memory limit' : '';
      return [error(`${trouble.text}${more}`, `${namespace}/Pod/${name}`, remedy)];
    });
    return { seen: count(pods.length, 'pod'), findings };
  },
};

export const jobs: DoctorCheck = {
  name: 'jobs',
  claim: 'no Job has failed',
  symptom: 'topics, buckets or Secrets are missing, and workers wait for them',
  needsCluster: true,
  async run({ rendered, state, kubectl }) {
    const { workloads } = await state();
    const expected = rendered.ofKind('Job');
    const findings = expected.flatMap(({ metadata: { name, namespace = 'default' } }) => {
      const failure = workloads
        .get(`Job/${namespace}/${name}`)
        ?.status.conditions.find(({ type, status }) => type === 'Failed' && status === 'True');
      if (failure === undefined) return [];
      const remedy = `${kubectl} -n ${namespace} logs job/${name}; ${kubectl} -n ${namespace} delete job ${name}; plumbline up`;
      return [error(`has failed: ${failure.message ?? 'no reason given'}`, `${namespace}/Job/${name}`, remedy)];
    });
    return { seen: count(expected.length, 'job'), findings };
  },
};

export const admission: DoctorCheck = {
  name: 'admission',
  claim: 'controllers may make the pods they are to make',
  symptom: 'a workload has no pod; its ReplicaSet or StatefulSet has warnings "FailedCreate"',
  needsCluster: true,
  async run({ state, kubectl }) {
    const { events, workloads } = await state();
    const findings = new Map<string, Finding>();
    for (const { reason, message, involvedObject: by } of events) {
      if (reason !== 'FailedCreate' || isMendedSince(workloads, by)) continue;
      const where = `${by.namespace}/${by.kind}/${by.name}`;
      findings.set(
        where,
        error(message, where, remedyOf(message, by.namespace, `${by.kind.toLowerCase()} ${by.name}`, kubectl)),
      );
    }
    return { seen: count(events.length, 'warning'), findings: [...findings.values()] };
  },
};

/** Events outlive by an hour what they tell of. */
function isMendedSince(
  workloads: Awaited<ReturnType<DoctorContext['state']>>['workloads'],
  { namespace, name }: { readonly namespace: string; readonly name: string },
): boolean {
  const owner = [...workloads].find(
    ([key, { metadata }]) =>
      metadata.namespace === namespace &&
      !key.startsWith('Job/') &&
      (name === metadata.name || name.startsWith(`${metadata.name}-`)),
  )?.[1];
  if (owner === undefined) return false;
  return owner.status.availableReplicas >= owner.spec.replicas && owner.status.observedGeneration > 0;
}

function remedyOf(message: string, namespace: string, object: string, kubectl: string): string {
  if (/exceeded quota|must specify/.test(message)) return `${kubectl} -n ${namespace} describe resourcequota; raise it`;
  if (/violates PodSecurity/.test(message)) return 'plumbline doctor --only namespaces names the label to set';
  if (/LimitRange|(maximum|minimum) (cpu|memory) usage/.test(message))
    return `${kubectl} -n ${namespace} describe limitrange`;
  return `${kubectl} -n ${namespace} describe ${object}`;
}
