import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import {
  dataDirectory,
  mimirOnLoopback,
  mountFiles,
  startAlertmanager,
  startMimir,
  startPrometheus,
  substituteAddresses,
  type AlertmanagerPeer,
  type MimirPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import { Alertmanager } from '../alerting/alertmanager';
import { startWebhook, type Message, type Webhook } from '../alerting/webhook.testing';
import { Endpoint } from '../core/endpoint';
import type { IEvaluable } from '../core/rule-groups';
import { dump } from '../core/yaml';
import { ObjectStore } from '../storage/object-store';
import { containerOf, fileOf, objectOf, renderApp, testApp } from '../testing';
import { Mimir } from './mimir';
import { Prometheus } from './prometheus';

/** Enough for groups of it to be at several members. */
const names = ['Cart', 'Stock', 'Search', 'Login', 'Basket', 'Later'];

/** Of a series that no Prometheus of the platform reads: who has it writes it to Mimir. What comes later is of another job. */
const rules: readonly IEvaluable[] = names.map((name) => {
  const job = name === 'Later' ? 'later' : 'shop';
  return {
    ...{ name: name.toLowerCase(), namespace: 'shop', slos: [] },
    recordingRules: [{ record: `${job}:${name.toLowerCase()}:count`, expr: `count by (job) (up{job="${job}"})` }],
    alerts: [
      {
        ...{
          name: `${name}Seen`,
          expr: `up{job="${job}"} == 1`,
          for: Duration.seconds(1),
          severity: 'warning' as const,
        },
        ...{ summary: 'It is there', description: 'It says so.' },
      },
    ],
  };
});

function render(own: object) {
  const app = testApp({ origin: { cluster: 'here' } });
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
  const mimir = new Mimir(app.chart('metrics'), 'mimir', { blocks, config: { 'mimir.yaml': own } });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', { replicas: 2, longTerm: mimir });
  metrics.notify(
    new Alertmanager(app.chart('alerting'), 'alertmanager', {
      receivers: {
        team: { webhook: { endpoint: Endpoint.external('hooks.example.org', 80, { scheme: 'http' }), path: '/' } },
      },
      otherwise: 'team',
      // Each is told by itself, so that it can be counted how often.
      grouping: { by: ['alertname', 'cluster'], wait: Duration.seconds(1), interval: Duration.seconds(1) },
    }),
  );
  metrics.evaluate(...rules);
  return renderApp(app);
}

describe('Rules of three members of Mimir', () => {
  const members: MimirPeer[] = [];
  const senders: PrometheusPeer[] = [];
  let people: Webhook;
  let alertmanager: AlertmanagerPeer;

  beforeAll(async () => {
    people = await startWebhook();
    const plain = render({});
    alertmanager = await startAlertmanager(
      substituteAddresses(fileOf(plain, 'alertmanager-config', 'alertmanager.yml'), {
        'http://hooks.example.org:80': people.url,
      }),
      containerOf(plain, 'StatefulSet', 'alertmanager').args?.filter((arg) => arg.startsWith('--cluster')),
    );
    const rulesFolder = await dataDirectory('mimir-rules');
    await mountFiles(join(rulesFolder, 'anonymous'), objectOf(plain, 'ConfigMap', 'mimir-rules').data);
    const places = await mimirOnLoopback('mimir-headless.metrics.svc.cluster.local', 3);
    members.push(
      ...(await Promise.all(
        places.map(({ table, config }) => {
          const { ruler = {}, ...parts } = config as { readonly ruler?: { readonly ring?: object } };
          const objects = render({
            ...parts,
            blocks_storage: { backend: 'filesystem', filesystem: { dir: `${table['/data'] ?? ''}-blocks` } },
            // Nobody waits here for minutes. As everywhere, an alert holds for four times as long as it is not sent again.
            ruler: {
              ...{ evaluation_interval: '1s', poll_interval: '1s', resend_delay: '20s' },
              ring: { ...ruler.ring, heartbeat_period: '1s', heartbeat_timeout: '10s' },
            },
            limits: { ruler_evaluation_delay_duration: '1s' },
          });
          return startMimir(
            substituteAddresses(fileOf(objects, 'mimir-config', 'mimir.yaml'), {
              ...table,
              '/etc/mimir-rules': rulesFolder,
              'alertmanager-headless.alerting.svc.cluster.local:9093': new URL(alertmanager.url).host,
            }),
            { env: { POD_IP: '127.0.0.1', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' } },
          );
        }),
      )),
    );
    senders.push(await startSender('shop'));
  });
  afterAll(async () => {
    await Promise.all([...members, ...senders, alertmanager].map((peer) => peer.stop()));
    people.stop();
  });

  /** Somebody who writes to Mimir: what is here, and what is elsewhere. */
  async function startSender(job: string): Promise<PrometheusPeer> {
    const target = new URL(alertmanager.url).host;
    return startPrometheus(
      dump({
        global: { scrape_interval: '1s' },
        scrape_configs: [
          {
            job_name: job,
            static_configs: [{ targets: [target] }, { targets: [target], labels: { cluster: 'there' } }],
          },
        ],
        // Whichever member is away, the others have it.
        remote_write: members.map(({ url }) => ({ url: `${url}/api/v1/push` })),
      }),
    );
  }

  /** Members that evaluate a rule group each, by the group's name. */
  async function owners(of: readonly MimirPeer[]): Promise<ReadonlyMap<string, readonly MimirPeer[]>> {
    const found = new Map<string, MimirPeer[]>();
    for (const member of of) {
      const metrics = await (await fetch(`${member.url}/metrics`)).text();
      for (const [, group = ''] of metrics.matchAll(
        /^cortex_prometheus_rule_group_rules\{rule_group="[^"]*;([^"]+)"/gm,
      ))
        found.set(group, [...(found.get(group) ?? []), member]);
    }
    return found;
  }

  const groups = rules.map(({ name }) => name).sort();
  const oneEach = (found: ReadonlyMap<string, readonly MimirPeer[]>) =>
    groups.every((name) => found.get(name)?.length === 1);

  async function settled(of: readonly MimirPeer[]): Promise<ReadonlyMap<string, readonly MimirPeer[]>> {
    let found = await owners(of);
    while (!oneEach(found)) {
      await sleep(300);
      found = await owners(of);
    }
    return found;
  }

  /** How often people were told that an alert fires. */
  function firings(alertname: string, cluster: string): number {
    const said = ({ status, labels }: Message['alerts'][number]) =>
      status === 'firing' && labels.alertname === alertname && labels.cluster === cluster;
    return people.told.filter(({ alerts }) => alerts.some(said)).length;
  }

  async function reached(alertname: string): Promise<void> {
    for (const cluster of ['here', 'there']) while (firings(alertname, cluster) === 0) await sleep(200);
  }

  interface Known {
    readonly updatedAt: string;
    readonly labels: Readonly<Record<string, string>>;
  }
  const known = async () => (await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json()) as readonly Known[];

  it('are each at one of them', async () => {
    expect(Array.from(await settled(members), ([name]) => name).sort()).toEqual(expect.arrayContaining(groups));
  });

  it('tell of what others write to it, with where that is from', async () => {
    for (const name of names.filter((each) => each !== 'Later')) await reached(`${name}Seen`);
    const alerts = (await known()).map(({ labels }) => [labels.alertname, labels.cluster].join(' '));
    const wanted = names
      .filter((each) => each !== 'Later')
      .flatMap((name) => [`${name}Seen here`, `${name}Seen there`]);
    expect(alerts.toSorted()).toEqual(wanted.toSorted());
  });

  it('write what they record into Mimir', async () => {
    type Answer = {
      readonly data?: { readonly result: readonly { readonly metric: object; readonly value: readonly unknown[] }[] };
    };
    const ask = async () => {
      const answer = await fetch(`${members[1]?.url ?? ''}/prometheus/api/v1/query?query=shop:cart:count`);
      return ((await answer.json()) as Answer).data?.result ?? [];
    };
    while ((await ask()).length === 0) await sleep(200);
    expect((await ask()).map(({ metric, value }) => [metric, value[1]])).toEqual([
      [{ __name__: 'shop:cart:count', job: 'shop', cluster: 'here' }, '2'],
    ]);
  });

  it('expose what alerts about them ask for', async () => {
    const exposed = () => Promise.all(members.map(async ({ url }) => (await fetch(`${url}/metrics`)).text()));
    const linesOf = (texts: readonly string[], name: string) =>
      texts.flatMap((text) => text.split('\n').filter((line) => line.startsWith(`${name}{`)));
    const evaluations = 'cortex_prometheus_rule_evaluations_total';
    const failures = 'cortex_prometheus_rule_evaluation_failures_total';
    const before = await exposed();
    for (const name of ['cortex_prometheus_notifications_dropped_total', failures, evaluations])
      expect([name, linesOf(before, name)]).toEqual([name, expect.arrayContaining([expect.stringContaining(name)])]);
    // While members start they may not be asked yet; then no rule fails, of any group.
    let after = before;
    const total = (texts: readonly string[]) =>
      linesOf(texts, evaluations).reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
    while (total(after) < total(before) + 4 * names.length) {
      await sleep(500);
      after = await exposed();
    }
    expect(linesOf(after, failures)).toEqual(linesOf(before, failures));
  });

  it('go on where one of them is killed, with what fires later, and people are told no alert twice', async () => {
    const [owner] = (await settled(members)).get('later') ?? [];
    await owner?.kill();
    const killedAt = Date.now();
    const others = members.filter((member) => member !== owner);
    await settled(others);
    senders.push(await startSender('later'));
    await reached('LaterSeen');
    // Each of the others was sent again, by who has it now.
    const old = async () => (await known()).filter(({ updatedAt }) => Date.parse(updatedAt) < killedAt);
    while ((await old()).length > 0) await sleep(200);
    const times = names.flatMap((name) => ['here', 'there'].map((cluster) => [name, firings(`${name}Seen`, cluster)]));
    expect(times.filter(([, count]) => count !== 1)).toEqual([]);
    expect((await known()).length).toBe(2 * names.length);
  });
});
