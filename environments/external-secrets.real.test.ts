import { join } from 'node:path';
import { asYaml, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { startApiServer, type ApiServerPeer } from '../tools/peers';
import { externalSecrets } from './external-secrets.testing';

interface Specified {
  readonly metadata: { readonly namespace: string; readonly name: string };
  readonly spec: unknown;
}

describe('ExternalSecrets and Certificates at a Kubernetes API server with their definitions', () => {
  const objects = renderApp(platform(externalSecrets));
  const kinds = ['ExternalSecret', 'Certificate'];
  const ours = objects.filter(({ kind }) => kinds.includes(kind));
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    for (const group of ['external-secrets.io', 'cert-manager.io']) {
      const definitions = join(__dirname, '..', 'imports', 'crds', `${group}.yaml`);
      await api.kubectl(['apply', '--server-side', '-f', definitions]);
      await api.kubectl(['wait', '--for=condition=Established', '-f', definitions]);
    }
    const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', '-'];
    await api.kubectl(apply, asYaml(objects.filter(({ kind }) => kind === 'Namespace')));
    await api.kubectl(apply, asYaml(ours));
  });
  afterAll(() => api.stop());

  // Whoever compares files with the cluster, as Argo CD does, would see what the server adds as a difference for ever.
  it('are kept as they are written, without a field that the server adds', async () => {
    const byName = (list: readonly Specified[]) =>
      new Map(list.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec]));
    for (const kind of kinds) {
      const { stdout } = await api.kubectl(['get', kind, '--all-namespaces', '-o', 'json']);
      const { items } = JSON.parse(stdout) as { readonly items: readonly Specified[] };
      const written = ours.filter((each) => each.kind === kind) as unknown as readonly Specified[];
      expect(items.length).toBeGreaterThan(5);
      expect(byName(items)).toEqual(byName(written));
    }
  });
});
