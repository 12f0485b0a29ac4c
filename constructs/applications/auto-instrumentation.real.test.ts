import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OtelTier } from '../collection/otel-tier';
import { Endpoint } from '../core/endpoint';
import type { KubeObject } from '../invariants';
import { objectOf, renderApp, testApp } from '../testing';
import { startApiServer, type ApiServerPeer } from '../../tools/peers';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { AutoInstrumentation } from './auto-instrumentation';

function render(): readonly KubeObject[] {
  const app = testApp();
  const endpoint = Endpoint.external('tempo.example.org', 4317);
  const tier = new OtelTier(app.chart('collection'), 'otel', {
    traces: [TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: endpoint, query: endpoint })],
  });
  new AutoInstrumentation(app.chart('collection'), 'instrumentation', { tier, environment: 'test' });
  return renderApp(app);
}

/** `kubectl wait` gives up where there are no conditions yet. */
async function established(api: ApiServerPeer): Promise<boolean> {
  const { stdout } = await api.kubectl(['get', 'crd/instrumentations.opentelemetry.io', '-o', 'json']);
  const { status } = JSON.parse(stdout) as {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  return status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True') === true;
}

describe('Automatic instrumentation at a Kubernetes API server with the operator’s definition', () => {
  const objects = render();
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
  let api: ApiServerPeer;
  beforeAll(async () => {
    api = await startApiServer();
    const definitions = join(__dirname, '..', '..', 'imports', 'crds', 'opentelemetry.io.yaml');
    await api.kubectl(['apply', '--server-side', '-f', definitions]);
    while (!(await established(api))) await sleep(200);
    await api.kubectl(['apply', '--server-side', '--warnings-as-errors', '-f', '-'], list);
  });
  afterAll(() => api.stop());

  it('is applied without a warning, and has no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], list)).stdout).toBe('');
  });

  it('has a sampler that the server checks, too', async () => {
    const { spec, ...object } = objectOf(objects, 'Instrumentation', 'instrumentation');
    const unknown = { ...object, spec: { ...spec, sampler: { type: 'sometimes' } } };
    await expect(
      api.kubectl(['apply', '--server-side', '--dry-run=server', '-f', '-'], JSON.stringify(unknown)),
    ).rejects.toThrow('Unsupported value: "sometimes"');
  });
});
