import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import {
  CertificateAuthority,
  dataDirectory,
  promtool,
  startApiServer,
  startPrometheus,
  type ApiServerPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import { interpolated, queriesOf } from '../../environments/dashboards.testing';
import { compareText } from '../core/content-hash';
import { dump } from '../core/yaml';
import { fileOf, renderApp, testApp } from '../testing';
import { annotatedPod, answering, kubelet, nodeAt } from './discovery.testing';
import { apiServerAlerts } from './api-server-alerts';
import { apiServerDashboard } from './api-server-dashboard';
import { apiServerMetrics } from './api-server-discovery';
import { Prometheus } from './prometheus';

const app = testApp({ cluster: { nodeRanges: ['10.0.0.0/16'] } });
new Prometheus(app.chart('metrics'), 'prometheus', {
  discovery: { kubelet: {}, apiServer: {}, annotatedPods: { samplesPerPod: 50 } },
});
new Prometheus(app.chart('metrics'), 'narrow', { discovery: { annotatedPods: { allowedNamespaces: ['shop'] } } });
const objects = renderApp(app);

interface Config {
  readonly scrape_configs: readonly {
    readonly job_name: string;
    readonly kubernetes_sd_configs?: readonly object[];
    readonly authorization?: object;
    readonly tls_config?: object;
    readonly relabel_configs?: readonly object[];
  }[];
}

interface Target {
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly health: 'up' | 'down' | 'unknown';
  readonly lastError: string;
}

/** As an API server publishes where it is; of another name it is none. */
function addressOf(name: string): object {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name, namespace: 'default', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.7'], conditions: { ready: true } }],
    ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
  };
}

describe('Discovery at a Kubernetes API server', () => {
  const servers: Server[] = [];
  let api: ApiServerPeer;
  let wide: PrometheusPeer;
  let narrow: PrometheusPeer;
  const tokens: string[] = [];
  let strayed = 0;

  const apply = (items: readonly object[]) =>
    api.kubectl(
      ['apply', '--server-side', '--warnings-as-errors', '-f', '-'],
      JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
    );

  /** The rendered configuration, with the token of an account where a pod would have it, asking often. */
  async function configOf(name: string, authority: string): Promise<string> {
    const folder = await dataDirectory(`account-${name}`);
    const token = join(folder, 'token');
    await writeFile(token, await api.serviceAccountToken('metrics', name));
    const authorization = { credentials_file: token };
    const asAccount = { api_server: api.url, authorization, tls_config: { ca_file: api.certificateAuthorityFile } };
    const config = parse(fileOf(objects, `${name}-config`, 'prometheus.yml')) as Config;
    return dump({
      ...config,
      global: { scrape_interval: '1s', scrape_timeout: '1s' },
      scrape_configs: config.scrape_configs
        .filter(({ kubernetes_sd_configs }) => kubernetes_sd_configs !== undefined)
        .map((job) => ({
          ...job,
          kubernetes_sd_configs: job.kubernetes_sd_configs?.map((each) => ({ ...each, ...asAccount })),
          ...(job.authorization !== undefined && { authorization, tls_config: { ca_file: authority } }),
          ...(job.job_name === 'kube-apiserver' && {
            tls_config: { ...job.tls_config, ca_file: api.certificateAuthorityFile },
            // Nobody may publish an address of loopback.
            relabel_configs: [
              ...(job.relabel_configs ?? []),
              {
                source_labels: ['__address__'],
                regex: '192\\.0\\.2\\.7:6443',
                target_label: '__address__',
                replacement: new URL(api.url).host,
              },
            ],
          }),
        })),
    });
  }

  beforeAll(async () => {
    api = await startApiServer();
    const folder = await dataDirectory('kubelets');
    const [authority, stranger] = [
      await CertificateAuthority.create(folder),
      await CertificateAuthority.create(await dataDirectory('stranger')),
    ];
    const listen = async (server: Server) => {
      servers.push(server);
      return answering(server);
    };
    const kubelets = [
      await listen(await kubelet('node-1', authority, api, (token) => void tokens.push(token))),
      await listen(await kubelet('node-2', stranger, api, (token) => void tokens.push(token))),
    ];
    const pods = await annotatedPods(listen);
    await apply(
      ['shop', 'billing'].flatMap((name) => [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
        { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'default', namespace: name } },
      ]),
    );
    await apply(objects);
    await apply(['kubernetes', 'other'].map(addressOf));
    const made = [...kubelets.map((port, index) => nodeAt(`node-${index + 1}`, port)), ...pods];
    await apply(made.map(({ object }) => object));
    for (const { object, status } of made) {
      const { kind, metadata } = object;
      const within = metadata.namespace === undefined ? [] : [`--namespace=${metadata.namespace}`];
      const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })];
      await api.kubectl(['patch', kind, metadata.name, ...within, ...patch]);
    }
    wide = await startPrometheus(await configOf('prometheus', authority.certificateFile));
    narrow = await startPrometheus(await configOf('narrow', authority.certificateFile));
  });
  afterAll(async () => {
    await Promise.all([wide, narrow].map((each) => each.stop()));
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    await api.stop();
  });

  async function annotatedPods(listen: Parameters<typeof podServers>[0]) {
    const at = await podServers(listen);
    const path = { 'prometheus.io/path': '/own' };
    return [
      annotatedPod('shop', 'asks', at.honest, { annotations: path }),
      annotatedPod('shop', 'forges', at.forging),
      annotatedPod('shop', 'floods', at.flooding),
      annotatedPod('shop', 'redirects', at.redirecting),
      annotatedPod('shop', 'on-the-host', at.honest, { hostIp: '127.0.0.1', annotations: path }),
      annotatedPod('shop', 'asks-not', at.honest, { annotations: { 'prometheus.io/scrape': 'false' } }),
      annotatedPod('shop', 'elsewhere', at.honest, { annotations: { 'prometheus.io/port': '80@10.0.0.1:80' } }),
      annotatedPod('billing', 'asks', at.honest, { annotations: path }),
      annotatedPod('metrics', 'ours', at.honest, {
        labels: { 'app.kubernetes.io/name': 'prometheus', 'app.kubernetes.io/instance': 'prometheus' },
      }),
    ];
  }

  async function podServers(listen: (server: Server) => Promise<number>) {
    const { createServer } = await import('node:http');
    const text = (body: string) =>
      createServer((_, response) => response.setHeader('content-type', 'text/plain; version=0.0.4').end(body));
    const target = await listen(
      createServer((_, response) => {
        strayed += 1;
        response.end('strayed 1\n');
      }),
    );
    return {
      honest: await listen(
        createServer(({ url }, response) => response.writeHead(url === '/own' ? 200 : 404).end('orders_total 7\n')),
      ),
      forging: await listen(
        text(
          [
            'up 0',
            'kube_pod_info{pod="x"} 1',
            'kubelet_volume_stats_available_bytes{namespace="plumbline"} 1',
            'slo:burned:ratio 1',
            'forged_total{namespace="billing", pod="other", job="tempo"} 3 1000',
            '',
          ].join('\n'),
        ),
      ),
      flooding: await listen(text(Array.from({ length: 51 }, (_, index) => `flood{n="${index}"} 1\n`).join(''))),
      redirecting: await listen(
        createServer((_, response) =>
          response.writeHead(302, { location: `http://127.0.0.1:${target}/metrics` }).end(),
        ),
      ),
    };
  }

  async function ask<T>(of: PrometheusPeer, path: string): Promise<T> {
    return ((await (await fetch(`${of.url}/api/v1/${path}`)).json()) as { readonly data: T }).data;
  }

  /** Targets of a job, once so many are well and the others were asked; or as they are after a minute. */
  async function targetsOf(of: PrometheusPeer, job: string, well: number): Promise<readonly Target[]> {
    const now = async () =>
      (await ask<{ readonly activeTargets: readonly Target[] }>(of, 'targets?state=active')).activeTargets.filter(
        ({ scrapePool }) => scrapePool === job,
      );
    let found = await now();
    for (let tries = 0; tries < 120; tries += 1) {
      const asked = found.every(({ health }) => health !== 'unknown');
      if (asked && found.filter(({ health }) => health === 'up').length >= well) break;
      await sleep(500);
      found = await now();
    }
    return found;
  }

  async function valuesOf(of: PrometheusPeer, query: string): Promise<readonly Readonly<Record<string, string>>[]> {
    const { result } = await ask<{ readonly result: readonly { readonly metric: Record<string, string> }[] }>(
      of,
      `query?query=${encodeURIComponent(query)}`,
    );
    return result.map(({ metric }) => metric);
  }

  it('is configured as promtool wants it, with discovery and without', async () => {
    for (const name of ['prometheus', 'narrow']) {
      const file = join(await dataDirectory('rendered'), 'prometheus.yml');
      await writeFile(file, fileOf(objects, `${name}-config`, 'prometheus.yml'));
      await promtool(['check', 'config', '--syntax-only', '--lint=all', '--lint-fatal', file]);
    }
  });

  it('reads kubelets that have a certificate of the authority, as the account that the ClusterRole is for', async () => {
    for (const job of ['kubelet', 'cadvisor']) {
      const [first, second, ...others] = [...(await targetsOf(wide, job, 1))].sort((a, b) =>
        compareText(a.labels.node ?? '', b.labels.node ?? ''),
      );
      expect(first).toMatchObject({ labels: { node: 'node-1' }, lastError: '', health: 'up' });
      expect(second).toMatchObject({ labels: { node: 'node-2' }, health: 'down' });
      expect(second?.lastError).toContain('unknown authority');
      expect(others).toEqual([]);
    }
    // Neither to the node whose certificate nobody vouches for, nor another one.
    expect([...new Set(tokens)]).toEqual(['node-1 system:serviceaccount:metrics:prometheus']);
    expect(await valuesOf(wide, 'kubelet_volume_stats_available_bytes')).toMatchObject([
      { job: 'kubelet', node: 'node-1', namespace: 'shop', persistentvolumeclaim: 'data' },
    ]);
  });

  it('keeps of containers what is asked for, without what is new with each start', async () => {
    const series = await valuesOf(wide, '{job="cadvisor", __name__=~"container_.+"}');
    expect(series.map(({ __name__, container, pod }) => [__name__, container, pod])).toEqual([
      ['container_cpu_usage_seconds_total', 'cart', 'cart-1'],
    ]);
    expect(Object.keys(series[0] ?? {}).filter((label) => /^(id|name|image)$/.test(label))).toEqual([]);
  });

  it('reads the API server where it says that it is, with the certificate of its name and by the rendered right', async () => {
    const targets = await targetsOf(wide, 'kube-apiserver', 1);
    expect(targets.map(({ health, lastError }) => [health, lastError])).toEqual([['up', '']]);
  });

  it('keeps of it every series that rules and panels ask for, and of durations few', async () => {
    const found = async () => valuesOf(wide, '{job="kube-apiserver", __name__!~"up|scrape_.+"}');
    const names = async () => new Set((await found()).map(({ __name__ }) => __name__));
    // Who logs in with a certificate is the administrator, by kubectl.
    for (let tries = 0; tries < 60 && (await names()).size < apiServerMetrics.length; tries += 1) {
      await api.kubectl(['get', 'namespaces']);
      await sleep(500);
    }
    expect([...(await names())].sort()).toEqual([...apiServerMetrics].sort());
    const durations = await valuesOf(wide, 'apiserver_request_duration_seconds_bucket');
    expect(new Set(durations.map(({ le }) => Number(le?.replace('+Inf', 'Infinity'))))).toEqual(
      new Set([0.1, 0.4, 1, 5, 15, 60, Infinity]),
    );
    expect(new Set(durations.map(({ verb }) => verb))).not.toContain('WATCH');
    expect((await found()).length).toBeLessThan(5000);
  });

  it('has of it an answer to what is asked for on its dashboard, and nothing that fires', async () => {
    const unanswered = async () => {
      const open: string[] = [];
      for (const { text } of queriesOf(apiServerDashboard)) {
        const query = interpolated(text).replaceAll('[2m]', '[10s]');
        if ((await valuesOf(wide, query)).length === 0) open.push(query);
      }
      // Of what fails there is nothing, where nothing has failed.
      return open.filter((query) => !query.includes('code=~"5.."'));
    };
    let open = await unanswered();
    for (let tries = 0; tries < 60 && open.length > 0; tries += 1) {
      await api.kubectl(['get', 'namespaces']);
      await sleep(500);
      open = await unanswered();
    }
    expect(open).toEqual([]);
    const shortened = ({ expr }: { readonly expr: string }) => expr.replaceAll(/\[(5|15)m\]/g, '[30s]');
    const firing = await Promise.all(apiServerAlerts.slice(0, 3).map((alert) => valuesOf(wide, shortened(alert))));
    expect(firing.flat()).toEqual([]);
    // That of the administrator is valid for longer than a week, and the rule sees how long.
    const expiring = shortened(apiServerAlerts.at(-1) ?? { expr: '' });
    expect(await valuesOf(wide, expiring)).toEqual([]);
    expect(await valuesOf(wide, expiring.replace(/< \d+$/, '> 0'))).toEqual([{ job: 'kube-apiserver' }]);
  });

  it('reads the pods that ask for it, of every team, once each, and ours not again', async () => {
    const targets = await targetsOf(wide, 'annotated-pods', 3);
    expect(targets.map(({ labels: { namespace, pod }, health }) => [namespace, pod, health]).sort()).toEqual([
      ['billing', 'asks', 'up'],
      ['shop', 'asks', 'up'],
      ['shop', 'floods', 'down'],
      ['shop', 'forges', 'up'],
      ['shop', 'redirects', 'down'],
    ]);
  });

  it('is not led astray by what they answer', async () => {
    const targets = await targetsOf(wide, 'annotated-pods', 3);
    const errorOf = (name: string) => targets.find(({ labels: { pod } }) => pod === name)?.lastError;
    expect(errorOf('floods')).toContain('sample limit exceeded');
    expect(errorOf('redirects')).toContain('302');
    expect(strayed).toBe(0);
    expect(await valuesOf(wide, 'up{pod="forges"} == 0')).toEqual([]);
    expect(await valuesOf(wide, '{job="annotated-pods", __name__=~"kube.+|slo.+"}')).toEqual([]);
    expect(await valuesOf(wide, 'forged_total')).toMatchObject([
      { job: 'annotated-pods', namespace: 'shop', pod: 'forges', exported_namespace: 'billing', exported_job: 'tempo' },
    ]);
  });

  it('finds pods of the namespaces that it has rights in, and of no others', async () => {
    const targets = await targetsOf(narrow, 'annotated-pods', 3);
    expect(new Set(targets.map(({ labels: { namespace } }) => namespace))).toEqual(new Set(['shop']));
  });

  it('has no right beyond those', async () => {
    const may = async (question: readonly string[], account: string) => {
      const as = `--as=system:serviceaccount:metrics:${account}`;
      const answer = await api.kubectl(['auth', 'can-i', ...question, as]).catch(() => ({ stdout: 'no' }));
      return answer.stdout.trim();
    };
    expect(await may(['get', 'nodes', '--subresource=metrics'], 'prometheus')).toBe('yes');
    expect(await may(['get', '/metrics'], 'prometheus')).toBe('yes');
    expect(await may(['get', '/metrics'], 'narrow')).toBe('no');
    for (const question of [
      ['get', 'nodes', '--subresource=proxy'],
      ['get', '/logs'],
      ['list', 'endpointslices', '--all-namespaces'],
      ['list', 'services', '--namespace=default'],
      ['get', 'secrets', '--namespace=shop'],
      ['list', 'secrets', '--all-namespaces'],
      ['list', 'services', '--all-namespaces'],
      ['create', 'pods', '--subresource=exec', '--namespace=shop'],
      ['delete', 'pods', '--namespace=shop'],
    ])
      expect([question, await may(question, 'prometheus')]).toEqual([question, 'no']);
    expect(await may(['list', 'pods', '--namespace=shop'], 'narrow')).toBe('yes');
    expect(await may(['list', 'pods', '--namespace=billing'], 'narrow')).toBe('no');
    expect(await may(['list', 'nodes'], 'narrow')).toBe('no');
  });
});
