import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import {
  amtool,
  dataDirectory,
  startAlertmanager,
  startPrometheus,
  substituteAddresses,
  type AlertmanagerPeer,
  type PrometheusPeer,
} from '../../tools/peers';
import type { Alert } from '../core/alert';
import { Endpoint } from '../core/endpoint';
import { Prometheus } from '../metrics/prometheus';
import { containerOf, fileOf, renderApp, testApp } from '../testing';
import { Alertmanager } from './alertmanager';
import { startWebhook, type Webhook } from './webhook.testing';

const hooks = Endpoint.external('hooks.example.org', 80, { scheme: 'http' });
const alert = (name: string, severity: Alert['severity'], labels: Alert['labels']): Alert => ({
  ...{ name, severity, expr: 'vector(1)', for: Duration.seconds(1) },
  ...{ summary: `${name} is so`, description: 'It always is.', labels: { ...labels } },
});

/** What fires: by severity, by team, what follows from something critical, what is only to be seen, and the deadman's. */
const firing = {
  ...{ name: 'shop', namespace: 'shop', recordingRules: [], slos: [] },
  alerts: [
    alert('CartDown', 'critical', { job: 'cart' }),
    alert('CartSlow', 'warning', { job: 'cart' }),
    alert('StockLow', 'warning', { job: 'stock', team: 'shop' }),
    alert('DiskOld', 'warning', { job: 'disk' }),
    alert('Snored', 'warning', { job: 'night', team: 'asleep' }),
    alert('Woke', 'warning', { job: 'day', team: 'awake' }),
    alert('Chatty', 'warning', { job: 'chat', team: 'chat' }),
    alert('Seen', 'info', { job: 'seen' }),
    alert('Watchdog', 'info', { job: 'alertmanager' }),
  ],
};

function render() {
  const app = testApp();
  new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: {
      platform: { webhook: { endpoint: hooks, path: '/platform' } },
      oncall: { webhook: { endpoint: hooks } },
      shop: { webhook: { endpoint: hooks, path: '/shop' } },
      asleep: { webhook: { endpoint: hooks, path: '/asleep' } },
      awake: { webhook: { endpoint: hooks, path: '/awake' } },
      chat: { slack: { channel: '#chat' }, discord: {} },
    },
    messages: {
      title: '{{ template "acme.title" . }}',
      text: '{{ range .Alerts }}{{ .Annotations.summary }}, says {{ .Labels.job }}{{ end }}',
      templates: { acme: '{{ define "acme.title" }}ACME: {{ .CommonLabels.alertname }}{{ end }}' },
    },
    otherwise: 'platform',
    timeIntervals: { always: [{ times: [{ from: '00:00', to: '24:00' }] }], past: [{ years: ['1999'] }] },
    routes: [
      { receiver: 'shop', team: 'shop' },
      { receiver: 'asleep', team: 'asleep', mutedDuring: ['always'] },
      { receiver: 'awake', team: 'awake', mutedDuring: ['past'], activeDuring: ['always'] },
      { receiver: 'chat', team: 'chat' },
      { receiver: 'oncall', severity: 'critical' },
    ],
    grouping: { wait: Duration.seconds(1), interval: Duration.seconds(1) },
    deadman: { webhook: { endpoint: hooks, path: '/deadman' } },
  });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', {
    config: { 'prometheus.yml': { global: { evaluation_interval: '1s' } } },
  });
  const endpoint = Endpoint.external('alertmanager.example.org', 9093, { scheme: 'http' });
  metrics.notify(Alertmanager.fromExternal(app.chart('metrics'), 'sink', { endpoint }));
  metrics.evaluate(firing);
  return renderApp(app);
}

describe('An alert that fires', () => {
  const objects = render();
  let people: Webhook;
  let chat: Webhook;
  let alertmanager: AlertmanagerPeer;
  let prometheus: PrometheusPeer;

  beforeAll(async () => {
    people = await startWebhook();
    const secrets = await dataDirectory('alertmanager-secrets');
    await mkdir(join(secrets, 'oncall'));
    await writeFile(join(secrets, 'oncall', 'webhook-url'), `${people.url}/oncall`);
    chat = await startWebhook();
    await mkdir(join(secrets, 'chat'));
    for (const way of ['slack', 'discord']) await writeFile(join(secrets, 'chat', `${way}-url`), `${chat.url}/${way}`);
    const templates = await dataDirectory('alertmanager-templates');
    await writeFile(join(templates, 'acme.tmpl'), fileOf(objects, 'alertmanager-config', 'acme.tmpl'));
    const alone = containerOf(objects, 'StatefulSet', 'alertmanager').args?.filter((arg) =>
      arg.startsWith('--cluster'),
    );
    alertmanager = await startAlertmanager(
      substituteAddresses(fileOf(objects, 'alertmanager-config', 'alertmanager.yml'), {
        'http://hooks.example.org:80': people.url,
        '/etc/alertmanager-secrets': secrets,
        '/etc/alertmanager/*.tmpl': `${templates}/*.tmpl`,
      }),
      alone,
    );
    const rules = await dataDirectory('alertmanager-rules');
    await writeFile(join(rules, 'shop.yml'), fileOf(objects, 'prometheus-rules', 'shop.yml'));
    prometheus = await startPrometheus(
      substituteAddresses(fileOf(objects, 'prometheus-config', 'prometheus.yml'), {
        'alertmanager.example.org:9093': new URL(alertmanager.url).host,
        '/etc/prometheus-rules': rules,
      }),
    );
  });
  afterAll(async () => {
    await Promise.all([prometheus.stop(), alertmanager.stop()]);
    people.stop();
    chat.stop();
  });

  const namesTold = (receiver: string) => [
    ...new Set(
      people.told
        .filter((message) => message.receiver === receiver)
        .flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname ?? '')),
    ),
  ];

  /** Waits for a first message; the deadline is the test's. */
  async function firstOf(receiver: string): Promise<void> {
    while (namesTold(receiver).length === 0) await sleep(100);
  }

  it.each([
    ['oncall', 'CartDown', 'its severity, at a URL that is in a file'],
    ['shop', 'StockLow', 'the team that owns it'],
    ['platform', 'DiskOld', 'no route taking it'],
    ['awake', 'Woke', 'a time at which its team is told'],
    ['deadman', 'Watchdog', 'its name'],
  ])('is told to %s: %s, for %s', async (receiver, name) => {
    await firstOf(receiver);
    expect(namesTold(receiver)).toEqual([name]);
  });

  it('is told in chats in the words of a template', async () => {
    type Said = { readonly attachments?: readonly object[]; readonly embeds?: readonly object[] };
    while (chat.told.length < 2) await sleep(100);
    const said = chat.told.flatMap((message) => {
      const { attachments = [], embeds = [] } = message as Said;
      return [...attachments, ...embeds];
    });
    expect(said).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ title: 'ACME: Chatty', text: 'Chatty is so, says chat' }),
        expect.objectContaining({ title: 'ACME: Chatty', description: 'Chatty is so, says chat' }),
      ]),
    );
  });

  it('is not told at a time at which its team is not', async () => {
    // Only groups tell it: whether one is muted is a matter of its route.
    type Group = { readonly alerts: readonly { readonly status: { readonly mutedBy: readonly string[] } }[] };
    const filter = encodeURIComponent('alertname="Snored"');
    let mutedBy: readonly string[] = [];
    while (mutedBy.length === 0) {
      const answer = await fetch(`${alertmanager.url}/api/v2/alerts/groups?filter=${filter}`);
      mutedBy = ((await answer.json()) as Group[]).flatMap(({ alerts }) =>
        alerts.flatMap(({ status }) => status.mutedBy),
      );
      await sleep(100);
    }
    expect(mutedBy).toEqual(['always']);
    expect(namesTold('asleep')).toEqual([]);
  });

  it('is not told while something critical of the same job is', async () => {
    type Known = { readonly status: { readonly state: string; readonly inhibitedBy: readonly string[] } };
    const filter = encodeURIComponent('alertname="CartSlow"');
    let known: Known | undefined;
    while (known === undefined || known.status.inhibitedBy.length === 0) {
      [known] = (await (await fetch(`${alertmanager.url}/api/v2/alerts?filter=${filter}`)).json()) as Known[];
      await sleep(100);
    }
    expect(known.status.state).toBe('suppressed');
    expect(people.told.flatMap(({ alerts }) => alerts.map(({ labels }) => labels.alertname))).not.toContain('CartSlow');
  });
});

describe('The configuration of Alertmanager', () => {
  async function check(text: string): Promise<string> {
    const file = join(await dataDirectory('amtool'), 'alertmanager.yml');
    await writeFile(file, text);
    return (await amtool(['check-config', file])).stdout;
  }

  it('is right with every way of telling people', async () => {
    const app = testApp();
    new Alertmanager(app.chart('alerting'), 'alertmanager', {
      receivers: {
        all: {
          slack: { channel: '#platform' },
          pagerDuty: {},
          discord: {},
          webhook: { endpoint: Endpoint.external('hooks.example.org', 443, { scheme: 'https', tls: { ca: 'ca' } }) },
          email: { to: 'team@example.org' },
        },
      },
      otherwise: 'all',
      deadman: { webhook: { endpoint: hooks } },
      smtp: { endpoint: Endpoint.external('smtp.example.org', 587), from: 'alerts@example.org', username: 'alerts' },
    });
    const text = fileOf(renderApp(app), 'alertmanager-config', 'alertmanager.yml');
    expect(await check(text)).toContain('- 3 receivers');
    await expect(check(text.replace('webhook_url_file:', 'webhook_url_path:'))).rejects.toThrow('webhook_url_path');
  });
});
