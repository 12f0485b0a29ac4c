import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import { Alertmanager } from '../alerting/alertmanager';
import type { Alert } from '../core/alert';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp } from '../core/platform-app';
import type { RuleGroup } from '../core/rule-groups';
import { fileOf, givenSecret, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { applicationLogAlerts, type LogAlertsProps } from './log-alerts';
import { Loki, type LokiProps } from './loki';

const hooks = Endpoint.external('hooks.example.org', 443, { scheme: 'https' });

function alertmanagerOf(app: PlatformApp, replicas = 1): Alertmanager {
  return new Alertmanager(app.chart('alerting'), 'alertmanager', {
    receivers: { team: { webhook: { endpoint: hooks, path: '/' } } },
    otherwise: 'team',
    replicas,
  });
}

function render(props: LokiProps = {}, connect: (loki: Loki, app: PlatformApp) => void = () => undefined, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const loki = new Loki(app.chart('logs'), 'loki', props);
  connect(loki, app);
  app.collect({ logs: loki });
  return { app, objects: renderApp(app) };
}

type Ruler = Readonly<Record<string, unknown>>;
const configOf = ({ objects }: ReturnType<typeof render>) =>
  parse(fileOf(objects, 'loki-config', 'loki.yaml')) as { readonly ruler?: Ruler; readonly ruler_storage?: object };
const mountsOf = ({ objects }: ReturnType<typeof render>) =>
  JSON.stringify(podTemplateOf(objects, 'StatefulSet', 'loki').spec.containers);

const full: Alert = {
  name: 'DiskOld',
  expr: 'count_over_time({service_name="disk"}[5m]) > 0',
  for: Duration.minutes(5),
  severity: 'warning',
  summary: 'It is old',
  description: 'It says so.',
};

describe('A Loki that is given alerts', () => {
  it('has its own of applications in the folder of the one tenant there is, and reads them again when they change', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    const { groups } = parse(fileOf(rendered.objects, 'loki-rules', 'loki.yml')) as { groups: readonly RuleGroup[] };
    expect(groups.flatMap(({ rules }) => rules.map(({ alert }) => alert))).toEqual([
      'LogVolumeSpike',
      'LogErrorPattern',
      'FailedLogins',
    ]);
    expect(mountsOf(rendered)).toContain('/etc/loki-rules/fake');
    expect(configOf(rendered).ruler).toEqual({
      storage: { type: 'local', local: { directory: '/etc/loki-rules' } },
      rule_path: '/var/loki/rules-read',
      wal: { dir: '/var/loki/ruler-wal' },
      evaluation_interval: '120s',
    });
    const annotationsOf = ({ objects }: ReturnType<typeof render>) =>
      podTemplateOf(objects, 'StatefulSet', 'loki').metadata.annotations;
    expect(annotationsOf(render({ logAlerts: [full] }))).toEqual(annotationsOf(rendered));
  });

  it('evaluates those of other components, in a file for each, with pages where the team has them', () => {
    const rendered = render({ runbookUrl: 'https://wiki.example.org/runbooks', logAlerts: [] }, (loki) =>
      loki.evaluateLogs({ name: 'shop', namespace: 'shop', logAlerts: [full] }),
    );
    expect(Object.keys(objectOf(rendered.objects, 'ConfigMap', 'loki-rules').data)).toEqual(['shop.yml']);
    expect(parse(fileOf(rendered.objects, 'loki-rules', 'shop.yml'))).toMatchObject({
      groups: [
        {
          name: 'shop',
          rules: [
            {
              alert: 'DiskOld',
              expr: full.expr,
              for: '300s',
              labels: { severity: 'warning' },
              annotations: { runbook_url: 'https://wiki.example.org/runbooks/DiskOld.md' },
            },
          ],
        },
      ],
    });
  });

  it('has no part that evaluates where there is nothing to be', () => {
    const rendered = render({ logAlerts: [] });
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(configOf(rendered)).not.toHaveProperty('ruler');
    expect(mountsOf(rendered)).not.toContain('/etc/loki-rules/fake');
  });

  it('refuses two components of one name, and an alert that says nothing', () => {
    const shop = { name: 'shop', namespace: 'shop', logAlerts: [full] };
    const twice = () => render({}, (loki) => loki.evaluateLogs(shop, { ...shop, namespace: 'other' }));
    expect(twice).toThrow('alerts of lines of shop');
    expect(() => render({ logAlerts: [{ ...full, description: ' ' }] })).toThrow('description of DiskOld of loki');
  });
});

describe('A Loki with somebody who tells people', () => {
  it('tells each replica of our Alertmanager, as DNS names them, and both policies let it', () => {
    const rendered = render({}, (loki, app) => loki.notify(alertmanagerOf(app, 3)));
    expect(configOf(rendered).ruler).toMatchObject({
      alertmanager_url: 'http://_http._tcp.alertmanager-headless.alerting.svc.cluster.local',
      enable_alertmanager_discovery: true,
    });
    const ports = objectOf(rendered.objects, 'Service', 'alertmanager-headless').spec.ports;
    expect(ports).toContainEqual(expect.objectContaining({ name: 'http', port: 9093 }));
    const podsOf = (namespace: string, name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name } },
    });
    const at = [{ port: 9093, protocol: 'TCP' }];
    expect(objectOf(rendered.objects, 'NetworkPolicy', 'loki').spec.egress).toContainEqual({
      to: [podsOf('alerting', 'alertmanager')],
      ports: at,
    });
    expect(objectOf(rendered.objects, 'NetworkPolicy', 'alertmanager').spec.ingress).toContainEqual({
      from: [podsOf('logs', 'loki')],
      ports: at,
    });
    expect(violationsOf(rendered.app)).toEqual([]);
  });

  it('trusts the authority of the platform where servers have certificates', () => {
    const rendered = render({}, (loki, app) => loki.notify(alertmanagerOf(app)), true);
    expect(configOf(rendered).ruler).toMatchObject({
      alertmanager_url: 'https://_http._tcp.alertmanager-headless.alerting.svc.cluster.local',
      alertmanager_client: {
        tls_ca_path: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
        tls_server_name: 'alertmanager-headless.alerting.svc.cluster.local',
      },
    });
    const given = [
      ...['ca', 'loki-tls'].map((name) => givenSecret('logs', name)),
      ...['ca', 'alertmanager-tls'].map((name) => givenSecret('alerting', name)),
    ];
    expect(violationsOf(rendered.app, { given })).toEqual([]);
  });

  it('tells one that is not ours, below a path of its own', () => {
    const endpoint = Endpoint.external('mimir.example.org', 443, { scheme: 'https', ranges: ['10.1.0.0/16'] });
    const rendered = render({}, (loki, app) =>
      loki.notify(Alertmanager.fromExternal(app.chart('logs'), 'sink', { endpoint, path: '/alertmanager' })),
    );
    expect(configOf(rendered).ruler).toMatchObject({
      alertmanager_url: 'https://mimir.example.org:443/alertmanager',
      enable_alertmanager_discovery: false,
    });
    expect(objectOf(rendered.objects, 'NetworkPolicy', 'loki').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.1.0.0/16' } }],
      ports: [{ port: 443, protocol: 'TCP' }],
    });
  });

  it('takes one only', () => {
    const both = (loki: Loki, app: PlatformApp) => loki.notify(alertmanagerOf(app), alertmanagerOf(app));
    expect(() => render({}, both)).toThrow();
    const again = (loki: Loki, app: PlatformApp) => {
      const sink = alertmanagerOf(app);
      loki.notify(sink, sink);
    };
    expect(() => render({}, again)).toThrow('Alertmanager of loki');
  });
});

describe('Alerts about lines of applications', () => {
  const exprOf = (name: string, props: LogAlertsProps = {}) =>
    applicationLogAlerts(props).find((alert) => alert.name === name)?.expr ?? '';

  it('are of every service but Loki itself, or of the streams that are said', () => {
    for (const { expr } of applicationLogAlerts()) expect(expr).toContain('{service_name=~".+", service_name!="loki"}');
    for (const { expr } of applicationLogAlerts({ streams: 'k8s_namespace_name="shop"' }))
      expect(expr.match(/\{.*?\}/g)?.every((found) => found.includes('"shop"') || /\{\d/.test(found))).toBe(true);
  });

  it('are about other amounts and other lines where it is said', () => {
    expect(exprOf('LogVolumeSpike', { volume: { factor: 10, atLeast: 50 } })).toMatch(/>= 50\)\n> 10 \* \(/);
    const errors = exprOf('LogErrorPattern', { errors: { lines: '| detected_level="fatal"', atLeast: 1, factor: 2 } });
    expect(errors).toMatch(/\{.*\} \| detected_level="fatal" \[5m\]\)\) >= 1\)/);
    expect(errors).toContain('<= 2 * ');
    expect(exprOf('FailedLogins', { failedLogins: { lines: '| event_name="login.failed"' } })).toMatch(
      /event_name="login.failed" \[5m\]\)\) >= 20\)/,
    );
  });

  it('carry the service under the name that metrics have for it', () => {
    for (const { labels } of applicationLogAlerts()) expect(labels?.service).toBe('{{ $labels.service_name }}');
  });
});
