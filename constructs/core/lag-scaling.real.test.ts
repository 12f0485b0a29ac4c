import { join } from 'node:path';
import { startApiServer, type ApiServerPeer } from '../../tools/peers';
import { images } from '../images';
import type { KubeObject } from '../invariants';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { objectOf, renderApp, testApp } from '../testing';
import { Deployment } from './deployment';
import { SecretSource } from './secret-source';

function render(): readonly KubeObject[] {
  const app = testApp();
  const stream = RedpandaBroker.fromExternal(app.chart('streaming'), 'kafka', {
    brokers: ['kafka.example.org:9093'],
    tls: { ca: 'example-ca' },
    users: SecretSource.existing(),
  });
  const reader = new Deployment(app.chart('anomaly'), 'reader', {
    name: 'reader',
    instance: 'reader',
    runAs: { user: 1000 },
    container: { image: images.workers, resources: { cpu: '100m', memory: '64Mi' } },
  });
  const access = stream.topic('orders', { partitions: 6 }).grantConsume(reader, 'billing');
  reader.autoscale({ min: 2, max: 6, by: { of: access, perPod: 100 } });
  return renderApp(app);
}

describe('Scaling by lag at a Kubernetes API server with the definitions of KEDA', () => {
  const objects = render();
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    const definitions = join(__dirname, '..', '..', 'imports', 'crds', 'keda.sh.yaml');
    await api.kubectl(['apply', '--server-side', '-f', definitions]);
    const names = ['scaledobjects', 'triggerauthentications'].map((name) => `crd/${name}.keda.sh`);
    await api.kubectl(['wait', '--for=condition=Established', ...names]);
    await api.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], list);
  });
  afterAll(() => api.stop());

  it('is applied without a warning, and has no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], list)).stdout).toBe('');
  });

  it('keeps what an autoscaler chose when it is applied again', async () => {
    await api.kubectl(['-n', 'anomaly', 'scale', 'deployment/reader', '--replicas=4']);
    await api.kubectl(['apply', '--server-side', '-f', '-'], list);
    const { stdout } = await api.kubectl([
      '-n',
      'anomaly',
      'get',
      'deployment/reader',
      '-o',
      'jsonpath={.spec.replicas}',
    ]);
    expect(stdout).toBe('4');
  });

  it('has bounds that the server checks, too', async () => {
    const { metadata, spec, ...object } = objectOf(objects, 'ScaledObject', 'reader');
    const inverted = { ...object, metadata, spec: { ...spec, minReplicaCount: 7 } };
    await expect(
      api.kubectl(
        ['apply', '--server-side', '--dry-run=server', '--force-conflicts', '-f', '-'],
        JSON.stringify(inverted),
      ),
    ).rejects.toThrow('minReplicaCount must be less than or equal to maxReplicaCount');
  });
});
