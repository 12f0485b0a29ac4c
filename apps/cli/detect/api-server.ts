import { z } from 'zod';
import type { ClusterReader } from './reader';

const sliceSchema = z.object({
  ports: z.array(z.object({ port: z.number().nullish() })).nullish(),
  endpoints: z.array(z.object({ addresses: z.array(z.string()) })).nullish(),
});
const serviceSchema = z.object({
  spec: z.object({
    clusterIPs: z.array(z.string()).default([]),
    ports: z.array(z.object({ port: z.number() })).default([]),
  }),
});

/** How the API server is reached from within the cluster: some networks look at the Service, most at what is behind it. */
export interface ApiServerAddresses {
  /** Of the servers themselves. */
  readonly addresses: readonly string[];
  /** Of the Service `kubernetes`. */
  readonly clusterIps: readonly string[];
  /** Of both. */
  readonly ports: readonly number[];
}

/** Addresses and ports of the API server, `undefined` where they could not be told. */
export async function readApiServer(reader: ClusterReader): Promise<ApiServerAddresses | undefined> {
  const instead = 'any address, and ports 443, 6443, 8443 and 16443, for those who ask the API server';
  const namespace = '/namespaces/default';
  const slices = await reader.list(
    {
      path: `/apis/discovery.k8s.io/v1${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes`,
      right: 'list endpointslices.discovery.k8s.io -n default',
      instead,
    },
    sliceSchema,
  );
  const service = serviceSchema.safeParse(
    await reader.get({
      path: `/api/v1${namespace}/services/kubernetes`,
      right: 'get services/kubernetes -n default',
      instead,
    }),
  );
  const addresses = (slices ?? []).flatMap(({ endpoints }) => (endpoints ?? []).flatMap((each) => each.addresses));
  const own = (slices ?? []).flatMap(({ ports }) => (ports ?? []).flatMap(({ port }) => port ?? []));
  if (addresses.length === 0 || own.length === 0 || !service.success) return undefined;
  const { clusterIPs, ports } = service.data.spec;
  return {
    addresses: [...new Set(addresses)].sort(),
    clusterIps: clusterIPs.filter((address) => address !== 'None'),
    ports: [...new Set([...ports.map(({ port }) => port), ...own])].sort((a, b) => a - b),
  };
}
