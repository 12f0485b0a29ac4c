import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:tls';
import { join } from 'node:path';
import type { CertificatesJob } from '@plumbline/contracts';
import {
  CertificateAuthority,
  dataDirectory,
  freePort,
  startApiServer,
  startPostgres,
  type ApiServerPeer,
  type Certificate,
} from '@plumbline/tools/peers';
import { runCertificatesJob } from './certificates-job';
import { shownFingerprint } from './shown-certificate';
import { folderWith, runWith } from './testing';

const namespace = 'tracing';
const labels = { 'app.kubernetes.io/name': 'tempo', 'app.kubernetes.io/instance': 'tempo' };
const hour = 3_600_000;

describe('job certificates', () => {
  let api: ApiServerPeer;
  let certificates: { readonly old: Certificate; readonly renewed: Certificate; readonly ended: Certificate };
  let environment: Record<string, string>;
  let port: number;
  /** What runs in pods, by address. */
  const servers = new Map<string, Server>();

  beforeAll(async () => {
    const authority = await CertificateAuthority.create(await dataDirectory('authority'));
    const issue = (name: string, days?: number) => authority.issue(name, '/CN=tempo', ['DNS:tempo'], days);
    certificates = { old: await issue('old'), renewed: await issue('renewed'), ended: await issue('ended', -1) };
    port = await freePort();
    api = await startApiServer();
    const rights = [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    ];
    const metadata = { name: 'certificate-restarts', namespace };
    const rbac = 'rbac.authorization.k8s.io';
    await apply(
      { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
      // Without a controller nobody makes that of pods.
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace } },
      { apiVersion: `${rbac}/v1`, kind: 'Role', metadata, rules: rights },
      {
        ...{ apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata },
        roleRef: { apiGroup: rbac, kind: 'Role', name: metadata.name },
        subjects: [{ kind: 'ServiceAccount', ...metadata }],
      },
    );
    const url = new URL(api.url);
    environment = {
      KUBERNETES_SERVICE_HOST: url.hostname,
      KUBERNETES_SERVICE_PORT: url.port,
      SERVICE_ACCOUNT_DIRECTORY: await folderWith(join(await dataDirectory('account'), 'account'), {
        token: await api.serviceAccountToken(namespace, metadata.name),
        'ca.crt': await readFile(api.certificateAuthorityFile, 'utf8'),
      }),
    };
  });
  afterEach(async () => {
    await api.kubectl(['-n', namespace, 'delete', 'pods,poddisruptionbudgets', '--all', '--wait=true', '--force']);
    for (const server of servers.values()) server.close();
    servers.clear();
  });
  afterAll(() => api.stop());

  function apply(...objects: readonly object[]) {
    const items = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
    return api.kubectl(['apply', '-f', '-'], items);
  }

  /** A pod as a kubelet tells of it, and what runs in it. */
  async function pod(name: string, podIP: string, shown: Certificate, ready = true, ageMs = hour): Promise<void> {
    const container = { name: 'tempo', image: 'example.org/tempo:1' };
    await apply({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, labels },
      spec: { containers: [container] },
    });
    const status = {
      phase: 'Running',
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: new Date(Date.now() - ageMs).toISOString().replace(/\.\d+Z$/, 'Z'),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    };
    const patch = ['-n', namespace, 'patch', 'pod', name, '--subresource=status', '--type=merge'];
    await api.kubectl([...patch, '-p', JSON.stringify({ status })]);
    servers.get(podIP)?.close();
    const [cert, key] = await Promise.all([shown.certificateFile, shown.keyFile].map((file) => readFile(file)));
    const server = createServer({ cert, key }, (socket) => socket.on('error', () => undefined));
    server.listen(port, podIP);
    await once(server, 'listening');
    servers.set(podIP, server);
  }

  function run(inSecret: Certificate = certificates.renewed, settleSeconds = 0) {
    const server: CertificatesJob['servers'][number] = {
      name: 'tempo',
      selector: Object.entries(labels)
        .map((pair) => pair.join('='))
        .join(','),
      certificateFile: inSecret.certificateFile,
      ports: [{ address: `tempo.tracing.svc.cluster.local:${port}`, port }],
    };
    return runWith(runCertificatesJob, { namespace, settleSeconds, servers: [server] }, environment);
  }

  async function pods(): Promise<readonly string[]> {
    const { stdout } = await api.kubectl(['-n', namespace, 'get', 'pods', '-o', 'name']);
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [line.replace('pod/', '')]));
  }

  it('starts pods again one by one that show an old certificate, and nobody while one of them is not ready', async () => {
    await pod('tempo-0', '127.0.0.2', certificates.old);
    await pod('tempo-1', '127.0.0.3', certificates.old);
    expect((await run()).code).toBe(0);
    expect(await pods()).toEqual(['tempo-1']);
    await pod('tempo-0', '127.0.0.2', certificates.renewed, false, 0);
    const waiting = await run();
    expect([waiting.code, waiting.log]).toEqual([0, expect.stringContaining('a pod is not ready')]);
    expect(await pods()).toEqual(['tempo-0', 'tempo-1']);
    await pod('tempo-0', '127.0.0.2', certificates.renewed, true, 0);
    expect((await run()).code).toBe(0);
    expect(await pods()).toEqual(['tempo-0']);
    await pod('tempo-1', '127.0.0.3', certificates.renewed, true, 0);
    const last = await run();
    expect([last.code, last.log]).toEqual([0, expect.not.stringContaining('started again')]);
    expect(await pods()).toEqual(['tempo-0', 'tempo-1']);
  });

  it('leaves a pod that its budget does not let go', async () => {
    await pod('tempo-0', '127.0.0.2', certificates.old);
    await apply({
      apiVersion: 'policy/v1',
      kind: 'PodDisruptionBudget',
      metadata: { name: 'tempo', namespace },
      spec: { minAvailable: 1, selector: { matchLabels: labels } },
    });
    const { code, log } = await run();
    expect([code, log]).toEqual([0, expect.stringContaining('may not go now')]);
    expect(await pods()).toEqual(['tempo-0']);
  });

  it('gives kubelets and servers their time after a certificate was issued', async () => {
    await pod('tempo-0', '127.0.0.2', certificates.old);
    expect((await run(certificates.renewed, 900)).code).toBe(0);
    expect(await pods()).toEqual(['tempo-0']);
  });

  it('fails, and leaves the pod alone, when another start would not help: it was started since, does not answer, or the Secret is old itself', async () => {
    await pod('tempo-0', '127.0.0.2', certificates.old, true, -60_000);
    const started = await run();
    expect([started.code, started.log]).toEqual([1, expect.stringContaining('tempo-0 shows another certificate')]);
    servers.get('127.0.0.2')?.close();
    const silent = await run();
    expect([silent.code, silent.log]).toEqual([1, expect.stringMatching(/port \d+ of tempo-0: .*ECONNREFUSED/)]);
    const ended = await run(certificates.ended);
    expect([ended.code, ended.log]).toEqual([1, expect.stringContaining('the certificate in its Secret ended on')]);
    expect(await pods()).toEqual(['tempo-0']);
  });

  it('sees the certificate of PostgreSQL, which is asked in its own protocol', async () => {
    const { certificateFile, keyFile } = certificates.old;
    const args = ['--ssl=on', `--ssl_cert_file=${certificateFile}`, `--ssl_key_file=${keyFile}`];
    const encrypted = await startPostgres({ args });
    try {
      const shown = await shownFingerprint({ ...at(encrypted), startTls: 'postgresql' });
      expect(shown).toMatch(/^[0-9A-F]{2}(:[0-9A-F]{2}){31}$/);
      expect(shown).toBe(await fingerprintOf(certificates.old));
    } finally {
      await encrypted.stop();
    }
    const plain = await startPostgres();
    await expect(shownFingerprint({ ...at(plain), startTls: 'postgresql' }))
      .rejects.toThrow('does not encrypt')
      .finally(() => plain.stop());
  });

  const at = ({ host, port: of }: { readonly host: string; readonly port: number }) => ({ host, port: of });

  async function fingerprintOf({ certificateFile }: Certificate): Promise<string> {
    return new X509Certificate(await readFile(certificateFile)).fingerprint256;
  }
});
