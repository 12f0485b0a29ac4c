import { z } from 'zod';
import { count, VerifyError } from '../../verify/check';
import { error, type DoctorCheck, type Finding } from '../check';
import { renderedPods, type RenderedPods } from '../pod-specs';
import { egressPolicies, letsOut, policiesFor } from '../policies';
import type { RenderedEnvironment } from '../../verify/rendered';

const sliceSchema = z.object({
  ports: z.array(z.object({ port: z.number().nullish() })).nullish(),
  endpoints: z.array(z.object({ addresses: z.array(z.string()) })).nullish(),
});
const serviceSchema = z.object({
  spec: z.object({ clusterIP: z.string(), ports: z.array(z.object({ port: z.number() })) }),
});
const bindingSchema = z.object({
  metadata: z.object({ namespace: z.string().optional() }),
  subjects: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).default([]),
});

/** Names under which the API server is found in the cluster. */
const slices =
  '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes';

export const apiServer: DoctorCheck = {
  name: 'api-server',
  claim: 'policies let those reach the API server who ask it',
  symptom: 'the Job "credentials" does not end, and Secrets are missing; scrapers find no targets',
  needsCluster: true,
  async run({ cluster: { api }, rendered, kubectl }) {
    const clients = clientsOf(rendered);
    const policies = egressPolicies(rendered);
    if (clients.length === 0 || policies.length === 0) return { seen: 'nobody asks it', findings: [] };
    const addresses = (await api.list(slices)).flatMap((each) => {
      const { ports, endpoints } = sliceSchema.parse(each);
      const found = (ports ?? []).flatMap(({ port }) => port ?? []);
      return (endpoints ?? []).flatMap((endpoint) =>
        endpoint.addresses.flatMap((address) => found.map((port) => ({ address, port }))),
      );
    });
    if (addresses.length === 0) {
      throw new VerifyError('the Service "kubernetes" has no endpoint', `${kubectl} get endpointslices`);
    }
    const service = serviceSchema.safeParse(
      await api.read({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'kubernetes', namespace: 'default' } }),
    );
    const { clusterIP = '', ports = [] } = service.data?.spec ?? {};
    const findings: Finding[] = [];
    for (const { workload, namespace, labels } of clients) {
      const own = policiesFor(policies, namespace, labels);
      if (own.length === 0) continue;
      // Some networks look at the address of the Service, most at the one behind it.
      const closed = [...addresses, ...ports.map(({ port }) => ({ address: clusterIP, port }))].find(
        ({ address, port }) => !letsOut(own, address, port),
      );
      if (closed === undefined) continue;
      const at = `${closed.address}:${closed.port}`;
      const remedy = `add ${closed.port} to apiServerPorts (or ${closed.address} to apiServerRanges) of the environment's network; npm run synth; plumbline up`;
      findings.push(error(`asks the API server, and no policy lets it out to ${at}`, workload, remedy));
    }
    return { seen: `${count(clients.length, 'workload')} ask it`, findings };
  },
};

/** Pods whose ServiceAccount is given rights. */
function clientsOf(rendered: RenderedEnvironment): readonly RenderedPods[] {
  const accounts = new Set(
    [...rendered.ofKind('RoleBinding'), ...rendered.ofKind('ClusterRoleBinding')].flatMap((binding) => {
      const { metadata, subjects } = bindingSchema.parse(binding);
      return subjects
        .filter(({ kind }) => kind === 'ServiceAccount')
        .map(({ name, namespace = metadata.namespace ?? '' }) => `${namespace}/${name}`);
    }),
  );
  return renderedPods(rendered).filter(({ namespace, spec }) =>
    accounts.has(`${namespace}/${spec.serviceAccountName ?? 'default'}`),
  );
}
