import type { Chart } from 'cdk8s';
import type { Image } from '../images';
import { DaemonSet } from './daemon-set';
import type { ServiceEndpoint } from './endpoint';
import { Probe } from './probe';
import { SecurityProfile } from './security-profile';
import { Service } from './service';

export const exporterImage: Image = {
  repository: 'quay.io/prometheus/node-exporter',
  tag: 'v1.11.1',
  licence: 'Apache-2.0',
};

export const nodeProfile = SecurityProfile.agent({
  reason: 'it measures the node: its processors, disks and network',
  hostNetwork: true,
  hostPaths: {
    root: { path: '/', mountPath: '/host/root', followsMounts: true },
    textfiles: { path: '/var/lib/node-exporter', writable: true, type: 'DirectoryOrCreate' },
  },
  capabilities: ['SYS_TIME'],
});

/** An agent as those of the field are: it sees the whole node, and is asked for metrics. */
export function nodeExporter(
  chart: Chart,
  profile = nodeProfile,
): { readonly agent: DaemonSet; readonly metrics: ServiceEndpoint } {
  const agent = new DaemonSet(chart, 'node-exporter', {
    name: 'node-exporter',
    instance: 'node-exporter',
    runAs: { user: profile.root ? 0 : 65534, ownsVolumes: false },
    profile,
    tolerations: [{ operator: 'Exists' }],
    container: {
      image: exporterImage,
      args: ['--path.rootfs=/host/root', '--collector.textfile.directory=/host/var/lib/node-exporter'],
      resources: { cpu: '10m', memory: '32Mi', memoryLimit: '64Mi' },
      readiness: Probe.http('metrics', '/'),
      liveness: Probe.http('metrics', '/'),
    },
  });
  const pods = new Service(chart, 'node-exporter-pods', { workload: agent, headless: true });
  return { agent, metrics: pods.endpoint({ name: 'metrics', port: 9100, scheme: 'http' }) };
}
