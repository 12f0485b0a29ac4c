import { Prometheus } from '../metrics/prometheus';
import { exceptionsOf } from '../invariants';
import { containerOf, objectOf, podTemplateOf, renderApp, renderChart, testApp, violationsOf } from '../testing';
import { images } from '../images';
import { nodeExporter, nodeProfile } from './agents.testing';
import { Deployment } from './deployment';
import type { PlatformApp } from './platform-app';
import { Job } from './job';
import { SecurityProfile } from './security-profile';
import type { WorkloadProps } from './workload';

const web: WorkloadProps = {
  name: 'web',
  instance: 'shop',
  runAs: { user: 1000 },
  container: { image: images.tempo, resources: { cpu: '100m', memory: '64Mi' } },
};
const cluster = { nodeRanges: ['10.0.0.0/16'] };
const enforced = (app: PlatformApp, name: string) =>
  objectOf(renderApp(app), 'Namespace', name).metadata.labels?.['pod-security.kubernetes.io/enforce'];

describe('An agent', () => {
  it('says on its object what it is, why, and what it may', () => {
    const app = testApp({ cluster });
    nodeExporter(app.chart('collection'));
    const objects = renderApp(app);
    expect(objectOf(objects, 'DaemonSet', 'node-exporter').metadata.annotations).toEqual({
      'plumbline.dev/security-profile': 'agent',
      'plumbline.dev/reason': 'it measures the node: its processors, disks and network',
      'plumbline.dev/allows': [
        'capability SYS_TIME',
        'host network',
        'host path /',
        'host path /var/lib/node-exporter, writable',
        'privilege escalation',
      ].join('\n'),
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('has what it asks for and is restricted in everything else', () => {
    const app = testApp({ cluster });
    nodeExporter(app.chart('collection'));
    const objects = renderApp(app);
    const { spec } = podTemplateOf(objects, 'DaemonSet', 'node-exporter');
    expect(spec).toMatchObject({
      hostNetwork: true,
      dnsPolicy: 'ClusterFirstWithHostNet',
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      volumes: [
        { name: 'root', hostPath: { path: '/', type: 'Directory' } },
        { name: 'textfiles', hostPath: { path: '/var/lib/node-exporter', type: 'DirectoryOrCreate' } },
      ],
    });
    expect(containerOf(objects, 'DaemonSet', 'node-exporter')).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: true,
        capabilities: { drop: ['ALL'], add: ['SYS_TIME'] },
        readOnlyRootFilesystem: true,
      },
      volumeMounts: [
        { name: 'root', mountPath: '/host/root', readOnly: true, mountPropagation: 'HostToContainer' },
        { name: 'textfiles', mountPath: '/host/var/lib/node-exporter' },
      ],
    });
  });

  it('is reached at the addresses of nodes when it is on their network, with the reason on the policy', () => {
    const app = testApp({ cluster });
    const { agent, metrics } = nodeExporter(app.chart('collection'));
    const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
    prometheus.scrape({ scrapeTargets: [{ job: 'nodes', endpoint: metrics }] });
    agent.setEnv('REMOTE_WRITE', agent.connectToPath(prometheus.remoteWrite).url);
    const policy = objectOf(renderApp(app), 'NetworkPolicy', 'prometheus');
    expect(policy.metadata.annotations?.['plumbline.dev/outside']).toBe(
      'egress 9100: node-exporter, which is on the host network\ningress 9090: node-exporter, which is on the host network',
    );
    expect(JSON.stringify(policy.spec.egress)).toContain('10.0.0.0/16');
    expect(JSON.stringify(policy.spec.ingress)).toContain('10.0.0.0/16');
    expect(violationsOf(app)).toEqual([]);
  });

  it('is not reached there while nobody knows the addresses of nodes', () => {
    const app = testApp();
    const { metrics } = nodeExporter(app.chart('collection'));
    expect(() => new Deployment(app.chart('metrics'), 'web', web).connectTo(metrics)).toThrow(
      'cluster.nodeRanges is [], which is not enough for node-exporter, whose pods have addresses of nodes',
    );
  });

  it('may be root, where its profile says so', () => {
    const profile = SecurityProfile.agent({
      reason: 'log files of pods belong to root',
      hostPaths: { logs: { path: '/var/log/pods' } },
      root: true,
    });
    const objects = renderChart((chart) => void nodeExporter(chart, profile));
    expect(podTemplateOf(objects, 'DaemonSet', 'node-exporter').spec.securityContext).toMatchObject({
      runAsNonRoot: false,
      runAsUser: 0,
    });
    expect(containerOf(objects, 'DaemonSet', 'node-exporter').securityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: false,
    });
  });
});

describe('A namespace', () => {
  it('admits what the pods in it need and no more', () => {
    const app = testApp({ cluster });
    nodeExporter(app.chart('collection'));
    const profile = SecurityProfile.baseline({ reason: 'the image runs as root', root: true });
    new Deployment(app.chart('storage'), 'web', { ...web, runAs: { user: 0 }, profile });
    expect(['collection', 'storage', 'metrics'].map((name) => enforced(app, name))).toEqual([
      'privileged',
      'baseline',
      'restricted',
    ]);
  });

  it('does not hold agents beside other pods, whose error names both', () => {
    const app = testApp({ cluster });
    nodeExporter(app.chart('collection'));
    new Job(app.chart('collection'), 'web', web);
    expect(() => renderApp(app)).toThrow(
      'node-exporter has the profile agent and is in the namespace collection, where web is restricted: ' +
        'give its chart a namespace of its own',
    );
  });

  it('does not hold agents when it is to be restricted', () => {
    const app = testApp({ cluster, podSecurity: { collection: 'restricted' } });
    nodeExporter(app.chart('collection'));
    expect(() => renderApp(app)).toThrow(
      'node-exporter has the profile agent and is in the namespace collection, which is to be restricted',
    );
    expect(() => testApp({ podSecurity: { nowhere: 'baseline' } })).toThrow('there is no namespace nowhere');
  });
});

describe('A right in the whole cluster', () => {
  it('is given with a reason, which its role and binding carry', () => {
    const app = testApp();
    const job = new Job(app.chart('metrics'), 'web', web);
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['list'] }];
    job.grantClusterApi(rules, 'nodes are in no namespace');
    const objects = renderApp(app);
    for (const kind of ['ClusterRole', 'ClusterRoleBinding'])
      expect(objectOf(objects, kind, 'metrics-web').metadata.annotations).toEqual({
        'plumbline.dev/reason': 'nodes are in no namespace',
      });
    expect(objectOf(objects, 'ClusterRoleBinding', 'metrics-web')).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'metrics-web' },
      subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'metrics' }],
    });
    expect(podTemplateOf(objects, 'Job', 'web').spec.automountServiceAccountToken).toBe(true);
    expect(violationsOf(app)).toEqual([]);
    expect(() => job.grantClusterApi(rules, 'because')).toThrow('"because", which is not a reason in words');
  });
});

describe('The exceptions of an app', () => {
  it('are every agent and every right in the whole cluster, each once', () => {
    const app = testApp({ cluster });
    nodeExporter(app.chart('collection')).agent.grantClusterApi(
      [{ apiGroups: [''], resources: ['nodes', 'nodes/metrics'], verbs: ['get'] }],
      'nodes are in no namespace',
    );
    new Deployment(app.chart('metrics'), 'web', web);
    expect(exceptionsOf(renderApp(app)).map(({ what, object, allows }) => [what, object.kind, allows])).toEqual([
      ['agent', 'DaemonSet', nodeProfile.allows],
      ['cluster rights', 'ClusterRole', ['get nodes, nodes/metrics']],
    ]);
  });
});

describe('A profile is refused', () => {
  const reason = 'it has to be';
  it.each([
    ['without a reason', () => SecurityProfile.agent({ reason: '', hostNetwork: true }), 'agent.reason is ""'],
    [
      'with a word for a reason',
      () => SecurityProfile.baseline({ reason: 'root', root: true }),
      'not a reason in words',
    ],
    ['that asks for nothing', () => SecurityProfile.agent({ reason }), 'leave the profile out'],
    ['of an agent that asks for less', () => SecurityProfile.agent({ reason, root: true }), 'SecurityProfile.baseline'],
    [
      'with every capability',
      () => SecurityProfile.agent({ reason, capabilities: ['ALL'] }),
      'agent.capabilities[0] is "ALL"',
    ],
    ['with a prefix', () => SecurityProfile.agent({ reason, capabilities: ['CAP_NET_RAW'] }), 'without CAP_'],
    [
      'of baseline with a capability beyond it',
      () => SecurityProfile.baseline({ reason, capabilities: ['NET_RAW'] }),
      'baseline.capabilities[0] is "NET_RAW", which is not of the baseline standard',
    ],
    [
      'with a path that leads elsewhere',
      () => SecurityProfile.agent({ reason, hostPaths: { logs: { path: '/var/log/../..' } } }),
      'agent.hostPaths.logs is "/var/log/../..", which is not an absolute path',
    ],
    [
      'with root and another user',
      () => renderChart((chart) => new Deployment(chart, 'web', { ...web, profile: rootProfile })),
      'runAs.user is 1000, which is not 0, which its profile asks for',
    ],
    [
      'with user 0 and without root',
      () => renderChart((chart) => new Deployment(chart, 'web', { ...web, runAs: { user: 0 } })),
      'runAs.user is 0, which is not allowed: the profile restricted does not say `root: true`',
    ],
  ])('%s', (_, make, message) => {
    expect(make).toThrow(message);
  });
  const rootProfile = SecurityProfile.baseline({ reason, root: true });
});
