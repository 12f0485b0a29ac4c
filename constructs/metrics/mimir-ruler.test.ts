import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import { Alertmanager } from '../alerting/alertmanager';
import type { Alert } from '../core/alert';
import { Endpoint } from '../core/endpoint';
import type { PlatformApp, PlatformAppProps } from '../core/platform-app';
import type { IEvaluable } from '../core/rule-groups';
import { Slo } from '../core/slo';
import { ObjectStore } from '../storage/object-store';
import { fileOf, givenSecret, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { Mimir, type MimirProps } from './mimir';
import { mimirObjections } from './mimir-schema.testing';
import { groupsOf, misplaced, placesOf, ruleFilesOf } from './placed-rules.testing';
import { Prometheus, type PrometheusProps } from './prometheus';

const hooks = Endpoint.external('hooks.example.org', 443, { scheme: 'https' });

interface Wires {
  readonly own?: Partial<MimirProps>;
  readonly prometheus?: PrometheusProps;
  readonly platform?: Partial<PlatformAppProps>;
  /** Replicas of Alertmanager. @default - nobody is told */
  readonly told?: number;
  readonly rules?: readonly IEvaluable[];
}

/** A Mimir, two Prometheus that read for it, and who is told. */
function render({ own, prometheus, platform, told, rules = [] }: Wires = {}) {
  const app = testApp(platform);
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
  const mimir = new Mimir(app.chart('metrics'), 'mimir', { blocks, ...own });
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', { ...prometheus, replicas: 2, longTerm: mimir });
  metrics.evaluate(...rules);
  if (told === undefined) app.collect({ metrics });
  else app.collect({ metrics, alerting: alertmanagerOf(app, told) });
  return { app, mimir, metrics, objects: renderApp(app) };
}

function alertmanagerOf(app: PlatformApp, replicas: number): Alertmanager {
  const receivers = { team: { webhook: { endpoint: hooks, path: '/' } } };
  return new Alertmanager(app.chart('alerting'), 'alertmanager', {
    ...{ receivers, otherwise: 'team', replicas },
    deadman: { webhook: { endpoint: hooks, path: '/' } },
  });
}

interface Config {
  readonly ruler?: object;
  readonly ruler_storage?: object;
  readonly limits: { readonly ruler_alertmanager_client_config?: object };
}
const configOf = ({ objects }: ReturnType<typeof render>) =>
  parse(fileOf(objects, 'mimir-config', 'mimir.yaml')) as Config;
const clientOf = (rendered: ReturnType<typeof render>) => configOf(rendered).limits.ruler_alertmanager_client_config;

const slow: Alert = {
  name: 'CartSlow',
  expr: 'rate(traces_spanmetrics_calls_total{service="cart"}[5m]) < 1',
  for: Duration.minutes(5),
  severity: 'warning',
  summary: 'The cart is slow',
  description: 'It says so.',
};
const shop: IEvaluable = { name: 'shop', namespace: 'shop', alerts: [slow], recordingRules: [], slos: [] };

const shopIn = (objects: ReturnType<typeof renderApp>) =>
  groupsOf(objects, 'mimir').find(({ name }) => name === 'shop');

describe('Rules of components where there is a Mimir', () => {
  const rendered = render({ told: 3, rules: [shop] });
  const wanted = ['shop.yml shop CartSlow'];

  it('are each evaluated once, by Mimir or by the Prometheus that reads for it', () => {
    expect(misplaced(rendered.objects, wanted)).toEqual([]);
    expect(placesOf(rendered.objects).get('shop.yml shop CartSlow')).toEqual(['mimir']);
    expect(violationsOf(rendered.app)).toEqual([]);
  });

  it('would be missed if nobody did, and seen if both', () => {
    const of = (evaluator: string) => ({ kind: 'ConfigMap', metadata: { name: `${evaluator}-rules` } });
    const without = rendered.objects.filter(({ metadata }) => metadata.name !== 'mimir-rules');
    expect(misplaced(without, wanted)).toEqual(wanted);
    const twice = { ...of('prometheus'), data: ruleFilesOf(rendered.objects, 'mimir') };
    expect(misplaced([...rendered.objects, twice] as never, wanted)).toContain('shop.yml shop CartSlow');
  });

  it('stay with Prometheus if they watch Mimir, the way to it, or whether anybody is told at all', () => {
    const local = Array.from(placesOf(rendered.objects))
      .filter(([, [place]]) => place === 'prometheus')
      .map(([rule]) => rule.split(' ').at(-1));
    expect(local.toSorted()).toEqual(
      [
        'PrometheusDiskFilling',
        'PrometheusRulesFailing',
        'PrometheusConfigRefused',
        'PrometheusStorageFailing',
        'PrometheusRemoteWriteBehind',
        'PrometheusRemoteWriteRefused',
        'MimirRulesNotEvaluated',
        ...['Down', 'MemberMissing', 'RequestErrors', 'RefusesSamples', 'SeriesNearLimit', 'BlocksNotShipped'].map(
          (name) => `Mimir${name}`,
        ),
        ...['CompactionFailing', 'ReplicaFlapping', 'LimitsRefused', 'RulesFailing', 'AlertsNotDelivered'].map(
          (name) => `Mimir${name}`,
        ),
        'Watchdog',
      ].toSorted(),
    );
  });

  it('keep what one records and another asks for in one place, and what one evaluates the other is not told', () => {
    const slo = new Slo({
      ...{ name: 'Cart', description: 'Carts are shown.', objective: 99.9 },
      ...{ errors: (range: string) => `sum(rate(a[${range}]))`, total: (range: string) => `sum(rate(b[${range}]))` },
    });
    const { objects } = render({ rules: [{ ...shop, slos: [slo] }] });
    expect(groupsOf(objects, 'mimir').find(({ name }) => name === 'shop-Cart')?.rules).toHaveLength(9);
    expect(ruleFilesOf(objects, 'prometheus')).not.toHaveProperty(['shop.yml']);
  });

  it('leave out what only a kubelet tells unless kubelets are read, whoever evaluates it', () => {
    const full: Alert = { ...slow, name: 'CartFull', source: 'kubelet' };
    const names = (prometheus: PrometheusProps) =>
      Array.from(
        placesOf(
          render({
            rules: [{ ...shop, alerts: [full] }],
            prometheus,
            platform: { cluster: { nodeRanges: ['10.0.0.0/16'] } },
          }).objects,
        ).keys(),
      ).filter((rule) => rule.endsWith('CartFull') || rule.endsWith('MimirDiskFilling'));
    expect(names({})).toEqual([]);
    expect(names({ discovery: { kubelet: {} } })).toEqual([
      'mimir.yml mimir MimirDiskFilling',
      'shop.yml shop CartFull',
    ]);
  });

  it('have pages where the Prometheus that was given them says', () => {
    const { objects } = render({ rules: [shop], prometheus: { runbookUrl: 'https://wiki.example.org' } });
    expect(shopIn(objects)?.rules[0]?.annotations?.runbook_url).toBe('https://wiki.example.org/CartSlow.md');
  });

  it('are refused if they are given twice', () => {
    expect(() => render({ rules: [shop, { ...shop, namespace: 'other' }] })).toThrow('rules of shop exists twice');
  });

  it('stay with Prometheus where the Mimir is somebody else’s, who evaluates what he is given', () => {
    const app = testApp();
    const endpoint = Endpoint.external('mimir.example.org', 443, { scheme: 'https' });
    const longTerm = Mimir.fromExternal(app.chart('metrics'), 'mimir', { endpoint });
    const metrics = new Prometheus(app.chart('metrics'), 'prometheus', { replicas: 2, longTerm });
    metrics.evaluate(shop);
    expect(placesOf(renderApp(app)).get('shop.yml shop CartSlow')).toEqual(['prometheus']);
  });
});

describe('What Mimir records, and alerts of it', () => {
  const at = { origin: { cluster: 'here', site: 'berlin' } };
  const recording = { record: 'shop:carts:sum', expr: 'sum(carts)' };
  const rendered = render({ platform: at, rules: [{ ...shop, recordingRules: [recording] }] });
  const group = shopIn(rendered.objects);

  it('say where they are from, unless the series say it themselves, as what Prometheus sends does', () => {
    expect(group?.rules).toMatchObject([
      {
        record: 'shop:carts:sum',
        expr: 'label_replace(label_replace(sum(carts), "cluster", "here", "cluster", ""), "site", "berlin", "site", "")',
      },
      {
        alert: 'CartSlow',
        expr: slow.expr,
        labels: {
          cluster: '{{ or $labels.cluster "here" }}',
          site: '{{ or $labels.site "berlin" }}',
          severity: 'warning',
        },
      },
    ]);
  });

  it('say nothing of it where the platform does not', () => {
    const plain = shopIn(render({ rules: [{ ...shop, recordingRules: [recording] }] }).objects);
    expect(plain?.rules.map(({ expr, labels }) => [expr, labels])).toEqual([
      ['sum(carts)', undefined],
      [slow.expr, { severity: 'warning' }],
    ]);
  });
});

describe('A Mimir that is given rules', () => {
  it('has them in the folder of the one tenant there is, reads them again, and shares them among its members', () => {
    const rendered = render({ rules: [shop] });
    const config = configOf(rendered);
    expect(config).toMatchObject({
      ruler_storage: { backend: 'local', local: { directory: '/etc/mimir-rules' } },
      ruler: {
        rule_path: '/data/ruler',
        poll_interval: '1m',
        ring: { kvstore: { store: 'memberlist' }, instance_addr: '${POD_IP}' },
      },
    });
    expect(clientOf(rendered)).toBeUndefined();
    expect(mimirObjections(config)).toEqual([]);
    const template = podTemplateOf(rendered.objects, 'StatefulSet', 'mimir');
    expect(template.spec.containers[0]?.volumeMounts).toContainEqual({
      name: 'rules',
      mountPath: '/etc/mimir-rules/anonymous',
      readOnly: true,
    });
    // It reads them by itself: no restart.
    const other = render({ rules: [{ ...shop, alerts: [{ ...slow, severity: 'critical' }] }] });
    expect(podTemplateOf(other.objects, 'StatefulSet', 'mimir')).toEqual(template);
  });

  it('has them of the platform’s tenant, where there are several', () => {
    const { objects } = render({ own: { tenant: 'platform' }, rules: [shop] });
    expect(JSON.stringify(podTemplateOf(objects, 'StatefulSet', 'mimir').spec)).toContain('/etc/mimir-rules/platform"');
  });

  it('has no part that evaluates where there is nothing to be', () => {
    const app = testApp();
    const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
    new Mimir(app.chart('metrics'), 'mimir', { blocks });
    const objects = renderApp(app);
    const config = parse(fileOf(objects, 'mimir-config', 'mimir.yaml')) as Config;
    expect(config).not.toHaveProperty('ruler_storage');
    expect(JSON.stringify([config, podTemplateOf(objects, 'StatefulSet', 'mimir')])).not.toContain('rule');
  });

  it('has room for as many rules as there are', () => {
    const many = Array.from({ length: 80 }, (_, index) => ({
      ...{ ...shop, name: `shop-${index}` },
      alerts: Array.from({ length: index === 7 ? 25 : 1 }, (_, other) => ({ ...slow, name: `CartSlow${other}` })),
    }));
    expect(configOf(render({ rules: many })).limits).toMatchObject({
      ruler_max_rules_per_rule_group: 25,
      // Those of Prometheus itself, of Mimir and of the object store beside them.
      ruler_max_rule_groups_per_tenant: groupsOf(render({ rules: many }).objects, 'mimir').length,
    });
    expect(configOf(render({ rules: [shop] })).limits).toMatchObject({
      ruler_max_rules_per_rule_group: 20,
      ruler_max_rule_groups_per_tenant: 70,
    });
  });

  it('tells each replica of our Alertmanager, and both policies let it', () => {
    const rendered = render({ told: 3, rules: [shop] });
    expect(clientOf(rendered)).toEqual({
      alertmanager_url: 'dns+http://alertmanager-headless.alerting.svc.cluster.local:9093',
    });
    const podsOf = (namespace: string, name: string) => ({
      namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
      podSelector: { matchLabels: { 'app.kubernetes.io/name': name, 'app.kubernetes.io/instance': name } },
    });
    const at = [{ port: 9093, protocol: 'TCP' }];
    expect(objectOf(rendered.objects, 'NetworkPolicy', 'mimir').spec.egress).toContainEqual({
      to: [podsOf('alerting', 'alertmanager')],
      ports: at,
    });
    // Prometheus tells it of what it evaluates, too.
    for (const name of ['mimir', 'prometheus'])
      expect(objectOf(rendered.objects, 'NetworkPolicy', 'alertmanager').spec.ingress).toContainEqual({
        from: [podsOf('metrics', name)],
        ports: at,
      });
    expect(violationsOf(rendered.app)).toEqual([]);
  });

  it('trusts the authority of the platform, of Alertmanager and of its members, where servers have certificates', () => {
    const rendered = render({ told: 1, rules: [shop], platform: { tls: { ca: 'ca' } } });
    const ca = '/etc/plumbline/tls/ca-ca-crt/ca.crt';
    expect(clientOf(rendered)).toEqual({
      alertmanager_url: 'dns+https://alertmanager-headless.alerting.svc.cluster.local:9093',
      tls_ca_path: ca,
      tls_server_name: 'alertmanager-headless.alerting.svc.cluster.local',
    });
    const config = configOf(rendered);
    expect(config.ruler).toMatchObject({ ruler_client: { tls_enabled: true, tls_ca_path: ca } });
    expect(mimirObjections(config)).toEqual([]);
    const given = [
      ...['ca', 'mimir-tls', 'prometheus-tls'].map((name) => givenSecret('metrics', name)),
      ...['ca', 'alertmanager-tls'].map((name) => givenSecret('alerting', name)),
      ...['ca', 'objects-tls'].map((name) => givenSecret('storage', name)),
    ];
    expect(violationsOf(rendered.app, { given })).toEqual([]);
  });

  it('tells one that is not ours, below a path of its own, with the certificate that it wants to see', () => {
    const app = testApp();
    const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
    const mimir = new Mimir(app.chart('metrics'), 'mimir', { blocks });
    const tls = { ca: 'their-ca', clientCertificate: 'mimir-client' };
    const endpoint = Endpoint.external('alerts.example.org', 443, { scheme: 'https', tls });
    const alerting = Alertmanager.fromExternal(app.chart('metrics'), 'sink', { endpoint, path: '/alertmanager' });
    app.collect({ metrics: mimir, alerting });
    const config = parse(fileOf(renderApp(app), 'mimir-config', 'mimir.yaml')) as Config;
    expect(config.limits.ruler_alertmanager_client_config).toEqual({
      alertmanager_url: 'https://alerts.example.org:443/alertmanager',
      tls_ca_path: '/etc/plumbline/tls/their-ca-ca-crt/ca.crt',
      tls_cert_path: '/etc/plumbline/tls/mimir-client-tls-crt/tls.crt',
      tls_key_path: '/etc/plumbline/tls/mimir-client-tls-crt/tls.key',
    });
    expect(mimirObjections(config)).toEqual([]);
    expect(() => mimir.ruler.notify(alerting)).toThrow('Alertmanager of mimir');
  });

  it('evaluates all of them where nobody reads metrics for it, but what a kubelet would have to tell', () => {
    const app = testApp();
    const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('mimir-blocks');
    const props = { blocks, runbookUrl: 'https://example.org/runbooks' };
    app.collect({ metrics: new Mimir(app.chart('metrics'), 'mimir', props) });
    const rules = groupsOf(renderApp(app), 'mimir').flatMap((group) => group.rules);
    expect(rules.map(({ alert }) => alert)).toEqual(expect.arrayContaining(['MimirRequestErrors']));
    expect(rules.map(({ alert }) => alert)).not.toContain('MimirDiskFilling');
    expect(rules[0]?.annotations?.runbook_url).toMatch(/^https:\/\/example.org\/runbooks\//);
  });
});
