import { z } from 'zod';
import type { ClusterReader } from './reader';

const labels = z.record(z.string(), z.string());
const serviceSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    selector: labels.default({}),
    ports: z
      .array(
        z.object({
          port: z.number(),
          protocol: z.string().default('TCP'),
          targetPort: z.union([z.number(), z.string()]).optional(),
        }),
      )
      .default([]),
  }),
});
const podSchema = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ ports: z.array(z.object({ name: z.string().optional(), containerPort: z.number() })).default([]) }),
    ),
  }),
});
const configSchema = z.object({ data: labels.default({}) });
const setSchema = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        containers: z.array(
          z.object({ args: z.array(z.string()).default([]), command: z.array(z.string()).default([]) }),
        ),
      }),
    }),
  }),
});

/** Pods that answer DNS, and the port at which they do. */
export interface DnsPods {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly port: number;
}

/** Who answers when pods ask for names. */
export interface Dns {
  readonly pods: readonly DnsPods[];
  /** Addresses of a cache on every node. @default - there is none */
  readonly caches: readonly string[];
}

/** Services that kubelets write into pods, https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/ */
const services = [
  { namespace: 'kube-system', name: 'kube-dns' },
  { namespace: 'kube-system', name: 'rke2-coredns-rke2-coredns' },
  { namespace: 'openshift-dns', name: 'dns-default' },
] as const;
const dnsPort = 53;
const instead = 'dns has its default: pods labelled k8s-app: kube-dns, those of OpenShift, and NodeLocal DNS';
/** Of NodeLocal DNS, https://kubernetes.io/docs/tasks/administer-cluster/nodelocaldns/ */
const usualCache = '169.254.20.10';

/** Who answers DNS, `undefined` where it could not be told. */
export async function readDns(reader: ClusterReader): Promise<Dns | undefined> {
  const pods: DnsPods[] = [];
  for (const { namespace, name } of services) {
    const path = `/api/v1/namespaces/${namespace}/services/${name}`;
    const right = `get services/${name} -n ${namespace}`;
    const { success, data } = serviceSchema.safeParse(await reader.get({ path, right, instead }));
    if (!success || Object.keys(data.spec.selector).length === 0) continue;
    const port = await portOf(reader, data);
    pods.push({ namespace, labels: data.spec.selector, port });
    break;
  }
  return pods.length === 0 ? undefined : { pods, caches: await readCaches(reader) };
}

/** The port of the pods: what policies see is not the Service's. */
async function portOf(reader: ClusterReader, service: z.infer<typeof serviceSchema>): Promise<number> {
  const { metadata, spec } = service;
  const target = spec.ports.find(({ port, protocol }) => port === dnsPort && protocol === 'UDP')?.targetPort ?? dnsPort;
  if (typeof target === 'number') return target;
  const selector = encodeURIComponent(
    Object.entries(spec.selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  );
  const path = `/api/v1/namespaces/${metadata.namespace}/pods?labelSelector=${selector}&limit=1`;
  const right = `list pods -n ${metadata.namespace}`;
  const pods = await reader.list({ path, right, instead: `DNS is taken to answer at port ${dnsPort}` }, podSchema);
  const ports = (pods ?? []).flatMap((pod) => pod.spec.containers.flatMap((container) => container.ports));
  return ports.find(({ name }) => name === target)?.containerPort ?? dnsPort;
}

async function readCaches(reader: ClusterReader): Promise<readonly string[]> {
  const path = '/apis/apps/v1/namespaces/kube-system/daemonsets/node-local-dns';
  const right = 'get daemonsets.apps/node-local-dns -n kube-system';
  const missing = 'a cache of DNS on nodes is taken not to be there';
  const { success, data } = setSchema.safeParse(await reader.get({ path, right, instead: missing }));
  if (!success) return [];
  const words = data.spec.template.spec.containers.flatMap(({ command, args }) => [...command, ...args]);
  const at = words.findIndex((word) => /^--?localip\b/.test(word));
  const given = at < 0 ? undefined : (words[at]?.split('=')[1] ?? words[at + 1]);
  // It listens at the address of the Service, too, which policies see as the pods behind it or as this one.
  return (given ?? usualCache).split(',').filter((address) => /^[\d.]+$|:/.test(address));
}

/** The domain behind `svc`, `undefined` where it could not be told. */
export async function readDomain(reader: ClusterReader): Promise<string | undefined> {
  const unread = { instead: "domain has its default, 'cluster.local'" };
  for (const name of ['coredns', 'rke2-coredns-rke2-coredns']) {
    const path = `/api/v1/namespaces/kube-system/configmaps/${name}`;
    const right = `get configmaps/${name} -n kube-system`;
    const { success, data } = configSchema.safeParse(await reader.get({ path, right, ...unread }));
    // `kubernetes cluster.local in-addr.arpa ip6.arpa {`: https://coredns.io/plugins/kubernetes/
    const zones = success ? /^\s*kubernetes[ \t]+([^\n{]+)/m.exec(data.data.Corefile ?? '')?.[1] : undefined;
    const domain = zones?.split(/\s+/).find((zone) => zone !== '' && !zone.endsWith('.arpa'));
    if (domain !== undefined) return domain.replace(/\.$/, '');
    if (success) break;
  }
  return undefined;
}
