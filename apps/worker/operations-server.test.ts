import { Counter, Registry } from 'prom-client';
import { operationsApp, startOperationsServer } from './operations-server';

describe('the operations server', () => {
  const registry = new Registry();
  new Counter({ name: 'plumbline_test_total', help: 'A counter.', registers: [registry] }).inc(3);

  it('is healthy as long as it answers', async () => {
    const answer = await operationsApp({ registry, notReady: () => ['not yet'] }).request('/healthz');
    expect(answer.status).toBe(200);
  });

  it('says why it is not ready', async () => {
    const reasons: string[] = ['no partitions were assigned yet'];
    const app = operationsApp({ registry, notReady: () => reasons });
    const before = await app.request('/readyz');
    expect(before.status).toBe(503);
    expect(await before.json()).toEqual({ status: 'not ready', reasons: ['no partitions were assigned yet'] });
    reasons.length = 0;
    expect((await app.request('/readyz')).status).toBe(200);
  });

  it('gives metrics in the format of Prometheus', async () => {
    const answer = await operationsApp({ registry, notReady: () => [] }).request('/metrics');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(await answer.text()).toContain('plumbline_test_total 3');
  });

  it('tells the model when there is one', async () => {
    const models: unknown[] = [];
    const app = operationsApp({ registry, notReady: () => [], model: () => models[0] });
    expect((await app.request('/model')).status).toBe(404);
    models.push({ version: '7' });
    expect(await (await app.request('/model')).json()).toEqual({ version: '7' });
  });

  it('has nothing else, and allows no page to embed or sniff it', async () => {
    const answer = await operationsApp({ registry, notReady: () => [] }).request('/etc/passwd');
    expect(answer.status).toBe(404);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('x-frame-options')).toBe('SAMEORIGIN');
  });

  it('serves on a port until it is closed', async () => {
    const server = await startOperationsServer({ port: 0, registry, notReady: () => [] });
    const url = `http://127.0.0.1:${server.port}/healthz`;
    expect((await fetch(url)).status).toBe(200);
    await server.close();
    await expect(fetch(url)).rejects.toThrow();
  });
});
