import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import {
  type AlertmanagerPeer,
  dataDirectory,
  lokiOnLoopback,
  type LokiPeer,
  mountFiles,
  startAlertmanager,
  startLoki,
  substituteAddresses,
} from '../../tools/peers';
import { Alertmanager } from '../alerting/alertmanager';
import { startWebhook, type Webhook } from '../alerting/webhook.testing';
import { Endpoint } from '../core/endpoint';
import type { RuleGroup } from '../core/rule-groups';
import { containerOf, fileOf, renderApp, testApp } from '../testing';
import { logAlertCases, otlpLines, type SaidLines } from './log-alerts.testing';
import { Loki } from './loki';

const hooks = Endpoint.external('hooks.example.org', 80, { scheme: 'http' });

function render() {
  const app = testApp();
  const alerting = new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { platform: { webhook: { endpoint: hooks, path: '/' } } },
    otherwise: 'platform',
    grouping: { wait: Duration.seconds(1), interval: Duration.seconds(1) },
  });
  const logs = new Loki(app.chart('logs'), 'loki', {
    evaluationInterval: Duration.seconds(1),
    config: {
      'loki.yaml': { ruler: { poll_interval: '1s' } },
    },
  });
  app.collect({ logs, alerting });
  return renderApp(app);
}

describe('Alerts about lines, by a Loki as it is rendered', () => {
  const objects = render();
  const rendered = fileOf(objects, 'loki-rules', 'loki.yml');
  const rules = (parse(rendered) as { readonly groups: readonly RuleGroup[] }).groups.flatMap((group) => group.rules);
  let people: Webhook;
  let alertmanager: AlertmanagerPeer;
  let loki: LokiPeer;
  let folder: string;

  beforeAll(async () => {
    people = await startWebhook();
    const flags = containerOf(objects, 'StatefulSet', 'alertmanager').args?.filter((arg) =>
      arg.startsWith('--cluster'),
    );
    alertmanager = await startAlertmanager(
      substituteAddresses(fileOf(objects, 'alertmanager-config', 'alertmanager.yml'), {
        'http://hooks.example.org:80': people.url,
      }),
      flags,
    );
    const rulesFolder = await dataDirectory('loki-rules');
    folder = join(rulesFolder, 'fake');
    // Waiting is what the rule is for, and nobody's here.
    await mountFiles(folder, { 'loki.yml': rendered.replace(/for: \d+s/g, 'for: 1s') });
    loki = await startLoki(
      substituteAddresses(fileOf(objects, 'loki-config', 'loki.yaml'), {
        ...(await lokiOnLoopback()),
        '/etc/loki-rules': rulesFolder,
        // DNS has no names of pods here.
        '_http._tcp.alertmanager-headless.alerting.svc.cluster.local': new URL(alertmanager.url).host,
        'enable_alertmanager_discovery: true': 'enable_alertmanager_discovery: false',
      }),
    );
    const ofDay = said(({ before = 0 }) => before >= 24);
    for (const [service, lines] of ofDay) await send(service, lines);
    // What is that old, Loki looks for in its store alone.
    await fetch(`${loki.url}/flush`, { method: 'POST' });
    const ofYesterday = 'count by () (count_over_time({service_name=~".+"} [5m] offset 1d))';
    while ((await vectorOf(ofYesterday))[0]?.value[1] !== `${ofDay.length}`) await sleep(200);
    for (const hours of [1, 0])
      for (const [service, lines] of said(({ before = 0 }) => before === hours)) await send(service, lines);
  });
  afterAll(async () => {
    await Promise.all([loki.stop(), alertmanager.stop()]);
    people.stop();
  });

  /** Who says what, of the lines that are chosen. */
  function said(chosen: (lines: SaidLines) => boolean): readonly (readonly [string, SaidLines])[] {
    return logAlertCases.flatMap(({ alert, fires, silent }) =>
      [['fires', fires] as const, ...silent.map((lines, index) => [`silent-${index}`, lines] as const)].flatMap(
        ([service, lines]) => lines.filter(chosen).map((each) => [`${alert}-${service}`.toLowerCase(), each] as const),
      ),
    );
  }

  const nowMs = Date.now();

  async function send(service: string, lines: SaidLines): Promise<void> {
    const response = await fetch(`${loki.url}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(otlpLines(service, lines, nowMs)),
    });
    expect([service, response.status]).toEqual([service, 204]);
  }

  async function ask<T>(path: string): Promise<T> {
    return ((await (await fetch(`${loki.url}${path}`)).json()) as { readonly data: T }).data;
  }

  interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }

  async function vectorOf(query: string): Promise<readonly Sample[]> {
    const path = `/loki/api/v1/query?query=${encodeURIComponent(query)}`;
    return (await ask<{ readonly result: readonly Sample[] }>(path)).result;
  }

  it('are loaded, all of them, and can be evaluated', async () => {
    type Groups = { readonly groups: readonly { readonly rules: readonly { name: string; health: string }[] }[] };
    const loaded = async () => (await ask<Groups>('/prometheus/api/v1/rules')).groups.flatMap((group) => group.rules);
    while ((await loaded()).length === 0 || (await loaded()).some(({ health }) => health === 'unknown'))
      await sleep(200);
    expect((await loaded()).map(({ name, health }) => [name, health])).toEqual(rules.map(({ alert }) => [alert, 'ok']));
  });

  it.each(logAlertCases.map(({ alert }) => [alert]))(
    '%s is of who says too much of it, and of nobody else',
    async (alert) => {
      const { expr = '' } = rules.find((rule) => rule.alert === alert) ?? {};
      const result = await vectorOf(expr);
      expect(result.map(({ metric }) => metric)).toEqual([{ service_name: `${alert}-fires`.toLowerCase() }]);
    },
  );

  it.each(logAlertCases.map(({ alert }) => [alert]))(
    '%s reaches people, with the service and the runbook',
    async (alert) => {
      const found = () =>
        people.told.flatMap(({ alerts }) => alerts).filter(({ labels }) => labels.alertname === alert);
      while (found().length === 0) await sleep(200);
      const service = `${alert}-fires`.toLowerCase();
      for (const { labels, annotations } of found()) {
        expect(labels).toMatchObject({ service, service_name: service, severity: 'warning' });
        expect(annotations.runbook_url).toBe(`docs/runbooks/${alert}.md`);
        expect(annotations.summary).toContain(service);
      }
    },
  );

  it('are others once the ConfigMap is, without a restart', async () => {
    await mountFiles(folder, { 'loki.yml': rendered.replaceAll('FailedLogins', 'GuessedPasswords') });
    type Groups = { readonly groups: readonly { readonly rules: readonly { name: string }[] }[] };
    let names: readonly string[] = [];
    while (!names.includes('GuessedPasswords')) {
      await sleep(200);
      names = (await ask<Groups>('/prometheus/api/v1/rules')).groups.flatMap((group) =>
        group.rules.map(({ name }) => name),
      );
    }
    expect(names).not.toContain('FailedLogins');
  });
});
