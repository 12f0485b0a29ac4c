import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import {
  CertificateAuthority,
  dataDirectory,
  freePorts,
  startAlertmanager,
  substituteAddresses,
  type AlertmanagerPeer,
  type Certificate,
} from '../../tools/peers';
import { Endpoint } from '../core/endpoint';
import { ServerCertificate } from '../core/server-tls';
import { containerOf, fileOf, renderApp, testApp } from '../testing';
import { Alertmanager } from './alertmanager';
import { startWebhook, type Webhook } from './webhook.testing';

const hooks = Endpoint.external('hooks.example.org', 80, { scheme: 'http' });
const ordinals = [0, 1, 2] as const;
const host = 'alertmanager-headless.alerting.svc.cluster.local';

function render(encrypted: boolean) {
  const app = testApp(encrypted ? { tls: { ca: 'ca' } } : {});
  new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { team: { webhook: { endpoint: hooks, path: '/' }, resolved: false } },
    otherwise: 'team',
    grouping: { wait: Duration.seconds(1) },
    replicas: ordinals.length,
  });
  const objects = renderApp(app);
  const args = containerOf(objects, 'StatefulSet', 'alertmanager').args ?? [];
  return {
    config: fileOf(objects, 'alertmanager-config', 'alertmanager.yml'),
    flags: args.filter((arg) => arg.startsWith('--cluster')),
    tls: encrypted ? fileOf(objects, 'alertmanager-config', 'cluster-tls.yml') : undefined,
    names: ServerCertificate.all(app).flatMap(({ dnsNames }) => dnsNames.map((name) => `DNS:${name}`)),
  };
}

/** Three of them as they are rendered, at addresses of this machine. */
class Cluster {
  readonly members: AlertmanagerPeer[] = [];
  authority: CertificateAuthority | undefined;

  private constructor(
    private readonly rendered: ReturnType<typeof render>,
    private readonly people: Webhook,
    private readonly addresses: readonly string[],
  ) {}

  static async start(encrypted: boolean, people: Webhook): Promise<Cluster> {
    const rendered = render(encrypted);
    const addresses = (await freePorts(ordinals.length)).map((port) => `127.0.0.1:${port}`);
    const cluster = new Cluster(rendered, people, addresses);
    if (encrypted) cluster.authority = await CertificateAuthority.create(await dataDirectory('authority'));
    const own = await cluster.authority?.issue('alertmanager', '/CN=alertmanager', rendered.names);
    for (const address of addresses) cluster.members.push(await cluster.member(address, own));
    return cluster;
  }

  /** One more, which looks for the others as they do. @param certificate that it shows. @default - it speaks in plain text */
  async member(own: string, certificate?: Certificate): Promise<AlertmanagerPeer> {
    const { config, flags, tls } = this.rendered;
    const files: Record<string, string> = {};
    if (tls !== undefined && certificate !== undefined && this.authority !== undefined) {
      const file = join(await dataDirectory('cluster-tls'), 'cluster-tls.yml');
      const paths = {
        '/etc/plumbline/tls/server/tls.crt': certificate.certificateFile,
        '/etc/plumbline/tls/server/tls.key': certificate.keyFile,
        '/etc/plumbline/tls/ca-ca-crt/ca.crt': this.authority.certificateFile,
      };
      await writeFile(file, substituteAddresses(tls, paths));
      files['/etc/alertmanager/cluster-tls.yml'] = file;
    }
    const kept = flags.filter((flag) => certificate !== undefined || !flag.startsWith('--cluster.tls-config'));
    const peers = ordinals.map((ordinal) => [`alertmanager-${ordinal}.${host}:9094`, this.addresses[ordinal] ?? '']);
    const table: Readonly<Record<string, string>> = {
      '0.0.0.0:9094': own,
      '$(POD_IP):9094': own,
      ...(Object.fromEntries(peers) as Readonly<Record<string, string>>),
      ...files,
    };
    return startAlertmanager(substituteAddresses(config, { 'http://hooks.example.org:80': this.people.url }), [
      ...substituteAddresses(kept.join('\n'), table).split('\n'),
      '--cluster.reconnect-interval=1s',
    ]);
  }

  /** Names that the certificate of each is for. */
  get names(): readonly string[] {
    return this.rendered.names;
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
  }
}

type At = Pick<AlertmanagerPeer, 'url'>;

async function ask<T>({ url }: At, path: string): Promise<T> {
  return (await (await fetch(`${url}/api/v2/${path}`)).json()) as T;
}

async function send({ url }: At, path: string, body: unknown): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/api/v2/${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
}

/** As Prometheus does it: every replica is told. */
async function fire(members: readonly At[], alertname: string): Promise<void> {
  await Promise.all(members.map((member) => send(member, 'alerts', [{ labels: { alertname, severity: 'warning' } }])));
}

async function silence(member: At, alertname: string): Promise<string> {
  const now = Date.now();
  const made = await send(member, 'silences', {
    matchers: [{ name: 'alertname', value: alertname, isRegex: false, isEqual: true }],
    startsAt: new Date(now).toISOString(),
    endsAt: new Date(now + 3_600_000).toISOString(),
    createdBy: 'test',
    comment: 'of a test',
  });
  return ((await made.json()) as { readonly silenceID: string }).silenceID;
}

async function silencesAt(member: At): Promise<readonly string[]> {
  return (await ask<readonly { readonly id: string }[]>(member, 'silences')).map(({ id }) => id);
}

/** Names of silences that keep an alert from being told, at one of them. */
async function silencedBy(member: At, alertname: string): Promise<readonly string[]> {
  type Known = { readonly status: { readonly silencedBy: readonly string[] } };
  const filter = encodeURIComponent(`alertname="${alertname}"`);
  return (await ask<readonly Known[]>(member, `alerts?filter=${filter}`)).flatMap(({ status }) => status.silencedBy);
}

async function peersOf(member: At): Promise<number> {
  type Status = { readonly cluster: { readonly status: string; readonly peers?: readonly object[] } };
  const { cluster } = await ask<Status>(member, 'status');
  return cluster.status === 'ready' ? (cluster.peers ?? []).length : 0;
}

/** Sum of a metric's series; 0 before there is any. */
async function metricOf({ url }: At, name: string): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return lines.reduce((sum, line) => (/^\w+/.exec(line)?.[0] === name ? sum + Number(line.split(' ').at(-1)) : sum), 0);
}

/** The deadline is the test's. */
async function until(holds: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await holds())) await sleep(100);
}

/** How often each of them has looked whether people were told already, which it does when it would tell them. */
const looked = (members: readonly At[]) =>
  Promise.all(members.map((member) => metricOf(member, 'alertmanager_nflog_queries_total')));

/** Each takes minutes, as it does in a cluster; both of them with `PLUMBLINE_ALONE=1`. */
const ways = [
  ['encrypted', true],
  ['in plain text', false],
] as const;

describe.each(process.env.PLUMBLINE_ALONE === '1' ? ways : ways.slice(0, 1))(
  'Three replicas of Alertmanager, %s',
  (how, encrypted) => {
    let people: Webhook;
    let cluster: Cluster;
    let teller: AlertmanagerPeer;
    let others: readonly AlertmanagerPeer[];

    beforeAll(async () => {
      people = await startWebhook();
      cluster = await Cluster.start(encrypted, people);
      for (const member of cluster.members) await until(async () => (await peersOf(member)) === ordinals.length);
    });
    afterAll(async () => {
      await cluster.stop();
      people.stop();
    });

    const times = (alertname: string) =>
      people.told.flatMap(({ alerts }) => alerts).filter(({ labels }) => labels.alertname === alertname).length;

    /** Fires an alert, and waits until each has had its turn. */
    async function turnOf(members: readonly At[], alertname: string): Promise<void> {
      const before = await looked(members);
      const began = performance.now();
      await fire(members, alertname);
      await until(() => times(alertname) > 0);
      console.info(`${how}: ${alertname} was told after ${((performance.now() - began) / 1000).toFixed(1)} s`);
      await until(async () => (await looked(members)).every((count, index) => count > (before[index] ?? 0)));
    }

    it('tell people once of an alert that all of them were told of', async () => {
      await turnOf(cluster.members, 'CartDown');
      expect(times('CartDown')).toBe(1);
      const sent = await Promise.all(
        cluster.members.map((member) => metricOf(member, 'alertmanager_notifications_total')),
      );
      const first = cluster.members[sent.findIndex((count) => count > 0)];
      if (first === undefined) throw new Error('none of them says that it told people');
      teller = first;
      others = cluster.members.filter((member) => member !== teller);
      expect(sent.filter((count) => count > 0)).toEqual([1]);
    });

    it('tell people once when the one whose turn it is was killed', async () => {
      await teller.kill();
      await turnOf(others, 'StockLow');
      expect(times('StockLow')).toBe(1);
    });

    it('hold a silence that was made at one of them, all of them, also one that was not there', async () => {
      const [one] = others;
      if (one === undefined) throw new Error('nobody is left');
      const id = await silence(one, 'DiskOld');
      for (const member of others) await until(async () => (await silencesAt(member)).includes(id));
      await teller.restart();
      await until(async () => (await peersOf(teller)) === ordinals.length && (await silencesAt(teller)).includes(id));
      await fire(cluster.members, 'DiskOld');
      for (const member of cluster.members) await until(async () => (await silencedBy(member, 'DiskOld')).includes(id));
    });

    it('do not tell people again what they were told while one was away', async () => {
      await turnOf(cluster.members, 'CartDown and StockLow have had their turn');
      await fire(cluster.members, 'StockLow');
      await turnOf(cluster.members, 'StockLow has had its turn');
      expect([times('StockLow'), times('DiskOld')]).toEqual([1, 0]);
    });

    if (!encrypted) return;

    /** One more that looks for them, until it has looked: what it and they see, and whether a silence goes either way. */
    async function joins(
      certificate?: Certificate,
    ): Promise<{ readonly seen: readonly number[]; readonly told: boolean }> {
      const [port = 0] = await freePorts(1);
      const stranger = await cluster.member(`127.0.0.1:${port}`, certificate);
      try {
        await until(
          async () =>
            (await peersOf(stranger)) > ordinals.length ||
            (await metricOf(stranger, 'alertmanager_cluster_reconnections_failed_total')) >= ordinals.length,
        );
        await until(async () => (await peersOf(stranger)) > 0);
        const [one] = cluster.members;
        if (one === undefined) throw new Error('there is no member');
        const seen = await Promise.all([stranger, ...cluster.members].map((member) => peersOf(member)));
        const ids = [await silence(stranger, 'Taken'), await silence(one, 'Given')];
        // What a member knows the others know soon: then it has been told to all that there are.
        for (const member of cluster.members)
          await until(async () => (await silencesAt(member)).includes(ids[1] ?? ''));
        await sleep(1000);
        const told = [...(await silencesAt(stranger)), ...(await silencesAt(one))].filter((id) => ids.includes(id));
        return { seen, told: told.length > ids.length };
      } finally {
        await stranger.stop();
      }
    }

    it('let in who shows the certificate of a member', async () => {
      const own = await cluster.authority?.issue('another', '/CN=alertmanager', cluster.names);
      expect(await joins(own)).toEqual({ seen: [4, 4, 4, 4], told: true });
      for (const member of cluster.members) await until(async () => (await peersOf(member)) === ordinals.length);
    });

    it('let nobody in who speaks in plain text', async () => {
      expect(await joins()).toEqual({ seen: [1, 3, 3, 3], told: false });
    });

    it('let nobody in with the certificate of another server of the platform', async () => {
      const other = await cluster.authority?.issue('grafana', '/CN=grafana', ['DNS:grafana.visualization.svc']);
      expect(await joins(other)).toEqual({ seen: [1, 3, 3, 3], told: false });
    });
  },
);
