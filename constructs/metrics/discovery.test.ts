import { parse } from 'yaml';
import { claimFillingAlert } from '../core/claim-alert';
import { checkAll } from '../invariants';
import type { IEvaluable } from '../core/rule-groups';
import type { PlatformAppProps } from '../core/platform-app';
import {
  exceptionsOf,
  fileOf,
  givenNamespace,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
} from '../testing';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import type { DiscoveryProps } from './discovery';
import { Prometheus } from './prometheus';

interface Job {
  readonly job_name: string;
  readonly kubernetes_sd_configs?: readonly object[];
  readonly relabel_configs?: readonly { readonly source_labels?: readonly string[]; readonly regex?: string }[];
  readonly [field: string]: unknown;
}

function render(discovery: DiscoveryProps, cluster: PlatformAppProps['cluster'] = { nodeRanges: ['10.0.0.0/16'] }) {
  const app = testApp({ cluster });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus', { discovery });
  prometheus.scrape(new RedpandaBroker(app.chart('streaming'), 'redpanda'));
  return { app, prometheus, objects: renderApp(app) };
}

function jobOf(discovery: DiscoveryProps, name: string): Job {
  const file = fileOf(render(discovery).objects, 'prometheus-config', 'prometheus.yml');
  const found = (parse(file) as { readonly scrape_configs: readonly Job[] }).scrape_configs.find(
    ({ job_name }) => job_name === name,
  );
  if (found === undefined) throw new Error(`no job ${name}`);
  return found;
}

const rulesOf = (discovery: DiscoveryProps) =>
  render(discovery)
    .objects.filter(({ kind }) => kind === 'ClusterRole' || kind === 'Role')
    .map(({ kind, metadata, ...rest }) => ({
      kind,
      namespace: metadata.namespace,
      rules: (rest as unknown as { rules: readonly object[] }).rules,
    }));

const toFind = (resource: string) => ({ apiGroups: [''], resources: [resource], verbs: ['list', 'watch'] });

describe('A Prometheus that discovers nothing', () => {
  it('has no token, no rights, and no way to nodes or other teams', () => {
    const { app, objects } = render({});
    expect(violationsOf(app)).toEqual([]);
    expect(podTemplateOf(objects, 'StatefulSet', 'prometheus').spec.automountServiceAccountToken).toBe(false);
    expect(rulesOf({})).toEqual([]);
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'prometheus').spec.egress)).not.toMatch(/10250|endPort/);
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).not.toContain('kubernetes_sd_configs');
  });
});

describe('A Prometheus that reads kubelets', () => {
  it('may find nodes and read metrics of kubelets, and never what runs commands in pods', () => {
    expect(rulesOf({ kubelet: {} })).toEqual([
      {
        kind: 'ClusterRole',
        namespace: undefined,
        rules: [toFind('nodes'), { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
      },
    ]);
    const { app, objects } = render({ kubelet: {} });
    expect(violationsOf(app)).toEqual([]);
    expect(podTemplateOf(objects, 'StatefulSet', 'prometheus').spec.automountServiceAccountToken).toBe(true);
    expect(exceptionsOf(objects).map(({ what, reason }) => [what, reason])).toEqual([
      ['cluster rights', 'it finds nodes and reads metrics of their kubelets'],
    ]);
  });

  it('is let out to port 10250 of nodes, which the environment has to know', () => {
    const { objects } = render({ kubelet: {} });
    expect(objectOf(objects, 'NetworkPolicy', 'prometheus').spec.egress).toContainEqual({
      to: [{ ipBlock: { cidr: '10.0.0.0/16' } }],
      ports: [{ port: 10250, protocol: 'TCP' }],
    });
    expect(() => render({ kubelet: {} }, {})).toThrow('cluster.nodeRanges');
  });

  it('shows its token to kubelets with a certificate of the cluster’s authority only, unless it is told otherwise', () => {
    const [checked, unchecked] = [{ kubelet: {} }, { kubelet: { selfSigned: true } }];
    for (const name of ['kubelet', 'cadvisor']) {
      expect(jobOf(checked, name)).toMatchObject({
        scheme: 'https',
        follow_redirects: false,
        authorization: { credentials_file: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
        tls_config: { ca_file: '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt' },
      });
      expect(jobOf(unchecked, name).tls_config).toEqual({ insecure_skip_verify: true });
    }
  });

  it('keeps named metrics only, of containers and not of the groups that they are in', () => {
    const [names, parts, dropped] = jobOf({ kubelet: { metrics: ['container_processes'] } }, 'cadvisor')
      .metric_relabel_configs as readonly { readonly regex: string; readonly action: string }[];
    const kept = (of: typeof names, text: string) => new RegExp(`^(?:${of?.regex ?? ''})$`).test(text);
    expect([names?.action, parts?.action, dropped?.action]).toEqual(['keep', 'keep', 'labeldrop']);
    expect(['container_cpu_usage_seconds_total', 'container_processes'].every((name) => kept(names, name))).toBe(true);
    expect(kept(names, 'container_tasks_state')).toBe(false);
    for (const text of [
      'container_cpu_usage_seconds_total;cart;cart-1;/kubepods/x',
      'container_network_receive_bytes_total;;cart-1;/kubepods/x',
      'container_network_receive_bytes_total;POD;cart-1;/kubepods/x',
      'container_memory_working_set_bytes;;;/',
      'machine_cpu_cores;;;',
    ])
      expect([text, kept(parts, text)]).toEqual([text, true]);
    for (const text of [
      'container_cpu_usage_seconds_total;;cart-1;/kubepods/x',
      'container_cpu_usage_seconds_total;;;/system.slice/sshd.service',
    ])
      expect([text, kept(parts, text)]).toEqual([text, false]);
  });

  it('evaluates what needs a kubelet, which others leave out', () => {
    const volume = claimFillingAlert('Cache', 'shop', 'data-.*', 'It forgets.');
    const cache: IEvaluable = { name: 'cache', namespace: 'shop', alerts: [volume], recordingRules: [], slos: [] };
    const evaluated = (discovery: DiscoveryProps) => {
      const { app, prometheus } = render(discovery);
      prometheus.evaluate(cache);
      return renderApp(app).some(({ metadata }) => metadata.name === 'prometheus-rules');
    };
    expect(evaluated({ kubelet: {} })).toBe(true);
    expect(evaluated({})).toBe(false);
  });

  it('takes no component whose job has the name of what it discovers', () => {
    const { app, prometheus } = render({ kubelet: {} });
    const twin = new RedpandaBroker(app.chart('anomaly'), 'kubelet');
    expect(() => prometheus.scrape(twin)).toThrow('scrape job kubelet exists twice');
  });
});

describe('A Prometheus that reads annotated pods', () => {
  const [everywhere, somewhere] = [{ annotatedPods: {} }, { annotatedPods: { allowedNamespaces: ['shop'] } }];

  it('may find pods everywhere, or only in the namespaces that it is for', () => {
    expect(rulesOf(everywhere)).toEqual([{ kind: 'ClusterRole', namespace: undefined, rules: [toFind('pods')] }]);
    expect(rulesOf(somewhere)).toEqual([{ kind: 'Role', namespace: 'shop', rules: [toFind('pods')] }]);
    expect(violationsOf(render(everywhere).app)).toEqual([]);
    expect(violationsOf(render(somewhere).app, { given: givenNamespace('shop') })).toEqual([]);
    expect(jobOf(somewhere, 'annotated-pods').kubernetes_sd_configs).toMatchObject([
      { namespaces: { names: ['shop'] } },
    ]);
  });

  it('is let out to them, at every port or at those that are named', () => {
    const egress = (discovery: DiscoveryProps) =>
      objectOf(render(discovery).objects, 'NetworkPolicy', 'prometheus').spec.egress;
    expect(egress(everywhere)).toContainEqual({
      to: [{ namespaceSelector: {} }],
      ports: [{ port: 1, endPort: 65535, protocol: 'TCP' }],
    });
    expect(egress({ annotatedPods: { allowedNamespaces: ['shop'], ports: [8080] } })).toContainEqual({
      to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    });
  });

  it('would be found out if nobody said why it is let out to a namespace of others', () => {
    const objects = [...render(somewhere).objects, ...givenNamespace('shop')];
    const silent = objects.map((object) =>
      object.kind === 'NetworkPolicy' && object.metadata.name === 'prometheus'
        ? { ...object, metadata: { ...object.metadata, annotations: {} } }
        : object,
    );
    expect(checkAll(silent, [], []).map(({ invariant }) => invariant)).toContain('outside-explained');
    expect(checkAll(objects, [], [])).toEqual([]);
  });

  it('leaves out pods that are read by a wire, itself among them', () => {
    const rule = jobOf(everywhere, 'annotated-pods').relabel_configs?.find(
      ({ source_labels }) => source_labels?.[0] === '__meta_kubernetes_namespace' && source_labels.length === 3,
    );
    expect(rule?.regex).toBe('metrics;prometheus;prometheus|streaming;redpanda;redpanda');
  });

  it('bounds what they answer, and goes where they are and nowhere else', () => {
    expect(jobOf(everywhere, 'annotated-pods')).toMatchObject({
      sample_limit: 5000,
      target_limit: 1000,
      label_limit: 40,
      body_size_limit: '10MB',
      honor_timestamps: false,
      follow_redirects: false,
    });
    expect(jobOf(everywhere, 'annotated-pods')).not.toHaveProperty('authorization');
    expect(jobOf(everywhere, 'annotated-pods')).not.toHaveProperty('honor_labels');
  });

  it('does not call people of this platform for them', () => {
    const expressionOf = (discovery: DiscoveryProps) =>
      render(discovery).prometheus.alerts.find(({ name }) => name === 'ScrapeTargetDown')?.expr;
    expect(expressionOf(everywhere)).toBe('up{job!="annotated-pods"} == 0');
    expect(expressionOf({})).toBe('up == 0');
  });

  it('refuses no namespaces at all, and what is no port', () => {
    expect(() => render({ annotatedPods: { allowedNamespaces: [] } })).toThrow('at least one namespace');
    expect(() => render({ annotatedPods: { ports: [0] } })).toThrow('a port from 1 to 65535');
  });
});
