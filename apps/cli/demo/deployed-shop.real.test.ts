import { startShop } from '@plumbline/demo';
import {
  answers,
  dataDirectory,
  freePort,
  freePorts,
  PeerProcess,
  runProgram,
  startCollector,
  substituteAddresses,
} from '@plumbline/tools/peers';
import { setTimeout as sleep } from 'node:timers/promises';
import { DemoShop, Endpoint } from '../../../constructs';
import { shopTopology } from '../../../constructs/contracts/shop';
import { asYaml, renderApp, testApp } from '../../../constructs/testing';
import { OtlpSink, type ReceivedSpan } from '../../demo/testing/otlp-sink';
import { eventually } from '../../end-to-end/eventually';
import { plumbline } from '../../end-to-end/plumbline';
import { Rendered } from '../../end-to-end/rendered';

const names = shopTopology.map(({ name }) => name);
const withDatabase = shopTopology.filter(({ database }) => database).map(({ name }) => name);

/** What a shop does, said so that where it runs does not matter: services, kinds and names of spans. */
function operations(spans: readonly ReceivedSpan[]): Set<string> {
  return new Set(spans.map(({ service, kind, name }) => `${service} ${kind} ${name}`));
}

/** Pairs of caller and callee. */
function edges(spans: readonly ReceivedSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const pairs = spans.flatMap(({ parentSpanId, service }) => {
    const parent = byId.get(parentSpanId);
    return parent === undefined || parent.service === service ? [] : [`${parent.service} ${service}`];
  });
  return [...new Set(pairs)].sort();
}

describe('The shop as it is rendered for a cluster', () => {
  const sink = new OtlpSink();
  const running: PeerProcess[] = [];
  const admin = new Map<string, number>();
  let collector: PeerProcess;
  let load: PeerProcess;
  let onLaptop: ReadonlySet<string>;

  /** Starts a part from its rendered arguments and environment. */
  async function start(rendered: Rendered, part: string, ports: Readonly<Record<string, number>>) {
    const adminPort = await freePort();
    admin.set(part, adminPort);
    const own = Object.entries({ ...ports, SHOP_ADMIN_PORT: adminPort }).map(([key, port]) => [key, String(port)]);
    const process = await PeerProcess.start({
      name: part,
      command: globalThis.process.execPath,
      args: ['--single-threaded-gc', await plumbline(), ...rendered.args(`shop-${part}`)],
      env: { ...rendered.environment(`shop-${part}`), ...(Object.fromEntries(own) as Record<string, string>) },
      directory: await dataDirectory(part),
      ready: answers(`http://127.0.0.1:${adminPort}/readyz`, 200),
      startTimeoutMs: 120_000,
      stopTimeoutMs: 30_000,
    });
    running.push(process);
    return process;
  }

  async function stats(): Promise<{ sent: number; ok: number; failed: number }> {
    const response = await fetch(`http://127.0.0.1:${admin.get('load') ?? 0}/stats`);
    return (await response.json()) as { sent: number; ok: number; failed: number };
  }

  const command = async (...args: readonly string[]): Promise<string> => {
    const { stdout } = await runProgram(process.execPath, [await plumbline(), 'shop', ...args]);
    return stdout.trim();
  };

  beforeAll(async () => {
    const laptopSink = new OtlpSink();
    const shop = await startShop({ otlpEndpoint: await laptopSink.listen(), rate: 20 });
    while (operations(laptopSink.spans).size < 40 && shop.stats().sent < 1500) await sleep(500);
    await sleep(10_000);
    await shop.stop();
    onLaptop = operations(laptopSink.spans);
    await laptopSink.close();

    const otlp = await freePort();
    const databases = await freePorts(withDatabase.length);
    const ports = await freePorts(names.length);
    const app = testApp();
    const traces = Endpoint.external('collector.example.org', 4318, { scheme: 'http' });
    new DemoShop(app.chart('examples'), 'shop', { traces, rate: 20 });
    const here: Record<string, string> = { 'collector.example.org:4318': `127.0.0.1:${otlp}` };
    names.forEach((name, index) => {
      here[`shop-${name}.examples.svc.cluster.local:8080`] = `127.0.0.1:${ports[index] ?? 0}`;
    });
    withDatabase.forEach((_name, index) => {
      const address = `shop-databases.examples.svc.cluster.local:${5432 + index}`;
      here[address] = `127.0.0.1:${databases[index] ?? 0}`;
    });
    const rendered = new Rendered(
      substituteAddresses(asYaml(renderApp(app).filter(({ metadata }) => metadata.namespace === 'examples')), here),
    );

    collector = await startCollector(`
receivers: { otlp: { protocols: { http: { endpoint: '127.0.0.1:${otlp}' } } } }
exporters: { otlp_http: { endpoint: '${await sink.listen()}', sending_queue: { enabled: false } } }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [otlp_http] } }
`);
    // In any order, as in a cluster: services wait for the databases.
    const own = withDatabase.map((name, index) => [`SHOP_${name.toUpperCase()}_DATABASE_PORT`, databases[index] ?? 0]);
    await Promise.all([
      ...names.map((name, index) => start(rendered, name, { SHOP_PORT: ports[index] ?? 0 })),
      start(rendered, 'databases', Object.fromEntries(own) as Record<string, number>),
    ]);
    load = await start(rendered, 'load', {});
  });
  afterAll(async () => {
    await Promise.all(running.map((process) => process.stop()));
    await collector.stop();
    await sink.close();
  });

  it('is seen by a collector as the shop on a laptop is: the same services, operations and calls', async () => {
    const missing = () => [...onLaptop].filter((operation) => !operations(sink.spans).has(operation));
    // What is rare needs time to be seen.
    await eventually('every operation', () => (missing().length === 0 ? true : undefined), { timeoutMs: 120_000 });
    const more = [...operations(sink.spans)].filter((operation) => !onLaptop.has(operation));
    expect(more.length).toBeLessThan(5);
    expect(edges(sink.spans)).toEqual(
      shopTopology.flatMap(({ name, calls }) => calls.map((callee) => `${name} ${callee}`)).sort(),
    );
    const roots = sink.spans.filter(({ parentSpanId }) => parentSpanId === '');
    expect(new Set(roots.map(({ service }) => service))).toEqual(new Set(['gateway']));
    expect(sink.spans[0]?.resource).toMatchObject({
      'service.namespace': 'shop',
      'deployment.environment.name': 'demo',
    });
  });

  it('answers its visitors', async () => {
    const seen = await eventually('answers', async () => ((await stats()).ok > 50 ? stats() : undefined));
    expect(seen.failed).toBe(0);
  });

  it('is broken and mended by the command, at a port of the service', async () => {
    const url = `http://127.0.0.1:${admin.get('payment') ?? 0}`;
    const failing = () => sink.spans.filter(({ service, failed }) => service === 'payment' && failed).length;
    expect(failing()).toBe(0);
    expect(await command('fault', 'errors', '--seed', '3', '--url', url)).toMatch(/^payment now fails \d+ % of its/);
    await eventually('failing payments', () => (failing() > 0 ? true : undefined));
    expect(await command('calm', '--url', url)).toBe('payment is as it was');
    await expect(command('fault', 'missing-call', '--url', url)).rejects.toThrow('missing-call cannot hit payment');
  });

  it('ends in order, and no request of its last seconds is missing from its traces', async () => {
    await load.stop();
    expect(await load.outcome).toBe('exited with 0');
    await Promise.all(running.map((process) => process.stop()));
    expect(await Promise.all(running.map((process) => process.outcome))).toEqual(running.map(() => 'exited with 0'));
    const known = new Set(sink.spans.map(({ spanId }) => spanId));
    const orphans = sink.spans.filter(({ parentSpanId }) => parentSpanId !== '' && !known.has(parentSpanId));
    expect(orphans).toEqual([]);
  });
});
