import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { dump } from '../../constructs/core/yaml';
import { Loki } from '../../constructs/logs/loki';
import { containerOf, fileOf, objectOf, renderApp, testApp } from '../../constructs/testing';
import { platform } from '../../main';
import {
  dataDirectory,
  lokiOnLoopback,
  type LokiPeer,
  type Peer,
  type PrometheusPeer,
  sendTraces,
  startApiServer,
  startKubeStateMetrics,
  startLoki,
  startNodeExporter,
  startPrometheus,
  substituteAddresses,
} from '../../tools/peers';
import { interpolated } from '../dashboards.testing';
import { startGeneratingTempo, type GeneratingTempo } from '../generating-tempo.testing';
import { applyAll, applyTeam, nodeExporterArgs } from '../infrastructure.testing';
import { isAskedLive } from './evidence';
import { answer, everyService, useCases } from './index';

const app = platform(everyService);
const objects = renderApp(app);

/** Every PromQL query of a panel that is asked here, once. */
const asked = new Map(
  answer(app, useCases)
    .flatMap(({ shown }) => shown)
    .filter(({ dashboard, panel }) => isAskedLive(dashboard, panel))
    .flatMap(({ dashboard, panel, queries }) =>
      queries.flatMap(({ language, text }, i) =>
        language === 'PromQL' ? [[`${dashboard}: ${panel}, query ${i + 1}`, text] as const] : [],
      ),
    ),
);

describe('What panels of use cases ask', () => {
  const peers: Peer[] = [];
  let prometheus: PrometheusPeer;
  let generating: GeneratingTempo;

  beforeAll(async () => {
    const rules = await dataDirectory('use-cases-rules');
    for (const [name, text] of Object.entries(objectOf(objects, 'ConfigMap', 'prometheus-rules').data as object)) {
      await writeFile(join(rules, name), String(text));
    }
    const nodes = await startNodeExporter(nodeExporterArgs(objects));
    const api = await startApiServer();
    peers.push(nodes, api);
    const ofKind = (kind: string) => objects.filter((each) => each.kind === kind);
    await applyAll(api, ofKind('Namespace'));
    await applyAll(
      api,
      ['ServiceAccount', 'ClusterRole', 'ClusterRoleBinding']
        .flatMap(ofKind)
        .filter(({ metadata }) => metadata.name.includes('kube-state-metrics')),
    );
    await applyTeam(api);
    const states = await startKubeStateMetrics(
      containerOf(objects, 'Deployment', 'kube-state-metrics').args ?? [],
      await api.serviceAccountKubeconfig('ao-os', 'kube-state-metrics'),
    );
    const loki = await lokiOfItsOwn();
    peers.push(states, loki);
    const job = (name: string, url: string, more: object = {}) => ({
      job_name: name,
      static_configs: [{ targets: [new URL(url).host] }],
      ...more,
    });
    prometheus = await startPrometheus(
      dump({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [join(rules, '*.yml')],
        scrape_configs: [
          job('node-exporter', nodes.url),
          job('kube-state-metrics', states.url, { honor_labels: true }),
          job('loki', loki.url),
          // Nobody is there: that is an alert, and a target that does not answer.
          job('tempo', 'http://127.0.0.1:9'),
        ],
      }),
    );
    generating = await startGeneratingTempo(prometheus.url);
    peers.push(prometheus, generating.tempo);
    await push(loki);
  });
  afterAll(() => Promise.all(peers.map((peer) => peer.stop())));

  async function lokiOfItsOwn(): Promise<LokiPeer> {
    const own = testApp();
    new Loki(own.chart('logs'), 'loki');
    return startLoki(substituteAddresses(fileOf(renderApp(own), 'loki-config', 'loki.yaml'), await lokiOnLoopback()));
  }

  async function push({ url }: LokiPeer): Promise<void> {
    const values = [[`${Date.now()}000000`, 'the card was refused']];
    const body = JSON.stringify({ streams: [{ stream: { service_name: 'payment' }, values }] });
    const headers = { 'content-type': 'application/json' };
    expect((await fetch(`${url}/loki/api/v1/push`, { method: 'POST', headers, body })).ok).toBe(true);
  }

  async function rowsOf(text: string): Promise<number> {
    const query = new URLSearchParams({ query: interpolated(text, '.+') }).toString();
    const { data } = (await (await fetch(`${prometheus.url}/api/v1/query?${query}`)).json()) as {
      readonly data: { readonly result: readonly object[] };
    };
    return data.result.length;
  }

  async function unanswered(): Promise<readonly string[]> {
    const open: string[] = [];
    for (const [name, text] of asked) if ((await rowsOf(text)) === 0) open.push(name);
    return open;
  }

  it('has rows, but for what `evidence.ts` says of others', async () => {
    expect(asked.size).toBeGreaterThan(30);
    let open = await unanswered();
    for (let times = 0; times < 90 && open.length > 0; times += 1) {
      for (const status of ['Error', 'Ok'] as const) {
        await sendTraces({ endpoint: generating.otlp, service: 'checkout', traces: 10, status, spanDuration: '600ms' });
      }
      await sleep(1_000);
      open = await unanswered();
    }
    expect(open).toEqual([]);
  });
});
