import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import {
  dataDirectory,
  startAlertmanager,
  startPrometheus,
  substituteAddresses,
  type AlertmanagerPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import { ExternalAlertmanager } from '../alerting/external-alertmanager';
import { Endpoint } from '../core/endpoint';
import { fileOf, renderApp, testApp } from '../testing';
import { Prometheus } from './prometheus';

/** Always so, of a series that is read: so with an instance, as alerts have. */
const firing = {
  ...{ name: 'always', namespace: 'metrics', recordingRules: [], slos: [] },
  alerts: [
    {
      ...{ name: 'Always', expr: 'sum by (job) (vector(1))', for: Duration.seconds(1), severity: 'warning' as const },
      ...{ summary: 'It is always so', description: 'It always is.' },
    },
  ],
};

function render() {
  const app = testApp({ origin: { cluster: 'here' } });
  const at = (host: string) => Endpoint.external(`${host}.example.org`, 80, { scheme: 'http' });
  // A receiver of remote write in Mimir's place: it drops nothing, so that everything can be seen that arrives.
  const longTerm = Prometheus.fromExternal(app.chart('metrics'), 'receiver', { endpoint: at('receiver') });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', {
    replicas: 2,
    longTerm,
    scrapeInterval: Duration.seconds(1),
    config: { 'prometheus.yml': { global: { evaluation_interval: '1s' } } },
  });
  metrics.notify(new ExternalAlertmanager(app.chart('metrics'), 'alertmanager', { endpoint: at('alertmanager') }));
  metrics.evaluate(firing);
  return renderApp(app);
}

describe('Two Prometheus that are replicas', () => {
  const names = ['prometheus-0', 'prometheus-1'] as const;
  const replicas: PrometheusPeer[] = [];
  let receiver: PrometheusPeer;
  let alertmanager: AlertmanagerPeer;

  beforeAll(async () => {
    const objects = render();
    receiver = await startPrometheus('{}');
    alertmanager = await startAlertmanager('{ route: { receiver: nobody }, receivers: [{ name: nobody }] }', [
      '--cluster.listen-address=',
    ]);
    const rules = await dataDirectory('replica-rules');
    await writeFile(join(rules, 'always.yml'), fileOf(objects, 'prometheus-rules', 'always.yml'));
    const config = substituteAddresses(fileOf(objects, 'prometheus-config', 'prometheus.yml'), {
      'receiver.example.org:80': new URL(receiver.url).host,
      'alertmanager.example.org:80': new URL(alertmanager.url).host,
      '/etc/prometheus-rules': rules,
    });
    for (const POD_NAME of names) replicas.push(await startPrometheus(config, [], { POD_NAME }));
  });
  afterAll(() => Promise.all([...replicas, receiver, alertmanager].map((peer) => peer.stop())));

  interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }

  async function ask(query: string): Promise<readonly Sample[]> {
    const answer = await fetch(`${receiver.url}/api/v1/query?query=${encodeURIComponent(query)}`);
    return ((await answer.json()) as { readonly data: { readonly result: readonly Sample[] } }).data.result;
  }

  it('send all with the name of the pod that sends, and one that they have in common', async () => {
    const sent = () => ask('ALERTS{alertname="Always", alertstate="firing"}');
    while ((await sent()).length < names.length) await sleep(200);
    const labels = (await sent()).map(({ metric }) => metric);
    expect(labels.map(({ __replica__ }) => __replica__).sort()).toEqual(names);
    // The origin has the name that Mimir wants for a pair by itself, and tells one from another as well.
    for (const each of labels) expect(each).toMatchObject({ cluster: 'here' });
  });

  it('tell of one alert, without their names', async () => {
    const told = async () =>
      (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as readonly {
        readonly labels: Readonly<Record<string, string>>;
      }[];
    while ((await told()).length === 0) await sleep(200);
    // Both have sent theirs again meanwhile.
    for (const { url } of replicas) {
      const delivered = async () => {
        const metrics = await (await fetch(`${url}/metrics`)).text();
        return Number(/^prometheus_notifications_sent_total\{.*\} (\d+)$/m.exec(metrics)?.[1] ?? 0);
      };
      while ((await delivered()) === 0) await sleep(200);
    }
    expect((await told()).map(({ labels }) => labels)).toEqual([
      { alertname: 'Always', severity: 'warning', cluster: 'here' },
    ]);
  });

  it('go on one without the other', async () => {
    await replicas[0]?.kill();
    const killedAt = Date.now() / 1000;
    const newest = async () => {
      const [last] = await ask(
        'timestamp(ALERTS{alertname="Always", alertstate="firing", __replica__="prometheus-1"})',
      );
      return Number(last?.value[1] ?? 0);
    };
    while ((await newest()) <= killedAt + 2) await sleep(200);
    expect(await newest()).toBeGreaterThan(killedAt);
  });
});
