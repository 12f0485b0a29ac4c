import { z } from 'zod';
import { networkAddOn, networkSetSchema, type NetworkAddOn } from '../doctor/network-add-ons';
import type { ClusterApi } from '../verify/cluster/api';
import { readApiServer, type ApiServerAddresses } from './api-server';
import { readDns, readDomain, type Dns } from './names';
import { makerOf, readNodes, type ClusterNode } from './nodes';
import { readOperatedPrometheus, type OperatedPrometheus } from './operated-prometheus';
import { readOthers, type Others } from './others';
import { ClusterReader, type Unread } from './reader';
import { readStorageClasses, type StorageClass } from './storage';

/** What was read of a cluster; what is `undefined` could not be told. */
export interface ClusterFacts {
  /** `v1.36.3`. */
  readonly version: string | undefined;
  /** `k3s`, `EKS` and the like, by marks on nodes. */
  readonly maker: string | undefined;
  readonly nodes: readonly ClusterNode[] | undefined;
  readonly network: NetworkAddOn | undefined;
  readonly classes: readonly StorageClass[] | undefined;
  readonly dns: Dns | undefined;
  readonly domain: string | undefined;
  readonly apiServer: ApiServerAddresses | undefined;
  /** Whether kubelets have certificates that the cluster's authority signed; told by kubeadm alone. */
  readonly kubeletsAreSigned: boolean | undefined;
  readonly prometheus: OperatedPrometheus | undefined;
  readonly others: Others;
  readonly unread: readonly Unread[];
}

const versionSchema = z.object({ gitVersion: z.string() });
const configSchema = z.object({ data: z.object({ kubelet: z.string() }) });

/**
 * Reads a cluster: lists and single objects, never a Secret, and nothing is written.
 *
 * @throws {VerifyError} without an answer, or where the API server does not know this user
 */
export async function readFacts(api: ClusterApi): Promise<ClusterFacts> {
  const reader = new ClusterReader(api);
  const version = versionSchema.safeParse(
    await reader.get({ path: '/version', right: 'get /version', instead: 'the version is not compared' }),
  ).data?.gitVersion;
  const nodes = await readNodes(reader);
  const sets = await reader.list(
    {
      path: '/apis/apps/v1/daemonsets',
      right: 'list daemonsets.apps',
      instead: 'whether the network enforces policies is not told',
    },
    networkSetSchema,
  );
  return {
    version,
    maker: nodes && makerOf(nodes),
    nodes,
    network: networkAddOn(
      sets ?? [],
      (nodes ?? []).map(({ status }) => status.nodeInfo.kubeletVersion),
    ),
    classes: await readStorageClasses(reader),
    dns: await readDns(reader),
    domain: await readDomain(reader),
    apiServer: await readApiServer(reader),
    kubeletsAreSigned: await readKubeletCertificates(reader),
    prometheus: await readOperatedPrometheus(reader),
    others: await readOthers(reader),
    // Read last, as all of the above adds to it.
    unread: unique(reader.unread),
  };
}

/** kubeadm writes the configuration of kubelets down: https://kubernetes.io/docs/reference/setup-tools/kubeadm/kubeadm-init-phase/ */
async function readKubeletCertificates(reader: ClusterReader): Promise<boolean | undefined> {
  const { success, data } = configSchema.safeParse(
    await reader.get({
      path: '/api/v1/namespaces/kube-system/configmaps/kubelet-config',
      right: 'get configmaps/kubelet-config -n kube-system',
      instead: 'kubelets are taken to have certificates that the cluster signed',
    }),
  );
  return success ? /^serverTLSBootstrap:\s*true\b/m.test(data.data.kubelet) : undefined;
}

function unique(unread: readonly Unread[]): readonly Unread[] {
  return [...new Map(unread.map((each) => [each.right, each])).values()];
}
