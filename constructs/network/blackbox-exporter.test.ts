import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import { NetworkPeer } from '../core/network-peer';
import type { PlatformAppProps } from '../core/platform-app';
import { checkAll, describeViolation, readDefinitions } from '../invariants';
import { PodMonitors } from '../metrics/pod-monitors';
import { Prometheus } from '../metrics/prometheus';
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
import { everyKind, network } from './blackbox.testing';
import { BlackboxExporter, type BlackboxExporterProps } from './blackbox-exporter';
import { SyntheticProbe } from './synthetic-probe';

const page = SyntheticProbe.http('shop', 'https://shop.example.org/');
const everything: OwnProps<BlackboxExporterProps> = {
  name: 'prober',
  probes: everyKind,
  from: network.placeOf('berlin'),
  interval: Duration.seconds(30),
  replicas: 2,
  resources: { cpu: '10m', memory: '32Mi', memoryLimit: '64Mi' },
  image: 'example.org/blackbox-exporter:v0.29.0',
};

function render(props: Partial<BlackboxExporterProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const exporter = new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: [page], ...props });
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(exporter);
  prometheus.evaluate(exporter);
  return { app, exporter, objects: renderApp(app) };
}

interface Job {
  readonly job_name: string;
  readonly static_configs: readonly { readonly targets: readonly string[]; readonly labels: Record<string, string> }[];
}

function probeJob(objects: ReturnType<typeof renderApp>, name = 'blackbox-exporter-probes'): Job {
  const { scrape_configs } = parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as {
    readonly scrape_configs: readonly Job[];
  };
  const found = scrape_configs.find(({ job_name }) => job_name === name);
  if (found === undefined) throw new Error(`there is no job ${name}`);
  return found;
}

describe('BlackboxExporter', () => {
  it('needs only something to ask', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'network'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, objects } = render(everything);
    expect(violationsOf(app, { given: [givenSecret('network', 'probe')] })).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'network'))).toMatchSnapshot();
    expect(probeJob(objects, 'prober-probes')).toMatchSnapshot();
  });

  it('has Prometheus ask it for each probe, by labels that say what and from where', () => {
    const { objects } = render({ probes: everyKind, from: network.placeOf('berlin') });
    const job = probeJob(objects);
    expect(job).toMatchObject({
      metrics_path: '/probe',
      scrape_interval: '60s',
      scrape_timeout: '6s',
      relabel_configs: [
        { source_labels: ['__address__'], target_label: 'instance' },
        { target_label: '__address__', replacement: 'blackbox-exporter.network.svc.cluster.local:9115' },
      ],
    });
    expect(job.static_configs).toHaveLength(everyKind.length);
    const { modules } = parse(fileOf(objects, 'blackbox-exporter-config', 'blackbox.yml')) as {
      readonly modules: Record<string, object>;
    };
    for (const { labels } of job.static_configs) expect(modules).toHaveProperty([labels['__param_module'] ?? '']);
    expect(job.static_configs.find(({ labels }) => labels['target'] === 'berlin-virginia')).toEqual({
      targets: ['192.0.2.10'],
      labels: {
        __param_module: expect.stringMatching(/^icmp-/) as string,
        __param_target: '192.0.2.10',
        target: 'berlin-virginia',
        probe: 'icmp',
        region: 'us-east',
        site: 'virginia',
        provider: 'aws',
        link: 'berlin-virginia',
        from_region: 'eu-central',
        from_site: 'berlin',
        from_provider: 'own',
      },
    });
  });

  it('has one module for all that is asked in one way', () => {
    const probes = ['a', 'b', 'c'].map((name) =>
      SyntheticProbe.http(name, `https://${name}.example.org/`, name === 'c' ? { status: [204] } : {}),
    );
    const { objects } = render({ probes });
    const { modules } = parse(fileOf(objects, 'blackbox-exporter-config', 'blackbox.yml')) as { modules: object };
    expect(Object.values(modules)).toMatchObject([
      { http: { method: 'GET' } },
      { http: { valid_status_codes: [204] } },
    ]);
    const used = probeJob(objects).static_configs.map(({ labels }) => labels['__param_module']);
    expect(new Set(used).size).toBe(2);
  });

  it('is let out to what it asks, and no further than policies can say', () => {
    const { objects } = render({
      probes: [
        SyntheticProbe.tcp('address', { host: '192.0.2.20', port: 9092 }),
        SyntheticProbe.tcp('address6', { host: '2001:db8::7', port: 9092 }),
        SyntheticProbe.dns('names', '192.0.2.53', { query: 'a.example.org' }),
        SyntheticProbe.http('cart', 'http://cart.shop.svc.cluster.local:8080/health'),
        SyntheticProbe.tcp('pod', { host: 'db-0.db.billing.svc', port: 5432 }),
        SyntheticProbe.http('known', 'https://known.example.org/', { ranges: ['203.0.113.0/24'] }),
        SyntheticProbe.http('name', 'https://name.example.org:8443/'),
        SyntheticProbe.icmp('router', '192.0.2.1'),
      ],
    });
    const { metadata, spec } = objectOf(objects, 'NetworkPolicy', 'blackbox-exporter');
    const rule = (peer: object, port: number, protocol = 'TCP') => ({ to: [peer], ports: [{ port, protocol }] });
    expect(spec.egress).toEqual(
      expect.arrayContaining([
        rule({ ipBlock: { cidr: '192.0.2.20/32' } }, 9092),
        rule({ ipBlock: { cidr: '2001:db8::7/128' } }, 9092),
        rule({ ipBlock: { cidr: '192.0.2.53/32' } }, 53, 'UDP'),
        rule({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } }, 8080),
        rule({ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'billing' } } }, 5432),
        rule({ ipBlock: { cidr: '203.0.113.0/24' } }, 443),
        rule({ ipBlock: { cidr: '0.0.0.0/0' } }, 8443),
        rule({ ipBlock: { cidr: '::/0' } }, 8443),
        { to: [{ ipBlock: { cidr: '192.0.2.1/32' } }] },
      ]),
    );
    const reasons = metadata.annotations?.['plumbline.dev/outside']?.split('\n');
    expect(reasons).toContain('egress *: echo requests to 192.0.2.1');
    expect(reasons).toContain('egress 8443: name.example.org');
  });

  it('asks components of the platform, whose policies let it in, and not who has it ask', () => {
    const app = testApp();
    const grafana = new Grafana(app.chart('visualization'), 'grafana');
    const probe = SyntheticProbe.http('grafana', { endpoint: grafana.ui, path: '/api/health' });
    const exporter = new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: [probe] });
    new Prometheus(app.chart('metrics'), 'prometheus').scrape(exporter);
    expect(violationsOf(app)).toEqual([]);
    const objects = renderApp(app);
    expect(probeJob(objects).static_configs[0]?.targets).toEqual([
      'http://grafana.visualization.svc.cluster.local:80/api/health',
    ]);
    const inTo = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'grafana').spec.ingress);
    expect(inTo).toContain('blackbox-exporter');
    expect(inTo).not.toContain('prometheus');
    const out = JSON.stringify(objectOf(objects, 'NetworkPolicy', 'blackbox-exporter').spec.egress);
    expect(out).not.toContain('0.0.0.0/0');
  });

  it('would be found out if a policy let it go where it asks nobody', () => {
    const app = testApp();
    const grafana = new Grafana(app.chart('visualization'), 'grafana');
    const exporter = new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: [page] });
    new Prometheus(app.chart('metrics'), 'prometheus').scrape(exporter);
    exporter.workloads[0]?.connectTo(grafana.ui);
    expect(violationsOf(app)).toContainEqual(
      expect.stringContaining('nothing tells Deployment network/blackbox-exporter to connect to'),
    );
  });

  it('may send echo requests, by its group alone and without a capability, if it is to', () => {
    const pinging = podTemplateOf(render({ probes: everyKind }).objects, 'Deployment', 'blackbox-exporter').spec;
    expect(pinging.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsGroup: 65534,
      sysctls: [{ name: 'net.ipv4.ping_group_range', value: '65534 65534' }],
    });
    expect(pinging.containers[0]?.securityContext).toMatchObject({ capabilities: { drop: ['ALL'] } });
    const silent = podTemplateOf(render().objects, 'Deployment', 'blackbox-exporter').spec;
    expect(silent.securityContext).not.toHaveProperty('sysctls');
  });

  it('reads its file again instead of starting again', () => {
    const template = (probes: readonly SyntheticProbe[]) =>
      podTemplateOf(render({ probes }).objects, 'Deployment', 'blackbox-exporter');
    expect(template([page])).toEqual(
      template([SyntheticProbe.http('other', 'https://shop.example.org/', { status: [204] })]),
    );
    expect(template([page]).spec.containers[0]?.args).toContain('--config.enable-auto-reload');
  });

  it('has what is secret from a Secret, as a file', () => {
    const credential = { secret: 'probe', key: 'key' };
    const { app, objects } = render({
      probes: [
        SyntheticProbe.gateway('bearer', 'https://api.example.org/a', { credential }),
        SyntheticProbe.gateway('key', 'https://api.example.org/b', {
          credential: { ...credential, header: 'X-Api-Key' },
        }),
      ],
    });
    expect(violationsOf(app, { given: [givenSecret('network', 'probe')] })).toEqual([]);
    const text = fileOf(objects, 'blackbox-exporter-config', 'blackbox.yml');
    const file = /credentials_file: (\S+)/.exec(text)?.[1] ?? '';
    expect(text).toContain(`type: Bearer`);
    expect(text).toMatch(/http_headers:\n\s+X-Api-Key:\n\s+files:\n\s+- \/etc/);
    const { volumeMounts } = containerOf(objects, 'Deployment', 'blackbox-exporter') as unknown as {
      readonly volumeMounts: readonly { readonly mountPath: string }[];
    };
    expect(volumeMounts.map(({ mountPath }) => `${mountPath}/key`)).toContain(file);
  });

  it('tells of links only if there are some', () => {
    const names = (probes: readonly SyntheticProbe[]) => {
      const { exporter } = render({ probes });
      return [...exporter.alerts.map(({ name }) => name), ...exporter.dashboards.map(({ uid }) => uid)];
    };
    expect(names([page])).toContain('EndpointDown');
    expect(names([page]).filter((name) => /Link|Dns|Cdn|round/.test(name))).toEqual([]);
    const links = names(network.probesFrom('berlin'));
    expect(links).toEqual(
      expect.arrayContaining(['LinkUnreachable', 'LinkRoundTripHigh', 'blackbox-exporter-round-trips']),
    );
    expect(links).not.toContain('EndpointDown');
  });

  it('is read by the Prometheus of an operator, too: an endpoint of the monitor for each probe', () => {
    const app = testApp();
    const grafana = new Grafana(app.chart('visualization'), 'grafana');
    const exporter = new BlackboxExporter(app.chart('network'), 'blackbox-exporter', {
      probes: [
        page,
        SyntheticProbe.http('odd', 'https://shop.example.org/$a'),
        SyntheticProbe.http('grafana', { endpoint: grafana.ui, path: '/api/health' }),
      ],
    });
    new PodMonitors(app.chart('metrics'), 'monitors', { from: [NetworkPeer.namespace('monitoring')] }).scrape(exporter);
    const objects = renderApp(app);
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
    const { podMetricsEndpoints } = objectOf(objects, 'PodMonitor', 'blackbox-exporter-probes').spec;
    expect(podMetricsEndpoints).toMatchObject([
      {
        port: 'http',
        path: '/probe',
        interval: '60s',
        scrapeTimeout: '6s',
        params: { module: [expect.stringMatching(/^http-/)], target: ['https://shop.example.org/'] },
        relabelings: expect.arrayContaining([
          { action: 'replace', targetLabel: 'target', replacement: 'shop' },
          { action: 'replace', targetLabel: 'instance', replacement: 'https://shop.example.org/' },
          { action: 'replace', targetLabel: 'job', replacement: 'blackbox-exporter-probes' },
        ]) as object[],
      },
      {
        params: { target: ['https://shop.example.org/$a'] },
        relabelings: expect.arrayContaining([
          { action: 'replace', targetLabel: 'instance', replacement: 'https://shop.example.org/$$a' },
        ]) as object[],
      },
      { params: { target: ['http://grafana.visualization.svc.cluster.local:80/api/health'] } },
    ]);
  });

  it('speaks TLS where servers of the platform do', () => {
    const { app, objects } = render({}, { tls: { ca: 'ca' } });
    const { args, readinessProbe } = containerOf(objects, 'Deployment', 'blackbox-exporter');
    expect(args).toContain('--web.config.file=/etc/blackbox/web.yml');
    expect(readinessProbe).toMatchObject({ httpGet: { path: '/-/healthy', scheme: 'HTTPS' } });
    expect(probeJob(objects)).toMatchObject({ scheme: 'https', tls_config: { ca_file: expect.any(String) as string } });
    const given = [
      ...['ca', 'prometheus-tls'].map((name) => givenSecret('metrics', name)),
      givenSecret('network', 'blackbox-exporter-tls'),
    ];
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('refuses nothing to ask, two of one name, places that fit no label, and probes that outlast their interval', () => {
    expect(() => render({ probes: [] })).toThrow('at least one target');
    expect(() => render({ probes: [page, page] })).toThrow('no other target has');
    expect(() => render({ from: { site: 'a"b' } })).toThrow('.site');
    const patient = SyntheticProbe.tcp('patient', { host: '192.0.2.1', port: 1 }, { timeout: Duration.seconds(30) });
    expect(() => render({ probes: [patient], interval: Duration.seconds(20) })).toThrow('at least 31 s');
  });

  it('refuses echo requests to a name, which would need a way out to everything', () => {
    expect(() => render({ probes: [SyntheticProbe.icmp('far', 'far.example.org')] })).toThrow('far.ranges');
    const narrow = SyntheticProbe.icmp('far', 'far.example.org', { ranges: ['203.0.113.0/24'] });
    expect(violationsOf(render({ probes: [narrow] }).app)).toEqual([]);
  });
});
