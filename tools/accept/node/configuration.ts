import { join } from 'node:path';
import { addresses } from './network';

/** Of what holds the namespaces of a pod; no registry has it. */
export const sandboxImage = 'plumbline.test/pause:1';

/** Where distributions put the plugins; Debian has the first. */
const pluginFolders = ['/usr/lib/cni', '/opt/cni/bin'];

/** For containerd 1.6 and 1.7, which Debian and Ubuntu have. */
export function containerdConfig(directory: string): string {
  return `version = 2
root = "${join(directory, 'containerd', 'root')}"
state = "${join(directory, 'containerd', 'state')}"
[grpc]
  address = "${join(directory, 'containerd.sock')}"
[plugins."io.containerd.grpc.v1.cri"]
  # Without the capability to lower it.
  restrict_oom_score_adj = true
  sandbox_image = "${sandboxImage}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${pluginFolders[0] ?? ''}"
    conf_dir = "${join(directory, 'cni')}"
`;
}

export function kubeletConfig(directory: string, certificateAuthorityFile: string): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: addresses.node,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificateAuthorityFile },
    },
    authorization: { mode: 'Webhook' },
    cgroupDriver: 'cgroupfs',
    clusterDNS: [addresses.dns],
    clusterDomain: 'cluster.local',
    containerRuntimeEndpoint: `unix://${join(directory, 'containerd.sock')}`,
    evictionHard: { 'memory.available': '100Mi' },
    // Machines with the first version of cgroups are still there.
    failCgroupV1: false,
    failSwapOn: false,
    healthzBindAddress: addresses.node,
    imageGCHighThresholdPercent: 100,
    podLogsDir: join(directory, 'pod-logs'),
    resolvConf: join(directory, 'resolv.conf'),
  };
}

export function networkConfig(directory: string): object {
  const ipam = {
    type: 'host-local',
    ranges: [[{ subnet: addresses.pods }]],
    routes: [{ dst: '0.0.0.0/0' }],
    dataDir: join(directory, 'addresses'),
  };
  const bridge = { type: 'bridge', bridge: 'cni0', isGateway: true, ipMasq: false, hairpinMode: true, ipam };
  return { cniVersion: '1.0.0', name: 'pods', plugins: [bridge] };
}

export function coreFile(kubeconfig: string): string {
  return `.:53 {
  bind ${addresses.dns}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig ${kubeconfig}
  }
  cache 5
}
`;
}
