import { parse } from 'yaml';
import {
  asYaml,
  containerOf,
  exceptionsOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import type { PlatformAppProps } from '../core/platform-app';
import { Prometheus } from '../metrics/prometheus';
import { NodeExporter, type NodeExporterProps } from './node-exporter';

const everything: OwnProps<NodeExporterProps> = {
  name: 'hosts',
  hostNetwork: false,
  collectors: ['cpu', 'meminfo', 'thermal_zone'],
  resources: { cpu: '10m', memory: '24Mi', memoryLimit: '48Mi' },
  image: 'example.org/node-exporter:v1.13.0',
};
const nodes = { cluster: { nodeRanges: ['10.0.0.0/16'] } };

function render(props: NodeExporterProps = {}, platform: Partial<PlatformAppProps> = nodes) {
  const app = testApp(platform);
  const exporter = new NodeExporter(app.chart('nodes'), 'node-exporter', props);
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(exporter);
  return { app, exporter, objects: renderApp(app) };
}

describe('NodeExporter', () => {
  it('needs no props', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'nodes'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything, {});
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'nodes'))).toMatchSnapshot();
  });

  it('may read the node, and neither write, nor gain rights, nor see its processes', () => {
    const { objects } = render();
    const { spec } = podTemplateOf(objects, 'DaemonSet', 'node-exporter');
    expect(spec).toMatchObject({ hostNetwork: true, automountServiceAccountToken: false });
    expect(spec).not.toHaveProperty('hostPID');
    expect(containerOf(objects, 'DaemonSet', 'node-exporter')).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      },
      volumeMounts: [{ name: 'root', mountPath: '/host/root', readOnly: true, mountPropagation: 'HostToContainer' }],
    });
    const [exception, ...others] = exceptionsOf(objects);
    expect(others).toEqual([]);
    expect(exception).toMatchObject({ what: 'agent', allows: ['host network', 'host path /'] });
    expect(exception?.reason).toContain('measures the node');
  });

  it('runs on every node of Linux, also on those that the environment keeps other pods from', () => {
    const cluster = { ...nodes.cluster, nodeSelector: { pool: 'observability' }, tolerations: [{ key: 'gpu' }] };
    const { spec } = podTemplateOf(render({}, { cluster }).objects, 'DaemonSet', 'node-exporter');
    expect(spec.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(spec.tolerations).toEqual([{ operator: 'Exists' }]);
  });

  it('runs on fewer nodes where somebody says so', () => {
    const props = { nodeSelector: { pool: 'metal' }, tolerations: [{ key: 'dedicated', operator: 'Exists' }] } as const;
    const { spec } = podTemplateOf(render(props).objects, 'DaemonSet', 'node-exporter');
    expect(spec.nodeSelector).toEqual({ 'kubernetes.io/os': 'linux', pool: 'metal' });
    expect(spec.tolerations).toEqual(props.tolerations);
  });

  it('is read at the address of each node, which Prometheus is let out to', () => {
    const { objects } = render();
    const policy = objectOf(objects, 'NetworkPolicy', 'prometheus');
    expect(policy.spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.0.0.0/16' } }],
      ports: [{ port: 9100, protocol: 'TCP' }],
    });
    expect(() => render({}, {})).toThrow('cluster.nodeRanges');
  });

  it('measures nothing of a network that is not the node’s', () => {
    const { exporter, objects } = render({ hostNetwork: false }, {});
    const args = containerOf(objects, 'DaemonSet', 'node-exporter').args ?? [];
    expect(args).toContain('--collector.meminfo');
    expect(args.filter((arg) => /netdev|netclass|conntrack|netstat/.test(arg))).toEqual([]);
    expect(exporter.alerts.map(({ name }) => name)).not.toContain('NodeNetworkErrors');
    expect(() => render({ hostNetwork: false, collectors: ['cpu', 'netdev'] }, {})).toThrow('"netdev"');
  });

  it('refuses what is no collector', () => {
    expect(() => render({ collectors: ['cpu --web.max-requests=0'] })).toThrow('the name of a collector');
  });

  it('speaks TLS where servers of the platform do', () => {
    const { app, objects } = render({}, { ...nodes, tls: { ca: 'ca' } });
    expect(parse(fileOf(objects, 'node-exporter-config', 'web.yml'))).toEqual({
      tls_server_config: {
        cert_file: '/etc/plumbline/tls/server/tls.crt',
        key_file: '/etc/plumbline/tls/server/tls.key',
      },
    });
    expect(containerOf(objects, 'DaemonSet', 'node-exporter')).toMatchObject({
      readinessProbe: { httpGet: { scheme: 'HTTPS' } },
    });
    expect(containerOf(objects, 'DaemonSet', 'node-exporter').args).toContain(
      '--web.config.file=/etc/node-exporter/web.yml',
    );
    const given = [givenSecret('metrics', 'ca'), givenSecret('metrics', 'prometheus-tls')];
    expect(violationsOf(app, { given: [...given, givenSecret('nodes', 'node-exporter-tls')] })).toEqual([]);
  });
});
