import { readFile } from 'node:fs/promises';
import { startApiServer, type ApiServerPeer } from './kubernetes';

describe('The Kubernetes API server', () => {
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    await api.kubectl(['create', 'namespace', 'plumbline']);
    await api.kubectl(['create', 'serviceaccount', 'bootstrap', '-n', 'plumbline']);
  });
  afterAll(() => api.stop());

  it('keeps namespaces and secrets over a restart', async () => {
    await api.kubectl(['create', 'secret', 'generic', 'credentials', '-n', 'plumbline', '--from-literal=key=value']);
    await api.kill();
    await api.restart();
    const { stdout } = await api.kubectl([
      'get',
      'secret',
      'credentials',
      '-n',
      'plumbline',
      '-o',
      'jsonpath={.data.key}',
    ]);
    expect(Buffer.from(stdout, 'base64').toString()).toBe('value');
  });

  it('lets a ServiceAccount do what its role says, and nothing else', async () => {
    const user = '--as=system:serviceaccount:plumbline:bootstrap';
    const token = await api.serviceAccountToken('plumbline', 'bootstrap');
    await api.kubectl(['create', 'role', 'writer', '-n', 'plumbline', '--verb=create', '--resource=secrets']);
    await api.kubectl([
      ...['create', 'rolebinding', 'writer', '-n', 'plumbline', '--role=writer'],
      '--serviceaccount=plumbline:bootstrap',
    ]);
    const as = ['--kubeconfig=/dev/null', `--server=${api.url}`, `--token=${token}`];
    const client = [...as, `--certificate-authority=${api.certificateAuthorityFile}`, '-n', 'plumbline'];
    await api.kubectl([...client, 'create', 'secret', 'generic', 'made', '--from-literal=a=b']);
    await expect(api.kubectl([...client, 'get', 'secret', 'made'])).rejects.toThrow(/cannot get resource "secrets"/);
    expect((await api.kubectl(['auth', 'can-i', 'create', 'secrets', '-n', 'plumbline', user])).stdout).toBe('yes\n');
  });

  it('refuses a field that does not exist, and a pod that the namespace does not admit', async () => {
    await expect(
      api.kubectl(
        ['apply', '--server-side', '--dry-run=server', '-f', '-'],
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'x', namespace: 'plumbline' },
          dat: {},
        }),
      ),
    ).rejects.toThrow(/dat: field not declared in schema/);
    await api.kubectl(['label', 'namespace', 'plumbline', 'pod-security.kubernetes.io/enforce=restricted']);
    const pod = { serviceAccountName: 'bootstrap', containers: [{ name: 'root', image: 'example.org/root:1' }] };
    await expect(
      api.kubectl(
        ['create', '--dry-run=server', '-f', '-'],
        JSON.stringify({
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'root', namespace: 'plumbline' },
          spec: pod,
        }),
      ),
    ).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  it('is reached with the certificate of its own authority only', async () => {
    expect(await readFile(api.certificateAuthorityFile, 'utf8')).toContain('BEGIN CERTIFICATE');
    await expect(fetch(`${api.url}/readyz`)).rejects.toThrow('fetch failed');
  });
});
