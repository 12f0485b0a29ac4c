import { startApiServer, type ApiServerPeer } from '../../tools/peers';
import { images } from '../images';
import { podTemplateOf, renderApp, testApp } from '../testing';
import { nodeExporter } from './agents.testing';
import { Deployment } from './deployment';
import { NodePort } from './exposure';
import { SecurityProfile } from './security-profile';
import { Service } from './service';

function render() {
  const app = testApp({ cluster: { nodeRanges: ['10.0.0.0/16'] } });
  const { agent } = nodeExporter(app.chart('collection'));
  agent.grantClusterApi(
    [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
    'what a node is called is in no namespace',
  );
  const web = (concern: string, profile: SecurityProfile) =>
    new Deployment(app.chart(concern), 'web', {
      name: 'web',
      instance: 'web',
      runAs: { user: profile.root ? 0 : 1000 },
      profile,
      container: { image: images.tempo, resources: { cpu: '100m', memory: '64Mi' } },
    });
  web('storage', SecurityProfile.baseline({ reason: 'its image runs as root', root: true, capabilities: ['CHOWN'] }));
  const restricted = web('metrics', SecurityProfile.restricted);
  const service = new Service(app.chart('metrics'), 'service', { workload: restricted });
  service.endpoint({ name: 'udp', port: 5353, protocol: 'UDP' }).expose(new NodePort(30053));
  service.endpoint({ name: 'tcp', port: 5353 }).expose(new NodePort(30053));
  return renderApp(app);
}

describe('Profiles at a Kubernetes API server', () => {
  const objects = render();
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    await api.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], list);
  });
  afterAll(() => api.stop());

  /** A pod of the template that would be made, in whatever namespace. */
  async function admit(kind: string, name: string, namespace: string): Promise<string> {
    const { metadata, spec } = podTemplateOf(
      objects.filter((each) => each.metadata.namespace === homes[`${kind} ${name}`]),
      kind,
      name.replace(/^.* /, ''),
    );
    const serviceAccountName = namespace === homes[`${kind} ${name}`] ? spec.serviceAccountName : 'web';
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, name: 'tried', namespace },
      spec: { ...spec, serviceAccountName },
    };
    const { stdout } = await api.kubectl(['create', '--dry-run=server', '-o', 'name', '-f', '-'], JSON.stringify(pod));
    return stdout.trim();
  }
  const homes: Readonly<Record<string, string>> = {
    'DaemonSet node-exporter': 'collection',
    'Deployment baseline web': 'storage',
    'Deployment restricted web': 'metrics',
  };

  it('are applied without a warning, UDP and TCP under one number too, and have no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], list)).stdout).toBe('');
  });

  it.each([
    ['DaemonSet', 'node-exporter'],
    ['Deployment', 'baseline web'],
    ['Deployment', 'restricted web'],
  ])('let %s %s into the namespace that it is in', async (kind, name) => {
    expect(await admit(kind, name, homes[`${kind} ${name}`] ?? '')).toBe('pod/tried');
  });

  it('keep an agent out of every other namespace, and each reason is one that its profile declares', async () => {
    await expect(admit('DaemonSet', 'node-exporter', 'storage')).rejects.toThrow(
      /violates PodSecurity "baseline:latest": non-default capabilities .*SYS_TIME.*host namespaces .*hostNetwork=true.*hostPath volumes/,
    );
    await expect(admit('DaemonSet', 'node-exporter', 'metrics')).rejects.toThrow(/violates PodSecurity "restricted/);
    await expect(admit('Deployment', 'baseline web', 'metrics')).rejects.toThrow(
      /violates PodSecurity "restricted:latest": .*CHOWN.*runAsNonRoot != true.*runAsUser=0/,
    );
  });

  it('give rights in the whole cluster to the account that has the reason, and no other', async () => {
    const mayGet = async (what: string, account: string) => {
      const question = ['auth', 'can-i', 'get', what, `--as=system:serviceaccount:${account}`];
      return (await api.kubectl(question).catch(() => ({ stdout: 'no' }))).stdout.trim();
    };
    expect(await mayGet('nodes', 'collection:node-exporter')).toBe('yes');
    expect(await mayGet('secrets', 'collection:node-exporter')).toBe('no');
    expect(await mayGet('nodes', 'metrics:web')).toBe('no');
  });
});
