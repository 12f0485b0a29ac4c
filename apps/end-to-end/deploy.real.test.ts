import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { stringify } from 'yaml';
import { runPlumbline } from './command';
import { apiServerAt, DeployedCluster } from './deployed';

interface DoctorOutput {
  readonly exitCode: number;
  readonly checks: readonly {
    readonly check: { readonly name: string };
    readonly seen: string;
    readonly untold?: string;
    readonly findings: readonly { readonly problem: string; readonly where: string; readonly remedy: string }[];
  }[];
}

const rendered = resolve(__dirname, '..', '..', 'dist', 'thesis');

/** A real API server with its controllers and scheduler; of nodes and pods only the statuses are simulated. */
describe('plumbline up, doctor and down, of dist/thesis', () => {
  let cluster: DeployedCluster;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-deploy-'));
    cpSync(rendered, folder, { recursive: true });
    // Neither is applied by up: one is a part of its own, the other is the same once more.
    const shop = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'shop', namespace: 'plumbline', labels: ours },
    };
    writeFileSync(join(folder, 'examples.k8s.yaml'), stringify(shop));
    writeFileSync(
      join(folder, 'all-in-one.yaml'),
      stringify({ ...shop, metadata: { ...shop.metadata, name: 'twice' } }),
    );
    cluster = await DeployedCluster.start();
  });
  afterAll(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const ours = { 'app.kubernetes.io/part-of': 'plumbline' };
  const run = (command: string, ...args: readonly string[]) =>
    runPlumbline([command, folder, '--kubeconfig', cluster.peer.kubeconfigFile, ...args]);
  const names = async (...args: readonly string[]) => (await cluster.kubectl('get', ...args, '-o', 'name')).split('\n');
  const everything = 'deployments,statefulsets,jobs,services,configmaps,networkpolicies';

  /** Nothing runs in simulated pods that could be asked. */
  const asking = 'health,collectors,consumers,targets,reloads,alertmanager,data-sources,recent-data';

  async function doctor(...args: readonly string[]): Promise<DoctorOutput> {
    const { stdout, stderr } = await run('doctor', '--json', '--skip', `ports,${asking}`, ...args);
    if (stdout === '') throw new Error(stderr);
    return JSON.parse(stdout) as DoctorOutput;
  }

  it('is applied and waited for', async () => {
    const { status, stdout, stderr } = await run('up', '--no-forward', '--timeout', '60');
    expect(stderr).toMatch(/namespaces: 4 created[^]*storage\.k8s\.yaml: \d+ created[^]*workloads available/);
    expect(stdout).toContain(
      "kubectl --context test -n grafana get secret grafana-admin -o jsonpath='{.data.password}'",
    );
    expect(status).toBe(0);
    expect(await names('configmaps', '-n', 'plumbline')).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/shop|twice/) as string]),
    );
  });

  it('is not changed by a second time', async () => {
    const { status, stderr } = await run('up', '--no-forward', '--timeout', '60');
    expect(stderr).toMatch(/namespaces: 4 unchanged[^]*tracing\.k8s\.yaml: \d+ unchanged/);
    expect(stderr).not.toMatch(/\d+ (created|changed|refused)/);
    expect(status).toBe(0);
  });

  it('has examples, which are applied by themselves', async () => {
    const { status, stdout, stderr } = await run('deploy-examples', '--timeout', '30');
    expect(stderr).toContain('examples.k8s.yaml: 1 created');
    expect(stdout).toContain('Grafana, Explore, Tempo');
    expect(status).toBe(0);
  });

  it('is found to be well by the doctor', async () => {
    await cluster.apply(generatedSecrets());
    const { exitCode, checks } = await doctor();
    expect(checks.filter(({ findings, untold }) => findings.length > 0 || untold !== undefined)).toEqual([]);
    expect(checks.length).toBeGreaterThan(20);
    expect(exitCode).toBe(0);
  });

  it('is told by the doctor what is wrong with it, and what mends that', async () => {
    await seed(cluster, folder);
    const { exitCode, checks } = await doctor();
    const found = Object.fromEntries(
      checks.map(({ check, findings }) => [
        check.name,
        findings.map(({ problem, where, remedy }) => `${where}: ${problem} -> ${remedy}`).join('\n'),
      ]),
    );
    expect(found).toMatchObject({
      manifests: expect.stringMatching(/ServiceAccount nobody.*npm run synth/) as string,
      versions: expect.stringMatching(/Node\/node-0: kubelet v1\.20\.0 does not fit.*get nodes/) as string,
      kinds: expect.stringMatching(/Certificate of cert-manager\.io\/v1: not known.*cert-manager\.yaml/) as string,
      namespaces: expect.stringMatching(
        /going: is on its way out[^]*tempo: enforces "privileged".*label --overwrite namespace tempo/,
      ) as string,
      nodes: expect.stringMatching(/node-0: takes no pods.*uncordon node-0/) as string,
      storage: expect.stringMatching(/no default.*annotate storageclass standard[^]*not-there: is not there/) as string,
      'metrics-api': expect.stringMatching(/metrics\.k8s\.io answers 404.*metrics-server/) as string,
      'network-policies': expect.stringMatching(/kube-flannel.*does not enforce.*calico/) as string,
      dns: expect.stringMatching(/no pod that policies let others ask.*rollout restart deployment coredns/) as string,
      'api-server': expect.stringMatching(/credentials.*172\.18\.0\.2:7443.*apiServerPorts/) as string,
      'node-ports': expect.stringMatching(/port 30300.*default\/Service\/theirs.*get service theirs/) as string,
      secrets: expect.stringMatching(
        /mine: is not there.*create secret generic mine --from-literal=key[^]*grafana-admin: is not there.*delete job credentials-/,
      ) as string,
      admission: expect.stringMatching(/exceeded quota.*describe resourcequota/) as string,
      scheduling: expect.stringMatching(/no node takes it: .*unschedulable/) as string,
      claims: expect.stringMatching(/extra is Pending|extra: is Pending.*describe pvc extra/) as string,
      images: expect.stringMatching(/ImagePullBackOff of .*plumbline-workers.*npm run image/) as string,
      crashes: expect.stringMatching(/OOMKilled.*logs tempo-0 -c tempo --previous/) as string,
      acceptance: expect.stringMatching(
        /plumbline\/Deployment\/extra: would be refused: .*selector: Required[^]*tempo-config: would be refused: .*conflict.*--force-conflicts/,
      ) as string,
      'service-accounts': expect.stringMatching(
        /ServiceAccount\/credentials: may not create secrets in tempo.*auth can-i --list --as=system:serviceaccount:plumbline:credentials/,
      ) as string,
      services: expect.stringMatching(
        /Service\/objects: selects no pod \(.*app=nobody.*\).*show-labels[^]*tempo\/Service\/tempo: none of its 1 pod is ready/,
      ) as string,
      usage: expect.stringMatching(/tempo-0: tempo was killed for memory.*raise resources\.memoryLimit/) as string,
      configuration: expect.stringMatching(/tempo-config: tempo\.yaml is not as rendered.*plumbline up/) as string,
    });
    expect(exitCode).toBe(1);
  });

  it('is told who may not apply it', async () => {
    await cluster.kubectl('create', 'serviceaccount', 'guest', '-n', 'default');
    const token = await cluster.peer.serviceAccountToken('default', 'guest');
    await cluster.kubectl('config', 'set-credentials', 'guest', `--token=${token}`);
    await cluster.kubectl('config', 'set-context', 'guest', '--cluster=test', '--user=guest');
    const { checks, exitCode } = await doctor('--only', 'permissions', '--context', 'guest');
    expect(JSON.stringify(checks)).toMatch(
      /system:serviceaccount:default:guest may not get .*create rolebinding plumbline-up -n tempo/,
    );
    expect(exitCode).toBe(1);
  });

  it('is removed, but for claims, namespaces and what is not ours', async () => {
    await unseed(cluster, folder);
    await cluster.kubectl('create', 'configmap', 'theirs', '-n', 'tempo');
    await cluster.kubectl('label', 'configmap', 'tempo-config', '-n', 'tempo', 'app.kubernetes.io/part-of-');
    const { status, stdout } = await run('down', '--timeout', '60');
    expect(stdout).toMatch(/Not ours[^]*tempo\/ConfigMap\/tempo-config/);
    expect(stdout).toMatch(/Kept, as they hold data[^]*redpanda\/PersistentVolumeClaim\/data-redpanda-0/);
    expect(status).toBe(0);
    expect(await names('persistentvolumeclaims', '-A')).toEqual(
      expect.arrayContaining(['persistentvolumeclaim/grafana-data', 'persistentvolumeclaim/data-redpanda-0']),
    );
    const left = await names(everything, '-n', 'tempo');
    expect(left.sort()).toEqual(['configmap/kube-root-ca.crt', 'configmap/tempo-config', 'configmap/theirs']);
    expect(await names(everything, '-n', 'plumbline')).toEqual(['configmap/kube-root-ca.crt']);
  });

  it('is removed once more without an error, and its data when that is said', async () => {
    const { status, stdout, stderr } = await run('down', '--delete-data', '--timeout', '60');
    expect(stderr).not.toMatch(/(workloads|everything else).*removed/);
    expect(stdout).toContain('Namespace/tempo: holds ConfigMap/tempo-config, ConfigMap/theirs, not ours');
    expect(status).toBe(0);
    const namespaces = await names('namespaces');
    expect(namespaces).toContain('namespace/tempo');
    expect(namespaces).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/plumbline|redpanda|grafana/) as string]),
    );
    expect(await names('persistentvolumeclaims', '-A')).toEqual(['']);
  });
});

/** As the Job "credentials" would have made them. */
function generatedSecrets(): readonly object[] {
  const secret = (namespace: string, name: string, keys: readonly string[]) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, namespace, labels: { 'app.kubernetes.io/part-of': 'plumbline' } },
    stringData: Object.fromEntries(keys.map((key) => [key, 'generated'])),
  });
  const s3 = ['accessKeyId', 'secretAccessKey'];
  return [
    secret('grafana', 'grafana-admin', ['user', 'password', 'secretKey']),
    secret('tempo', 'tempo-objects-s3', s3),
    ...['anomaly-detection', 'objects-expiry', 'root-cause', 'tempo', 'training'].map((name) =>
      secret('plumbline', `${name}-objects-s3`, s3),
    ),
    secret('plumbline', 'objects-root', s3),
  ];
}

const seedFile = 'seed.k8s.yaml';
const defaultClass = 'storageclass.kubernetes.io/is-default-class';

/** Breaks things that do not hide each other. */
async function seed(cluster: DeployedCluster, folder: string): Promise<void> {
  const metadata = { name: 'extra', namespace: 'plumbline' };
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata,
    spec: {
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'not-there',
      resources: { requests: { storage: '1Gi' } },
    },
  };
  const variable = { name: 'KEY', valueFrom: { secretKeyRef: { name: 'mine', key: 'key' } } };
  const going = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'going', finalizers: ['example.org/never'] } };
  const scaled = { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'console' }, maxReplicas: 2 };
  const objects: readonly object[] = [
    claim,
    { ...going, metadata: { name: 'going' } },
    { apiVersion: 'cert-manager.io/v1', kind: 'Certificate', metadata, spec: { secretName: 'extra' } },
    { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata, spec: scaled },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        template: { spec: { serviceAccountName: 'nobody', containers: [{ name: 'extra', env: [variable] }] } },
      },
    },
  ];
  writeFileSync(join(folder, seedFile), objects.map((object) => stringify(object)).join('---\n'));
  const service = (name: string) => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { type: 'NodePort', selector: { app: name }, ports: [{ port: 80, nodePort: 30300 }] },
  });
  const quota = { apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods: '0' } } };
  const flannel = { matchLabels: { app: 'flannel' } };
  await cluster.kubectl('delete', 'service', 'grafana', '-n', 'grafana', '--ignore-not-found');
  await cluster.kubectl('delete', 'daemonset', 'calico-node', '-n', 'kube-system', '--ignore-not-found');
  await cluster.kubectl(
    'delete',
    'deployment',
    'coredns',
    '-n',
    'kube-system',
    '--ignore-not-found',
    '--cascade=foreground',
  );
  await cluster.kubectl('delete', 'secret', 'grafana-admin', '-n', 'grafana', '--ignore-not-found');
  await cluster.apply([
    claim,
    going,
    service('theirs'),
    quota,
    apiServerAt(7443),
    {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'kube-flannel-ds', namespace: 'kube-system' },
      spec: {
        selector: flannel,
        template: {
          metadata: { labels: flannel.matchLabels },
          spec: { containers: [{ name: 'flannel', image: 'example.org/flannel:1' }] },
        },
      },
    },
  ]);
  await cluster.kubectl('delete', 'namespace', 'going', '--wait=false');
  await cluster.kubectl('delete', 'rolebinding', 'credentials', '-n', 'tempo', '--ignore-not-found');
  const patch = (kind: string, name: string, namespace: string, body: object) =>
    cluster.kubectl('patch', kind, name, '-n', namespace, '--type=merge', '-p', JSON.stringify(body));
  await patch('configmap', 'tempo-config', 'tempo', { data: { 'tempo.yaml': 'server: {}' } });
  await patch('service', 'objects', 'plumbline', { spec: { selector: { app: 'nobody' } } });
  await cluster.kubectl('annotate', 'storageclass', 'standard', '--overwrite', `${defaultClass}=false`);
  await cluster.kubectl('label', 'namespace', 'tempo', '--overwrite', 'pod-security.kubernetes.io/enforce=privileged');
  const waiting = (name: string, image: string, state: object) => ({
    conditions: [{ type: 'Ready', status: 'False' }],
    containerStatuses: [{ name, image, imageID: '', ready: false, restartCount: 5, ...state }],
  });
  const training = await cluster.podOf('plumbline', 'training');
  const back = { reason: 'ImagePullBackOff', message: 'not found' };
  await cluster.setStatus('pod', 'plumbline', training, waiting('training', 'unknown', { state: { waiting: back } }));
  const killed = { reason: 'OOMKilled', exitCode: 137, startedAt: null, finishedAt: null };
  const loop = { state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: killed } };
  await cluster.setStatus('pod', 'tempo', 'tempo-0', waiting('tempo', 'unknown', loop));
  await cluster.kubectl(
    'patch',
    'node',
    'node-0',
    '--subresource=status',
    '--type=merge',
    '-p',
    '{"status":{"nodeInfo":{"kubeletVersion":"v1.20.0"}}}',
  );
  await cluster.kubectl('cordon', 'node-0');
  // One may not be made again, of the other no node takes what is made.
  await cluster.kubectl('delete', 'pod', await cluster.podOf('plumbline', 'console'), '-n', 'plumbline');
  await cluster.kubectl('delete', 'pod', await cluster.podOf('grafana', 'grafana'), '-n', 'grafana');
  const unscheduled = 'jsonpath={.items[0].status.conditions[?(@.type=="PodScheduled")].status}';
  await until(async () => (await cluster.kubectl('get', 'pods', '-n', 'grafana', '-o', unscheduled)) === 'False');
  const events = ['get', 'events', '-n', 'plumbline', '--field-selector=reason=FailedCreate', '-o', 'name'];
  await until(async () => (await cluster.kubectl(...events)) !== '');
}

async function unseed(cluster: DeployedCluster, folder: string): Promise<void> {
  rmSync(join(folder, seedFile));
  await cluster.kubectl('patch', 'namespace', 'going', '--type=merge', '-p', '{"metadata":{"finalizers":null}}');
  await cluster.kubectl('delete', 'pvc', 'extra', '-n', 'plumbline', '--wait=false');
  await cluster.kubectl('delete', 'resourcequota', 'extra', '-n', 'plumbline');
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 20_000; !(await holds());) {
    if (Date.now() > deadline) throw new Error('it does not come to hold');
  }
}
