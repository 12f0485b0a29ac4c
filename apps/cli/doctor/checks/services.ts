import { z } from 'zod';
import { count } from '../../verify/check';
import { describeObject } from '../../verify/rendered';
import { error, type DoctorCheck, type Finding } from '../check';
import { deployed } from '../health/deployed';
import { renderedPods } from '../pod-specs';
import { namespacesOf } from '../../deploy/state';

const serviceSchema = z.object({ spec: z.object({ selector: z.record(z.string(), z.string()).default({}) }) });
const sliceSchema = z.object({
  metadata: z.object({ namespace: z.string(), labels: z.record(z.string(), z.string()).default({}) }),
  endpoints: z.array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).nullish() })).nullish(),
});
const serviceLabel = 'kubernetes.io/service-name';
const running = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;

export const services: DoctorCheck = {
  name: 'services',
  claim: 'behind every Service is a pod that is ready',
  symptom: 'connections to a Service are refused or run out of time; a forwarded port fails',
  needsCluster: true,
  async run(context) {
    const { cluster, rendered, list, kubectl, state } = context;
    const ready = new Map<string, number>();
    for (const namespace of namespacesOf(rendered)) {
      for (const item of await list(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`)) {
        const { metadata, endpoints } = sliceSchema.parse(item);
        const key = `${metadata.namespace}/${metadata.labels[serviceLabel] ?? ''}`;
        // Not said is ready: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready
        const own = (endpoints ?? []).filter(({ conditions }) => conditions?.ready !== false).length;
        ready.set(key, (ready.get(key) ?? 0) + own);
      }
    }
    const pods = renderedPods(rendered);
    const findings: Finding[] = [];
    let looked = 0;
    for (const service of rendered.ofKind('Service')) {
      const { name, namespace = 'default' } = service.metadata;
      const { selector } = serviceSchema.parse(service).spec;
      const behind = pods.find(
        (each) =>
          each.namespace === namespace &&
          running.some((kind) => kind === each.kind) &&
          isSelected(selector, each.labels),
      );
      if (behind === undefined) continue;
      const kind = running.find((each) => each === behind.kind) ?? 'Deployment';
      const found = await deployed(context, { kind, metadata: { name: behind.name, namespace } });
      if (found === undefined || found.replicas === 0) continue;
      looked += 1;
      const where = describeObject(service);
      const live = serviceSchema.safeParse(await cluster.api.read(service));
      if (!live.success) {
        findings.push(error(`is not there, and ${behind.workload} is`, where, 'plumbline up'));
        continue;
      }
      if ((ready.get(`${namespace}/${name}`) ?? 0) > 0) continue;
      const asked = Object.entries(live.data.spec.selector)
        .map(([key, value]) => `${key}=${value}`)
        .join(',');
      const selected = (await state()).pods.filter(
        ({ metadata }) => metadata.namespace === namespace && isSelected(live.data.spec.selector, metadata.labels),
      );
      const show = `${kubectl} -n ${namespace} get pods --show-labels`;
      findings.push(
        selected.length === 0
          ? error(`selects no pod (${asked})`, where, `${show}; plumbline up`)
          : error(
              `none of its ${count(selected.length, 'pod')} is ready`,
              where,
              `${show}; plumbline doctor --only scheduling,images,crashes,health`,
            ),
      );
    }
    return { seen: looked === 0 ? 'nothing is applied yet' : count(looked, 'Service'), findings };
  },
};

function isSelected(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const pairs = Object.entries(selector);
  return pairs.length > 0 && pairs.every(([key, value]) => labels[key] === value);
}
