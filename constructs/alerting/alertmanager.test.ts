import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { Endpoint } from '../core/endpoint';
import { NodePort } from '../core/exposure';
import { SecretSource } from '../core/secret-source';
import { ServerCertificate } from '../core/server-tls';
import { checkAll, describeViolation, readDefinitions } from '../invariants';
import { Prometheus } from '../metrics/prometheus';
import { alertingSink, type AlertingChoice } from '../stores';
import {
  asYaml,
  containerOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Grafana } from '../visualization/grafana';
import { Alertmanager, type AlertmanagerProps } from './alertmanager';

const hook = Endpoint.external('hooks.example.org', 443, { scheme: 'https' });
const minimal: AlertmanagerProps = { receivers: { team: { webhook: { endpoint: hook } } }, otherwise: 'team' };

const everything: OwnProps<AlertmanagerProps> = {
  name: 'alerts',
  receivers: {
    platform: { slack: { channel: '#platform' }, email: { to: 'platform@example.org' } },
    oncall: {
      pagerDuty: { endpoint: Endpoint.external('events.eu.pagerduty.com', 443, { scheme: 'https' }) },
      discord: {},
      webhook: {
        endpoint: Endpoint.external('hooks.example.org', 8443, { scheme: 'https', tls: { ca: 'hooks-ca' } }),
        path: '/x',
      },
      resolved: false,
      secrets: SecretSource.existing({ name: 'oncall', keys: { 'discord-url': 'discord' } }),
    },
    shop: { webhook: { endpoint: hook }, secrets: SecretSource.external({ store: 'vault', path: 'alerts' }) },
  },
  otherwise: 'platform',
  routes: [
    { receiver: 'shop', team: 'shop', severity: 'critical', repeat: Duration.hours(1), mutedDuring: ['maintenance'] },
    { receiver: 'oncall', severity: 'critical', activeDuring: ['office'] },
  ],
  timeIntervals: {
    maintenance: [{ weekdays: ['sunday'], times: [{ from: '02:00', to: '04:00' }] }, { daysOfMonth: ['-1'] }],
    office: [
      {
        weekdays: ['monday:friday'],
        times: [{ from: '09:00', to: '17:00' }],
        months: ['january:november'],
        years: ['2026:2030'],
        location: 'Europe/Berlin',
      },
    ],
  },
  grouping: { by: ['job'], wait: Duration.seconds(10), interval: Duration.minutes(1), repeat: Duration.hours(12) },
  messages: {
    title: '{{ template "acme.title" . }}',
    text: '{{ range .Alerts }}{{ .Annotations.summary }} {{ end }}',
    templates: { acme: '{{ define "acme.title" }}ACME {{ .CommonLabels.alertname }}{{ end }}' },
  },
  deadman: { webhook: { endpoint: hook } },
  smtp: { endpoint: Endpoint.external('smtp.example.org', 587), from: 'alerts@example.org', username: 'alerts' },
  url: 'https://alerts.example.org',
  exposure: new NodePort(30930),
  replicas: 3,
  volume: { size: Size.gibibytes(2), storageClass: 'fast' },
  resources: { cpu: '10m', cpuLimit: '1', memory: '32Mi', memoryLimit: '64Mi' },
  image: 'example.org/alertmanager:v0.34.0',
};

/** Secrets that whoever runs it makes. */
const given = ['alertmanager-team', 'alerts-platform', 'oncall', 'alerts-deadman', 'alerts-smtp', 'hooks-ca'].map(
  (name) => givenSecret('alerting', name),
);

function render(props: AlertmanagerProps = minimal, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const alertmanager = new Alertmanager(app.chart('alerting'), 'alertmanager', props);
  return { app, alertmanager, objects: renderApp(app) };
}

const ofAlerting = ({ objects }: ReturnType<typeof render>) =>
  asYaml(objects.filter(({ metadata }) => metadata.namespace === 'alerting'));

interface Config {
  readonly route: { readonly routes: readonly { readonly receiver: string; readonly matchers: readonly string[] }[] };
  readonly inhibit_rules: readonly object[];
  readonly receivers: readonly object[];
}
const configOf = (props: AlertmanagerProps, name = 'alertmanager') =>
  parse(fileOf(render(props).objects, `${name}-config`, 'alertmanager.yml')) as Config;

describe('Alertmanager', () => {
  it('starts before the Secret of a receiver is there only where that is said', () => {
    const secretOf = (secretMayFollow: boolean) => {
      const app = testApp();
      new Alertmanager(app.chart('alerting'), 'alertmanager', {
        receivers: { team: { slack: { channel: '#team' }, secretMayFollow } },
        otherwise: 'team',
      });
      return podTemplateOf(renderApp(app), 'StatefulSet', 'alertmanager').spec.volumes;
    };
    const optional: unknown = expect.objectContaining({ secretName: 'alertmanager-team', optional: true });
    expect(secretOf(true)).toContainEqual(expect.objectContaining({ secret: optional }));
    expect(JSON.stringify(secretOf(false))).not.toContain('optional');
  });

  it('needs somebody to tell', () => {
    const rendered = render();
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    expect(ofAlerting(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const rendered = render(everything);
    // One of its Secrets is copied by an operator, whose objects are checked against its own definitions.
    const definitions = readDefinitions('imports/crds');
    expect(checkAll([...rendered.objects, ...given], definitions).map(describeViolation)).toEqual([]);
    expect(containerOf(rendered.objects, 'StatefulSet', 'alerts').image).toBe(everything.image);
    expect(ofAlerting(rendered)).toMatchSnapshot();
  });

  it('asks the first route that fits, the deadman’s first of all, and tells nobody of what is only to be seen', () => {
    expect(configOf(everything, 'alerts').route.routes.map(({ receiver, matchers }) => [receiver, matchers])).toEqual([
      ['deadman', ['alertname="Watchdog"']],
      ['nobody', ['severity="info"']],
      ['shop', ['severity="critical"', 'team="shop"']],
      ['oncall', ['severity="critical"']],
    ]);
  });

  it('does not tell of warnings of a job or a service of which something critical is told', () => {
    expect(configOf(minimal).inhibit_rules).toEqual(
      ['job', 'service'].map((label) => ({
        source_matchers: ['severity="critical"', `${label}!=""`],
        target_matchers: ['severity="warning"'],
        equal: [label],
      })),
    );
  });

  it('reads what is secret from files, and the rest is in its configuration', () => {
    const { objects } = render(everything);
    const text = fileOf(objects, 'alerts-config', 'alertmanager.yml');
    for (const path of [
      'api_url_file: /etc/alertmanager-secrets/platform/slack-url',
      'routing_key_file: /etc/alertmanager-secrets/oncall/pagerduty-routing-key',
      'webhook_url_file: /etc/alertmanager-secrets/oncall/discord-url',
      'url_file: /etc/alertmanager-secrets/shop/webhook-url',
      'url_file: /etc/alertmanager-secrets/deadman/webhook-url',
      'smtp_auth_password_file: /etc/alertmanager-secrets/smtp/password',
      'url: https://hooks.example.org:8443/x',
      'url: https://events.eu.pagerduty.com:443/v2/enqueue',
      'ca_file: /etc/plumbline/tls/hooks-ca-ca-crt/ca.crt',
      'smtp_smarthost: smtp.example.org:587',
    ])
      expect(text).toContain(path);
    const { volumes } = objectOf(objects, 'StatefulSet', 'alerts').spec.template.spec;
    expect(volumes).toContainEqual({
      name: 'secret-oncall',
      secret: {
        secretName: 'oncall',
        defaultMode: 0o440,
        items: [
          { key: 'pagerduty-routing-key', path: 'pagerduty-routing-key' },
          { key: 'discord', path: 'discord-url' },
        ],
      },
    });
  });

  it('looks for other members only where there are some, by both protocols', () => {
    const args = (props: AlertmanagerProps, name: string) =>
      containerOf(render(props).objects, 'StatefulSet', name).args;
    expect(args(minimal, 'alertmanager')).toContain('--cluster.listen-address=');
    expect(args(everything, 'alerts')).toEqual(
      expect.arrayContaining([
        '--cluster.advertise-address=$(POD_IP):9094',
        '--cluster.peer=alerts-0.alerts-headless.alerting.svc.cluster.local:9094',
        '--cluster.peer=alerts-2.alerts-headless.alerting.svc.cluster.local:9094',
      ]),
    );
    const policy = JSON.stringify(objectOf(render(everything).objects, 'NetworkPolicy', 'alerts').spec);
    for (const protocol of ['TCP', 'UDP']) expect(policy).toContain(`{"port":9094,"protocol":"${protocol}"}`);
    expect(JSON.stringify(objectOf(render().objects, 'NetworkPolicy', 'alertmanager').spec)).not.toContain('9094');
  });

  it('serves with a certificate where the platform does', () => {
    const { app, objects } = render(minimal, true);
    expect(parse(fileOf(objects, 'alertmanager-config', 'web.yml'))).toEqual({
      tls_server_config: {
        cert_file: '/etc/plumbline/tls/server/tls.crt',
        key_file: '/etc/plumbline/tls/server/tls.key',
      },
    });
    expect(containerOf(objects, 'StatefulSet', 'alertmanager').readinessProbe).toMatchObject({
      httpGet: { scheme: 'HTTPS' },
    });
    const certificate = givenSecret('alerting', 'alertmanager-tls');
    expect(violationsOf(app, { given: [...given, certificate] })).toEqual([]);
  });

  it('has members show each other certificates where the platform encrypts, of themselves and nobody else, by TCP alone', () => {
    const { app, objects } = render({ ...minimal, replicas: 3 }, true);
    const host = 'alertmanager-headless.alerting.svc.cluster.local';
    const own = { cert_file: '/etc/plumbline/tls/server/tls.crt', key_file: '/etc/plumbline/tls/server/tls.key' };
    const ca = '/etc/plumbline/tls/ca-ca-crt/ca.crt';
    expect(parse(fileOf(objects, 'alertmanager-config', 'cluster-tls.yml'))).toEqual({
      tls_server_config: {
        ...own,
        client_ca_file: ca,
        client_auth_type: 'RequireAndVerifyClientCert',
        client_allowed_sans: [host],
      },
      tls_client_config: { ...own, ca_file: ca, server_name: host },
    });
    expect(containerOf(objects, 'StatefulSet', 'alertmanager').args).toContain(
      '--cluster.tls-config=/etc/alertmanager/cluster-tls.yml',
    );
    const [certificate] = ServerCertificate.all(app);
    expect(certificate).toMatchObject({ secretName: 'alertmanager-tls', isForClients: true });
    expect(certificate?.dnsNames).toContain(host);
    const policy = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'alertmanager').spec);
    expect(policy).toContain('{"port":9094,"protocol":"TCP"}');
    expect(policy).not.toContain('{"port":9094,"protocol":"UDP"}');
    const secrets = ['alertmanager-tls', 'ca'].map((name) => givenSecret('alerting', name));
    expect(violationsOf(app, { given: [...given, ...secrets] })).toEqual([]);
    const [alone] = ServerCertificate.all(render(minimal, true).app);
    expect(alone).toMatchObject({ isForClients: false });
  });

  it.each<[string, Partial<AlertmanagerProps>, string]>([
    [
      'a name that no receiver has',
      { otherwise: 'nobody-knows' },
      'there is no receiver of alerting/alertmanager nobody-knows; known: team',
    ],
    [
      'a route to one',
      { routes: [{ receiver: 'shop', team: 'shop' }] },
      'there is no receiver of alerting/alertmanager shop',
    ],
    ['a route that takes everything', { routes: [{ receiver: 'team' }] }, 'which is not of a severity or a team'],
    [
      'a route at a time that there is not',
      { routes: [{ receiver: 'team', severity: 'critical', mutedDuring: ['night'] }] },
      'there is no time interval of alerting/alertmanager night; known: none',
    ],
    [
      'a receiver that is told of nothing',
      { receivers: { ...minimal.receivers, idle: { discord: {} } } },
      'receivers is "idle", which is not told',
    ],
    [
      'a receiver that tells nobody',
      { receivers: { team: {} } },
      'receivers.team is {}, which is not a way to tell anybody',
    ],
    [
      'a name of its own',
      { receivers: { nobody: { discord: {} } }, otherwise: 'nobody' },
      'receivers is "nobody", which is not free',
    ],
    [
      'mail without a server',
      { receivers: { team: { email: { to: 'a@example.org' } } } },
      'which is not a server for the mail of team',
    ],
    [
      'a Secret of random values',
      { receivers: { team: { discord: {}, secrets: SecretSource.generated() } } },
      'secrets of team is "generated", which is not what another service gives',
    ],
  ])('refuses %s', (_, props, message) => {
    expect(() => render({ ...minimal, ...props })).toThrow(message);
  });
});

describe('Alerts that Prometheus evaluates', () => {
  function platform(choice: AlertingChoice, tls = false) {
    const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
    const metrics = new Prometheus(app.chart('metrics'), 'prometheus');
    const sink = alertingSink(app.chart('alerting'), 'alertmanager', choice);
    new Grafana(app.chart('visualization'), 'grafana', { sources: [metrics, sink] });
    app.collect({ metrics, alerting: sink });
    return { app, metrics, sink, objects: renderApp(app) };
  }
  const alertingOf = ({ objects }: ReturnType<typeof platform>) =>
    (parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as { readonly alerting?: object }).alerting;

  it('go to every replica of an Alertmanager of ours, whose own alerts it evaluates', () => {
    const rendered = platform(minimal);
    expect(violationsOf(rendered.app, { given })).toEqual([]);
    expect(alertingOf(rendered)).toEqual({
      alertmanagers: [
        {
          dns_sd_configs: [
            {
              names: ['alertmanager-headless.alerting.svc.cluster.local'],
              type: 'A',
              port: 9093,
              refresh_interval: '15s',
            },
          ],
        },
      ],
    });
    expect(fileOf(rendered.objects, 'prometheus-rules', 'alertmanager.yml')).toContain('AlertmanagerDown');
    expect(JSON.stringify(objectOf(rendered.objects, 'NetworkPolicy', 'alertmanager').spec.ingress)).toContain(
      'prometheus',
    );
  });

  it('go over TLS where the platform encrypts', () => {
    expect(alertingOf(platform(minimal, true))).toMatchObject({
      alertmanagers: [
        {
          scheme: 'https',
          tls_config: {
            ca_file: '/etc/plumbline/tls/ca-ca-crt/ca.crt',
            server_name: 'alertmanager-headless.alerting.svc.cluster.local',
          },
        },
      ],
    });
  });

  it('go to one of somebody else, below a path', () => {
    const endpoint = Endpoint.external('mimir.example.org', 443, { scheme: 'https' });
    const rendered = platform({ external: { endpoint, path: '/alertmanager' } });
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(alertingOf(rendered)).toEqual({
      alertmanagers: [
        { scheme: 'https', path_prefix: '/alertmanager', static_configs: [{ targets: ['mimir.example.org:443'] }] },
      ],
    });
    expect(() => rendered.metrics.notify(rendered.sink)).toThrow(
      'Alertmanager https://mimir.example.org:443 exists twice',
    );
  });

  it('are shown by Grafana, with silences', () => {
    const { objects } = platform(minimal);
    expect(parse(fileOf(objects, 'grafana-datasources', 'datasources.yaml'))).toMatchObject({
      datasources: [
        { type: 'prometheus' },
        {
          uid: 'alertmanager',
          type: 'alertmanager',
          url: 'http://alertmanager.alerting.svc.cluster.local:9093',
          jsonData: { implementation: 'prometheus' },
        },
      ],
    });
  });

  it('stay where they are if nobody is to be told, or Prometheus is somebody else’s', () => {
    const app = testApp();
    const sink = alertingSink(app.chart('alerting'), 'alertmanager', minimal);
    app.collect({ alerting: sink });
    const metrics = Prometheus.fromExternal(app.chart('metrics'), 'mimir', { endpoint: hook });
    app.collect({ metrics, alerting: sink });
    expect(violationsOf(app, { given })).toEqual([]);
    const alone = testApp();
    alone.collect({ metrics: new Prometheus(alone.chart('metrics'), 'prometheus') });
    expect(fileOf(renderApp(alone), 'prometheus-config', 'prometheus.yml')).not.toContain('alerting');
  });
});
