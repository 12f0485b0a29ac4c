import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { connect, createServer } from 'node:tls';
import { CertificateIssuer } from '../constructs';
import { asYaml, objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { dataDirectory, startApiServer, type ApiServerPeer } from '../tools/peers';
import { CertificateAuthority } from '../tools/peers/certificates';
import { runProgram } from '../tools/peers/run';
import { encrypted } from './encrypted.testing';

describe('Certificates at a Kubernetes API server with the definitions of cert-manager', () => {
  const issuer = CertificateIssuer.ownAuthority();
  const objects = renderApp(platform({ ...encrypted, tls: { ca: 'platform-ca', issuer } }));
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    const definitions = join(__dirname, '..', 'imports', 'crds', 'cert-manager.io.yaml');
    await api.kubectl(['apply', '--server-side', '-f', definitions]);
    await api.kubectl(['wait', '--for=condition=Established', '-f', definitions]);
    await api.kubectl(['create', 'namespace', 'cert-manager']);
    const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', '-'];
    await api.kubectl(apply, asYaml(objects));
  });
  afterAll(() => api.stop());

  it('are taken without a warning, and have no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], asYaml(objects))).stdout).toBe('');
    const { stdout } = await api.kubectl(['get', 'certificates,issuers,clusterissuers', '-A', '--no-headers']);
    expect(stdout.trim().split('\n').length).toBeGreaterThan(10);
  });

  it('have fields that the server knows: it refuses others', async () => {
    const { metadata, spec, ...object } = objectOf(objects, 'Certificate', 'grafana-tls');
    const apply = ['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'];
    const changed = (more: object) => JSON.stringify({ ...object, metadata, spec: { ...spec, ...more } });
    await expect(api.kubectl(apply, changed({ rotation: 'Always' }))).rejects.toThrow('rotation');
    await expect(api.kubectl(apply, changed({ usages: ['everything'] }))).rejects.toThrow('usages');
  });
});

describe('A root that is made anew with its key', () => {
  /** As a client with one root sees a server whose certificate another one signed. */
  async function meets(caFile: string, server: { readonly certificateFile: string; readonly keyFile: string }) {
    const [cert, key, ca] = await Promise.all(
      [server.certificateFile, server.keyFile, caFile].map((file) => readFile(file)),
    );
    const listening = createServer({ cert, key }, (socket) => socket.end()).listen(0, '127.0.0.1');
    await once(listening, 'listening');
    const { port } = listening.address() as AddressInfo;
    try {
      const socket = connect({ host: '127.0.0.1', port, servername: 'web.shop.svc', ca });
      const failed = new Promise<string>((resolve) => socket.once('error', (error: Error) => resolve(error.message)));
      const met = new Promise<string>((resolve) => socket.once('secureConnect', () => resolve('trusted')));
      return await Promise.race([met, failed]);
    } finally {
      listening.close();
    }
  }

  it('is trusted by who has the one before, and trusts what that signed; one with another key is neither', async () => {
    const folder = await dataDirectory('roots');
    const before = await CertificateAuthority.create(folder);
    const old = await before.issue('old', '/CN=old', ['DNS:web.shop.svc']);
    const renewed = join(folder, 'renewed.crt');
    await runProgram('openssl', [
      ...['req', '-x509', '-key', before.keyFile, '-days', '60', '-subj', '/CN=plumbline-test-ca'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign', '-out', renewed],
    ]);
    expect(await readFile(renewed, 'utf8')).not.toBe(await readFile(before.certificateFile, 'utf8'));
    const stranger = await CertificateAuthority.create(await dataDirectory('stranger'));

    expect(await meets(before.certificateFile, old)).toBe('trusted');
    expect(await meets(renewed, old)).toBe('trusted');
    expect(await meets(stranger.certificateFile, old)).not.toBe('trusted');
    expect(await meets(renewed, await stranger.issue('other', '/CN=other', ['DNS:web.shop.svc']))).not.toBe('trusted');
  });
});
