import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { startShop, type Injection, type Shop } from './shop';
import { OtlpSink, type ReceivedSpan } from './testing/otlp-sink';
import { serviceNames, topology, type ServiceName } from './topology';

/** Longer than the exporters' delay, so that what is read next was done under the present conditions. */
const settleMs = 2500;
const watchMs = 6000;

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** What a service was seen doing for a while. */
class Observation {
  constructor(readonly spans: readonly ReceivedSpan[]) {}

  of(service: ServiceName, kind: ReceivedSpan['kind'], name: RegExp): Observation {
    return new Observation(
      this.spans.filter((span) => span.service === service && span.kind === kind && name.test(span.name)),
    );
  }

  to(callee: ServiceName): Observation {
    return new Observation(this.spans.filter(({ attributes }) => attributes['server.address'] === callee));
  }

  get medianMs(): number {
    return median(this.spans.map(({ durationMs }) => durationMs));
  }

  get maxMs(): number {
    return Math.max(0, ...this.spans.map(({ durationMs }) => durationMs));
  }

  get failedShare(): number {
    return this.spans.filter(({ failed }) => failed).length / this.spans.length;
  }
}

describe('the shop', () => {
  const sink = new OtlpSink();
  let shop: Shop;
  let normal: Observation;

  async function observe(): Promise<Observation> {
    await sleep(settleMs);
    sink.spans = [];
    await sleep(watchMs);
    return new Observation(sink.spans);
  }

  async function under(fault: string, service: ServiceName): Promise<[Observation, Injection]> {
    const injection = await shop.inject(fault, service, 3);
    try {
      return [await observe(), injection];
    } finally {
      await shop.clear();
    }
  }

  beforeAll(async () => {
    shop = await startShop({ otlpEndpoint: await sink.listen(), rate: 20 });
    normal = await observe();
  });

  afterAll(async () => {
    await shop.stop();
    await sink.close();
  });

  it('answers its visitors', () => {
    const stats = shop.stats();
    expect(stats.ok).toBeGreaterThan(50);
    expect(stats.failed).toBe(0);
    expect(stats.shed).toBe(0);
  });

  it('is seen with every service, named and versioned by the environment alone', () => {
    const seen = new Map(normal.spans.map(({ service, resource }) => [service, resource]));
    expect([...seen.keys()].sort()).toEqual([...serviceNames].sort());
    for (const { name, version } of topology) {
      expect(seen.get(name)).toMatchObject({
        'service.namespace': 'shop',
        'service.version': version,
        'deployment.environment.name': 'demo',
        'telemetry.sdk.language': 'nodejs',
      });
    }
  });

  it('has traces that begin at the gateway and join callers to callees', () => {
    const byId = new Map(normal.spans.map((span) => [span.spanId, span]));
    const edges = new Set<string>();
    for (const span of normal.spans) {
      if (span.parentSpanId === '') expect(span).toMatchObject({ service: 'gateway', kind: 'server' });
      const parent = byId.get(span.parentSpanId);
      if (parent === undefined || parent.service === span.service) continue;
      expect([parent.kind, span.kind]).toEqual(['client', 'server']);
      edges.add(`${parent.service} ${span.service}`);
    }
    expect([...edges].sort()).toEqual(
      topology.flatMap(({ name, calls }) => calls.map((callee) => `${name} ${callee}`)).sort(),
    );
  });

  it('names operations by route, so that there are few', () => {
    const operations = new Set(normal.spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`));
    expect(operations.size).toBeLessThan(60);
    expect(operations).toContain('gateway server GET /products/:id');
    expect(operations).toContain('checkout server POST /orders');
    expect(operations).toContain('payment client pg-pool.connect');
    expect(operations).toContain('payment client pg.query:INSERT payment');
  });

  it('sleeps in the service with a slow dependency', async () => {
    const [seen] = await under('slow-dependency', 'payment');
    expect(normal.of('payment', 'server', /charges/).medianMs).toBeLessThan(200);
    expect(seen.of('payment', 'server', /charges/).medianMs).toBeGreaterThan(300);
  });

  it('throws in the service with errors, and its caller fails in turn', async () => {
    const [seen, { parameters }] = await under('errors', 'inventory');
    const failing = seen.of('inventory', 'server', /./);
    expect(failing.failedShare).toBeGreaterThan((parameters.share ?? 0) - 0.25);
    const thrown = seen.of('inventory', 'internal', /request handler/).spans.flatMap(({ exceptions }) => exceptions);
    expect(thrown).toContain("Cannot read properties of undefined (reading 'id')");
    expect(seen.of('catalog', 'server', /./).failedShare).toBeGreaterThan(0);
    expect(normal.of('catalog', 'server', /./).failedShare).toBe(0);
  });

  it('waits for connections where the pool is exhausted, and runs queries as fast as before', async () => {
    const [seen] = await under('exhausted-pool', 'cart');
    const waits = seen.of('cart', 'client', /^pg-pool.connect/);
    expect(waits.maxMs).toBeGreaterThan(300);
    // Compared with the waits, not with a clock: a busy machine slows everything.
    expect(seen.of('cart', 'client', /^pg.query/).medianMs).toBeLessThan(waits.maxMs / 2);
    expect(seen.of('catalog', 'client', /^pg-pool.connect/).medianMs).toBeLessThan(waits.maxMs / 2);
  });

  it('is late in every handler of a service whose CPU is hogged', async () => {
    const [seen] = await under('cpu-hog', 'catalog');
    const before = normal.of('catalog', 'server', /products/).medianMs;
    expect(seen.of('catalog', 'server', /products/).medianMs).toBeGreaterThan(before + 50);
  });

  it('repeats calls in a retry storm', async () => {
    const [seen, { parameters }] = await under('retry-storm', 'checkout');
    const perOrder = (at: Observation): number =>
      at.of('checkout', 'client', /^POST/).to('payment').spans.length /
      at.of('checkout', 'server', /orders/).spans.length;
    expect(perOrder(normal)).toBeLessThan(1.5);
    expect(perOrder(seen)).toBeGreaterThan((parameters.attempts ?? 0) - 0.7);
  });

  it('leaves out the missing call and answers all the same', async () => {
    const [seen] = await under('missing-call', 'checkout');
    expect(normal.of('shipping', 'server', /./).spans.length).toBeGreaterThan(0);
    expect(seen.of('shipping', 'server', /./).spans).toEqual([]);
    expect(seen.of('checkout', 'server', /orders/).spans.length).toBeGreaterThan(0);
    expect(seen.of('checkout', 'server', /orders/).failedShare).toBe(0);
  });

  it('runs slow reads where a query is slow', async () => {
    const [seen] = await under('slow-query', 'inventory');
    expect(seen.of('inventory', 'client', /^pg.query:SELECT/).maxMs).toBeGreaterThan(100);
    expect(seen.of('catalog', 'client', /^pg.query/).medianMs).toBeLessThan(100);
  });

  it('leaves no span where a fault was switched', async () => {
    const [seen] = await under('exhausted-pool', 'payment');
    const roots = seen.spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(roots.filter(({ service }) => service !== 'gateway')).toEqual([]);
    expect(seen.spans.filter(({ attributes }) => attributes['url.path']?.includes('_fault'))).toEqual([]);
  });

  it('refuses a fault that it does not have', async () => {
    await expect(shop.inject('slow-query', 'gateway')).rejects.toMatchObject({ code: 'DEMO_FAULT_NOT_APPLICABLE' });
    const admin = `${shop.services[0]?.adminUrl ?? ''}/_fault`;
    const refused = await fetch(admin, { method: 'POST', body: '{"name":"errors","share":9}' });
    expect([refused.status, await refused.json()]).toEqual([
      400,
      expect.objectContaining({ code: 'DEMO_INVALID_PARAMETER' }),
    ]);
    expect((await fetch(admin, { method: 'POST', body: 'x'.repeat(5000) })).status).toBe(400);
  });

  it('logs nothing while all is well', () => {
    for (const { logFile } of shop.services) expect(readFileSync(logFile, 'utf8')).toBe('');
  });
});
