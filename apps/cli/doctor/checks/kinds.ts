import { z } from 'zod';
import { count } from '../../verify/check';
import { error, type DoctorCheck, type Finding } from '../check';

/** How the kinds of a group come into a cluster, with what acts on them. */
const installers: Readonly<Record<string, string>> = {
  'cert-manager.io':
    'kubectl apply -f https://github.com/cert-manager/cert-manager/releases/latest/download/cert-manager.yaml',
  'keda.sh': 'helm install keda keda --repo https://kedacore.github.io/charts -n keda --create-namespace',
  'external-secrets.io':
    'helm install external-secrets external-secrets --repo https://charts.external-secrets.io -n external-secrets --create-namespace',
  'monitoring.coreos.com':
    'kubectl create -f https://github.com/prometheus-operator/prometheus-operator/releases/latest/download/bundle.yaml',
  'gateway.networking.k8s.io':
    'kubectl apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/latest/download/standard-install.yaml',
  'argoproj.io':
    'kubectl create namespace argocd; kubectl apply --server-side -n argocd -f https://raw.githubusercontent.com/argoproj/argo-cd/stable/manifests/install.yaml',
};

const scalerSchema = z.object({
  spec: z.object({ metrics: z.array(z.object({ type: z.string() })).default([{ type: 'Resource' }]) }),
});

export const kinds: DoctorCheck = {
  name: 'kinds',
  claim: 'the cluster knows every kind that is rendered',
  symptom: 'up says "the cluster does not know" a kind; kubectl says "no matches for kind"',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const wanted = new Map(
      rendered.objects.map(({ apiVersion, kind }) => [`${apiVersion} ${kind}`, { apiVersion, kind }]),
    );
    const own = definedKinds(rendered.ofKind('CustomResourceDefinition'));
    const findings: Finding[] = [];
    for (const { apiVersion, kind } of wanted.values()) {
      if (own.has(kind) || (await api.resourceOf(apiVersion, kind)) !== undefined) continue;
      const group = apiVersion.split('/')[0] ?? '';
      const remedy = (installers[group] ?? `${kubectl} api-resources --api-group=${group}`).replace(
        /\bkubectl\b/g,
        kubectl,
      );
      const used = rendered.objects.filter((object) => object.kind === kind && object.apiVersion === apiVersion).length;
      findings.push(
        error(`not known, and ${count(used, 'object')} of it rendered`, `${kind} of ${apiVersion}`, remedy),
      );
    }
    return { seen: count(wanted.size, 'kind'), findings };
  },
};

export const metricsApi: DoctorCheck = {
  name: 'metrics-api',
  claim: 'the metrics API answers, where something scales by CPU or memory',
  symptom: 'kubectl get hpa shows <unknown>, and nothing scales; kubectl top fails',
  needsCluster: true,
  async run({ cluster: { api, context }, rendered }) {
    const scalers = rendered.ofKind('HorizontalPodAutoscaler').filter((object) => {
      const { success, data } = scalerSchema.safeParse(object);
      return success && data.spec.metrics.some(({ type }) => type.endsWith('Resource'));
    });
    if (scalers.length === 0) return { seen: 'nothing scales by CPU or memory', findings: [] };
    const { status } = await api.send({ method: 'GET', path: '/apis/metrics.k8s.io/v1beta1' });
    if (status === 200) return { seen: count(scalers.length, 'autoscaler'), findings: [] };
    const problem = `${count(scalers.length, 'autoscaler')} cannot scale: metrics.k8s.io answers ${status}`;
    return { seen: '', findings: [error(problem, 'APIService/v1beta1.metrics.k8s.io', metricsServer(context))] };
  },
};

/** Kubelets of clusters on one's own machine have certificates that nobody signed. */
function metricsServer(context: string): string {
  if (context === 'minikube') return 'minikube addons enable metrics-server';
  const insecure = context.startsWith('kind-') ? ' --set args={--kubelet-insecure-tls}' : '';
  return `helm install metrics-server metrics-server --repo https://kubernetes-sigs.github.io/metrics-server -n kube-system${insecure}`;
}

/** Kinds that the environment itself defines. */
function definedKinds(definitions: readonly object[]): ReadonlySet<string> {
  const schema = z.object({ spec: z.object({ names: z.object({ kind: z.string() }) }) });
  return new Set(definitions.flatMap((each) => schema.safeParse(each).data?.spec.names.kind ?? []));
}
