import { appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AlloyPeer,
  type ApiServerPeer,
  dataDirectory,
  lokiOnLoopback,
  type LokiPeer,
  startAlloy,
  startApiServer,
  startLoki,
  substituteAddresses,
  validateAlloy,
} from '../../tools/peers';
import { answered, boundsOf } from '../../environments/exposed-metrics.testing';
import type { PlatformAppProps } from '../core/platform-app';
import { annotatedPod } from '../metrics/discovery.testing';
import { fileOf, renderApp, testApp } from '../testing';
import { LogAgent, type LogAgentProps } from './log-agent';
import { propagationBounds } from './log-agent-objectives';
import { Loki } from './loki';

function render(props: Partial<LogAgentProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const logs = new Loki(app.chart('logs'), 'loki');
  new LogAgent(app.chart('nodes'), 'log-agent', { logs, ...props });
  const objects = renderApp(app);
  return { objects, config: fileOf(objects, 'log-agent-config', 'config.alloy') };
}

const everything: Partial<LogAgentProps> = {
  tenant: 'shop',
  allowedNamespaces: ['shop'],
  externalLabels: { site: 'north' },
  timestamps: 'application',
  fields: { error_code: ['code', 'error.code'] },
  drop: [{ reason: 'health', namespaces: ['shop'], services: ['a.b'], levels: ['info'], lines: 'GET /healthz "' }],
};

describe('The configuration of the log agent', () => {
  it.each([
    ['as it is', render()],
    ['with every prop', render(everything)],
    ['where servers speak TLS', render({}, { tls: { ca: 'ca' } })],
    ['without a journal, and with each line by itself', render({ journal: 'none', multiline: 'none' })],
  ])('is right %s', async (_, { config }) => {
    await validateAlloy(config);
  });

  it('is begun with every prop: stages are looked at then only', async () => {
    const kubeconfig = join(await dataDirectory('nobody'), 'kubeconfig');
    const cluster = { cluster: { server: 'https://127.0.0.1:1' }, name: 'none' };
    const context = { context: { cluster: 'none', user: 'none' }, name: 'none' };
    const users = [{ name: 'none', user: { token: 'none' } }];
    await writeFile(
      kubeconfig,
      JSON.stringify({ clusters: [cluster], contexts: [context], users, 'current-context': 'none' }),
    );
    const settings = { 'discovery.kubernetes.pods': { attributes: { kubeconfig_file: kubeconfig } } };
    const agent = await startAlloy(render({ ...everything, config: { 'config.alloy': settings } }).config, {
      NODE_NAME: 'node-1',
    });
    await agent.stop();
  });

  it.each([
    ['a component that there is none of', { 'loki.wrote.logs': {} }, 'loki.wrote'],
    ['an argument that there is none of', { 'loki.write.logs': { attributes: { max_flows: 1 } } }, 'max_flows'],
    ['a value of another type', { 'loki.write.logs': { attributes: { max_streams: 'x' } } }, 'max_streams'],
    ['a stage that there is none of', { 'loki.process.x': { blocks: [{ name: 'stage.crii' }] } }, 'stage.crii'],
    ['a component without what it must have', { 'loki.source.file.x': {} }, 'forward_to'],
    [
      'a reference to what is not there',
      { 'loki.process.x': { attributes: { forward_to: [{ '=': 'loki.write.other.receiver' }] } } },
      'loki.write.other',
    ],
  ])('would be refused with %s', async (_, settings, complaint) => {
    await expect(validateAlloy(render({ config: { 'config.alloy': settings } }).config)).rejects.toThrow(complaint);
  });

  it('would be refused with a text that ends too early', async () => {
    await expect(validateAlloy(render().config.replace('role = "pod"', 'role = "pod'))).rejects.toThrow('string');
  });
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const stackTrace = [
  '2026-01-02 03:04:05 ERROR order failed',
  'java.lang.IllegalStateException: out of stock',
  '\tat shop.Cart.add(Cart.java:17)',
  'Caused by: java.io.IOException: connection reset',
  '\t... 3 more',
];

/** What a container writes, as a runtime keeps it. */
function cri(lines: readonly string[], flag: 'F' | 'P' = 'F', stream = 'stdout'): string {
  return lines.map((line) => `${new Date().toISOString()} ${stream} ${flag} ${line}\n`).join('');
}

interface Stream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [string, string])[];
}

describe('Log agents of two nodes', () => {
  let api: ApiServerPeer;
  let loki: LokiPeer;
  const agents: AlloyPeer[] = [];
  const files: Record<string, string> = {};
  let folder: string;
  const site = 'a"b\\c {}`é';

  const apply = (items: readonly object[]) =>
    api.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

  /** A pod as a kubelet and a runtime have it: with an address, and a file of each container. */
  async function run(name: string, node: string, settings: Parameters<typeof annotatedPod>[3] = {}): Promise<string> {
    const { object, status } = annotatedPod('shop', name, 8080, settings);
    await apply([{ ...object, spec: { ...object.spec, nodeName: node } }]);
    await api.kubectl([
      'patch',
      'pod',
      name,
      '-n',
      'shop',
      '--subresource=status',
      '--type=merge',
      '-p',
      JSON.stringify({ status }),
    ]);
    const { stdout } = await api.kubectl([
      ...['get', 'pod', name, '-n', 'shop', '-o', 'jsonpath={.metadata.uid} {.spec.containers[0].name}'],
    ]);
    const [uid = '', container = ''] = stdout.split(' ');
    const place = join(folder, `shop_${name}_${uid}`, container);
    await mkdir(place, { recursive: true });
    return join(place, '0.log');
  }

  async function ask(query: string, least = 1): Promise<readonly Stream[]> {
    for (;;) {
      const url = `${loki.url}/loki/api/v1/query_range?since=1h&limit=1000&query=${encodeURIComponent(query)}`;
      const { data } = (await (await fetch(url)).json()) as { readonly data: { readonly result: readonly Stream[] } };
      if (data.result.flatMap(({ values }) => values).length >= least) return data.result;
      await sleep(200);
    }
  }
  const linesOf = (streams: readonly Stream[]) => streams.flatMap(({ values }) => values.map(([, line]) => line));

  beforeAll(async () => {
    folder = await dataDirectory('pod-logs');
    api = await startApiServer();
    const app = testApp();
    new Loki(app.chart('logs'), 'loki');
    loki = await startLoki(
      substituteAddresses(fileOf(renderApp(app), 'loki-config', 'loki.yaml'), await lokiOnLoopback()),
    );
    await apply(['shop', 'nodes'].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
    await apply([{ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: 'shop' } }]);
    const labels = { 'app.kubernetes.io/name': 'cart' };
    files.cart = await run('cart-0', 'node-1', { labels });
    files.pay = await run('pay-0', 'node-2', { annotations: { 'resource.opentelemetry.io/service.name': 'payment' } });
    files.quiet = await run('quiet-0', 'node-1', { annotations: { 'plumbline.dev/collect-logs': 'false' } });

    const { objects } = render();
    const kinds = ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding'];
    await apply(objects.filter(({ kind, metadata }) => kinds.includes(kind) && metadata.name.endsWith('log-agent')));
    // With the rights that it has in a cluster.
    const kubeconfig = await api.serviceAccountKubeconfig('nodes', 'log-agent');
    const settings = { 'discovery.kubernetes.pods': { attributes: { kubeconfig_file: kubeconfig } } };
    const { config } = render({
      journal: 'none',
      externalLabels: { site },
      fields: { error_code: ['code', 'error.code'] },
      drop: [{ reason: 'health_checks', services: ['cart'], lines: 'GET /healthz' }],
      config: { 'config.alloy': settings },
    });
    const here = config
      .replaceAll('/var/log/pods', folder)
      .replaceAll('http://loki.logs.svc.cluster.local:3100', loki.url);
    for (const node of ['node-1', 'node-2']) agents.push(await startAlloy(here, { NODE_NAME: node }));
  });
  afterAll(async () => {
    for (const agent of agents) await agent.stop();
    await loki.stop();
    await api.stop();
  });

  it('send lines that are found by namespace, service and level', async () => {
    await appendFile(
      files.cart ?? '',
      cri([
        `{"level":"error","msg":"out of stock","trace_id":"${traceId}","code":"E42"}`,
        `ts=2026-01-02T03:04:05Z lvl=warning msg="slow" traceId=${traceId} error.code=E43`,
        '2026-01-02 03:04:05 INFO started',
        '\u001b[31mE0102 03:04:05.000000 1 main.go:1] klog\u001b[0m',
        '{"level":"pwned-1","severity":"x"}',
        '{"level":30,"msg":"of pino"}',
        'no level, and no error found',
        'GET /healthz 200',
        ...stackTrace,
        '2026-01-02 03:04:06 DEBUG next',
      ]),
    );
    await appendFile(files.cart ?? '', cri(['{"level":"fatal","msg":"in two '], 'P') + cri(['parts"}']));
    await appendFile(files.pay ?? '', cri(['paid'], 'F', 'stderr'));
    await appendFile(files.quiet ?? '', cri(['nobody reads this']));
    const cart = '{namespace="shop", service="cart"';
    const errors = await ask(`${cart}, level="error"}`, 3);
    expect(linesOf(errors).sort()).toEqual(
      [
        `{"level":"error","msg":"out of stock","trace_id":"${traceId}","code":"E42"}`,
        'E0102 03:04:05.000000 1 main.go:1] klog',
        stackTrace.join('\n'),
      ].sort(),
    );
    const expected = {
      warn: [`ts=2026-01-02T03:04:05Z lvl=warning msg="slow" traceId=${traceId} error.code=E43`],
      info: ['2026-01-02 03:04:05 INFO started', '{"level":30,"msg":"of pino"}'],
      debug: ['2026-01-02 03:04:06 DEBUG next'],
      fatal: ['{"level":"fatal","msg":"in two parts"}'],
      unknown: ['no level, and no error found', '{"level":"pwned-1","severity":"x"}'],
    };
    for (const [level, lines] of Object.entries(expected)) {
      const found = linesOf(await ask(`${cart}, level="${level}"}`, lines.length));
      expect([level, [...found].sort()]).toEqual([level, [...lines].sort()]);
    }
    expect(linesOf(await ask('{service="payment"}'))).toEqual(['paid']);
  });

  it('keep trace, pod and what was asked for as metadata, and three labels', async () => {
    const found = await ask(`{service="cart"} | trace_id="${traceId}"`, 2);
    expect(found.map(({ stream }) => stream.error_code).sort()).toEqual(['E42', 'E43']);
    for (const { stream } of found)
      expect(stream).toMatchObject({ pod: 'cart-0', node: 'node-1', stream: 'stdout', site });
    const match = encodeURIComponent('{namespace="shop"}');
    const { data } = (await (await fetch(`${loki.url}/loki/api/v1/series?match[]=${match}`)).json()) as {
      readonly data: readonly Readonly<Record<string, string>>[];
    };
    // The store adds the name of the service as it knows it.
    const names = new Set(data.flatMap((each) => Object.keys(each)));
    expect([...names].sort()).toEqual(['level', 'namespace', 'service', 'service_name', 'site']);
    expect(data).toHaveLength(7);
  });

  it('read each file once, leave out what they are told to, and go on where they ended', async () => {
    const cart = '{service="cart"}';
    const before = linesOf(await ask(cart, 9));
    expect(new Set(before).size).toBe(before.length);
    await agents[0]?.stop();
    await appendFile(files.cart ?? '', cri(['WARN written meanwhile']));
    await agents[0]?.restart();
    await appendFile(files.cart ?? '', cri(['WARN written after']));
    const after = linesOf(await ask(cart, before.length + 2));
    await sleep(4000);
    expect(linesOf(await ask(cart))).toHaveLength(before.length + 2);
    expect([...after].sort()).toEqual([...before, 'WARN written after', 'WARN written meanwhile'].sort());
    expect(linesOf(await ask('{namespace="shop"}')).join()).not.toMatch(/nobody reads|healthz/);
  });

  it('tell what alerts and dashboards ask for', async () => {
    // What is counted by a reason is there once it was counted; the agent was begun anew since.
    await appendFile(files.cart ?? '', cri(['GET /healthz 200']));
    let missing: readonly string[] = answered.alloy;
    let bounds: readonly number[] = [];
    for (let asked = 0; asked < 100 && missing.length > 0; asked += 1) {
      const text = await (await fetch(`${agents[0]?.url ?? ''}/metrics`)).text();
      const names = new Set(text.match(/^\w+(?=[{ ])/gm));
      missing = answered.alloy.filter((name) => !names.has(name));
      bounds = boundsOf(text, 'loki_write_entry_propagation_latency_seconds', 'component_id=');
      await sleep(200);
    }
    expect(missing).toEqual([]);
    expect(bounds).toEqual(propagationBounds);
  });
});
