import { parse } from 'yaml';
import {
  Access,
  Endpoint,
  NetworkPeer,
  imageReference,
  images,
  type DashboardHostChoice,
  type EventStreamChoice,
} from '../constructs';
import { sumResources, type KubeObject } from '../constructs/invariants';
import {
  asYaml,
  fileOf,
  givenNamespace,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  violationsOf,
} from '../constructs/testing';
import { platform } from '../main';
import { enterprise, enterpriseOf, enterprisePorts, type EnterpriseDoor } from './enterprise';
import type { Environment } from './environment';

const objects = renderApp(platform(enterprise));

interface Job {
  readonly job_name: string;
  readonly scrape_interval?: string;
  readonly relabel_configs?: readonly { readonly target_label?: string; readonly replacement?: string }[];
}
interface Scraping {
  readonly global: { readonly scrape_interval: string; readonly external_labels: object };
  readonly scrape_configs: readonly Job[];
}
const scrapingOf = (of: readonly KubeObject[]) => parse(fileOf(of, 'prometheus-config', 'prometheus.yml')) as Scraping;

/** `service: port` of every port of nodes. */
const nodePortsOf = (of: readonly KubeObject[]) =>
  of
    .filter(({ kind }) => kind === 'Service')
    .flatMap(({ metadata, spec }) =>
      (spec as { readonly ports: readonly { readonly nodePort?: number }[] }).ports.flatMap(({ nodePort }) =>
        nodePort === undefined ? [] : [`${metadata.name}: ${nodePort}`],
      ),
    );

/** Parts that 004 switches on and off, and what of them is rendered. */
const services = [
  ['prometheus', 'StatefulSet/prometheus'],
  ['grafana', 'Deployment/grafana'],
  ['logs', 'StatefulSet/loki'],
  ['otel', 'Deployment/otel-ingestor'],
  ['tempo', 'StatefulSet/tempo'],
  ['alerting', 'StatefulSet/alertmanager'],
  ['nodes', 'DaemonSet/node-exporter'],
  ['workloads', 'Deployment/kube-state-metrics'],
  ['logAgent', 'DaemonSet/log-agent'],
  ['probes', 'Deployment/blackbox-exporter'],
  ['smokeping', 'Deployment/smokeping-prober'],
  ['paths', 'Deployment/network-paths'],
  ['postgresExporter', 'Deployment/postgres-exporter'],
  ['redisExporter', 'Deployment/redis-exporter'],
  ['mongodbExporter', 'Deployment/mongodb-exporter'],
] as const satisfies readonly (readonly [keyof Environment, string])[];

const isRendered = (of: readonly KubeObject[], what: string) =>
  of.some(({ kind, metadata }) => `${kind}/${metadata.name}` === what);

/** What cannot be there without another part. */
const needing: Partial<Record<keyof Environment, readonly string[]>> = { logs: ['logAgent'] };

function without(service: keyof Environment): Environment {
  const gone: readonly string[] = [service, ...(needing[service] ?? [])];
  return Object.fromEntries(
    Object.entries(enterprise).filter(([key]) => !gone.includes(key)),
  ) as unknown as Environment;
}

describe('The enterprise environment', () => {
  it('keeps every invariant, and is in one namespace beside one of agents', () => {
    expect(violationsOf(platform(enterprise))).toEqual([]);
    const names = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    expect(names).toEqual(['ao-os', 'ao-os-agents']);
  });

  it('has the ports of nodes of its document, and no others', () => {
    expect(nodePortsOf(objects)).toEqual(
      expect.arrayContaining([
        'prometheus: 30090',
        'grafana: 30300',
        'loki: 30310',
        'tempo-door: 30320',
        'alertmanager: 30930',
        'smokeping: 30800',
        'network-paths: 30808',
      ]),
    );
    expect(nodePortsOf(objects)).toHaveLength(7);
  });

  it('lets private addresses in by them, and the ranges of one port by that alone', () => {
    expect(asYaml([objectOf(objects, 'NetworkPolicy', 'loki')])).toContain('cidr: 192.168.0.0/16');
    const narrow = renderApp(
      platform(
        enterpriseOf({
          access: Access.nodePorts<EnterpriseDoor>(
            { ...enterprisePorts, prometheus: { port: 30090, clientRanges: ['10.20.0.0/24'] } },
            { clientRanges: ['10.30.0.0/16'], node: 'nodes.example.org' },
          ),
        }),
      ),
    );
    const letIn = (name: string) => asYaml([objectOf(narrow, 'NetworkPolicy', name)]).match(/cidr: 10\.\S+/g);
    expect(letIn('prometheus')).toEqual(['cidr: 10.20.0.0/24']);
    expect(letIn('grafana')).toEqual(['cidr: 10.30.0.0/16']);
    expect(asYaml(narrow)).toContain('http://nodes.example.org:30300');
  });

  it('keeps metrics for thirty days, and lines and traces for a week', () => {
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain('time: 720h');
    expect(fileOf(objects, 'loki-config', 'loki.yaml')).toContain('retention_period: 168h');
    expect(fileOf(objects, 'tempo-config', 'tempo.yaml')).toContain('block_retention: 168h');
  });

  it('reads infrastructure each quarter of a minute, ways through the network each minute, all else each half', () => {
    const { global, scrape_configs: jobs } = scrapingOf(objects);
    expect(global.scrape_interval).toBe('30s');
    const often = jobs.filter(({ scrape_interval: every }) => every === '15s').map(({ job_name }) => job_name);
    expect(often.toSorted()).toEqual(['kube-apiserver', 'kube-state-metrics', 'node-exporter']);
    const seldom = jobs.filter(({ scrape_interval: every }) => every === '60s').map(({ job_name }) => job_name);
    expect(seldom.toSorted()).toEqual(['blackbox-exporter-probes', 'network-paths', 'smokeping-prober']);
    expect(jobs.filter(({ scrape_interval: every }) => every !== undefined)).toHaveLength(often.length + seldom.length);
    expect(enterprise.prometheus).toMatchObject({ scrapeIntervals: { network: expect.anything() as unknown } });
    expect(fileOf(objects, 'grafana-datasources', 'datasources.yaml')).toContain('timeInterval: 60s');
  });

  it('says on every signal where it is from', () => {
    const origin = { cluster: 'lab-1', cloud: 'private', site: 'berlin' };
    const located = renderApp(platform({ ...enterpriseOf({ origin }), ownTraces: true }));
    const { global, scrape_configs: jobs } = scrapingOf(located);
    expect(global.external_labels).toEqual(origin);
    for (const { relabel_configs: found = [] } of jobs.filter(({ job_name: job }) => !job.endsWith('-probes')))
      for (const [label, replacement] of Object.entries(origin))
        expect(found).toContainEqual({ target_label: label, replacement });
    expect(parse(fileOf(located, 'otel-aggregator-config', 'config.yaml'))).toMatchObject({
      processors: {
        'resource/origin': {
          attributes: Object.entries(origin).map(([key, value]) => ({ key, value, action: 'insert' })),
        },
      },
    });
    expect(parse(fileOf(located, 'loki-config', 'loki.yaml'))).toMatchObject({ ruler: { external_labels: origin } });
    expect(parse(fileOf(located, 'tempo-config', 'tempo.yaml'))).toMatchObject({
      metrics_generator: { registry: { external_labels: origin } },
    });
    expect(asYaml([objectOf(located, 'Deployment', 'preprocessing')])).toContain(
      'cluster=lab-1,cloud=private,site=berlin',
    );
    expect(scrapingOf(objects).global.external_labels).toEqual(enterprise.origin);
    expect(fileOf(located, 'log-agent-config', 'config.alloy')).toMatch(/cluster\s+= "lab-1"/);
  });

  it('has two to five Grafanas, at 60 % of their CPU', () => {
    const { spec } = objectOf(objects, 'HorizontalPodAutoscaler', 'grafana');
    expect(spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [{ resource: { name: 'cpu', target: { averageUtilization: 60 } } }],
    });
    const scaled = objects
      .filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
      .map(({ metadata }) => metadata.name);
    expect(scaled.toSorted()).toEqual(['grafana', 'otel-ingestor']);
  });

  it('is on nodes with its label, of the class of volumes that is chosen, its agents on all', () => {
    const selectorOf = (kind: string, name: string) => podTemplateOf(objects, kind, name).spec.nodeSelector;
    expect(selectorOf('StatefulSet', 'prometheus')).toEqual({ 'ao-node': 'observability' });
    expect(selectorOf('DaemonSet', 'node-exporter')).toEqual({ 'kubernetes.io/os': 'linux' });
    const cluster = { storageClass: 'longhorn-single', nodeSelector: {} };
    const chosen = renderApp(platform(enterpriseOf({ cluster })));
    expect(podTemplateOf(chosen, 'StatefulSet', 'prometheus').spec).not.toHaveProperty('nodeSelector');
    const claims = chosen
      .filter(({ kind }) => kind === 'StatefulSet')
      .flatMap(
        ({ spec }) => (spec as { volumeClaimTemplates?: readonly { spec: object }[] }).volumeClaimTemplates ?? [],
      );
    expect(claims.length).toBeGreaterThan(5);
    for (const { spec } of claims) expect(spec).toMatchObject({ storageClassName: 'longhorn-single' });
  });

  it('takes signals of the namespaces that it is told, and looks for pods in no others', () => {
    const app = platform(enterpriseOf({ allowedNamespaces: ['shop', 'billing'] }));
    expect(violationsOf(app, { given: ['shop', 'billing'].flatMap(givenNamespace) })).toEqual([]);
    const told = renderApp(app);
    const letIn = (of: readonly KubeObject[]) => asYaml([objectOf(of, 'NetworkPolicy', 'otel-ingestor')]);
    expect(letIn(told)).toContain('kubernetes.io/metadata.name: shop');
    expect(letIn(told)).not.toContain('namespaceSelector: {}');
    expect(letIn(objects)).toContain('namespaceSelector: {}');
    const found = scrapingOf(told).scrape_configs.find(({ job_name }) => job_name === 'annotated-pods');
    expect(found).toMatchObject({ kubernetes_sd_configs: [{ namespaces: { names: ['shop', 'billing'] } }] });
  });

  it('fits three nodes of 4 CPU and 16 GiB beside what nodes run themselves', () => {
    const { cpu, memory } = sumResources(objects);
    expect(cpu).toBeLessThanOrEqual(3 * 3.2);
    expect(memory).toBeLessThanOrEqual(3 * 13 * 2 ** 30);
  });

  it('comes from a mirror with one value, and asks for nothing outside when it runs', () => {
    const mirrored = renderApp(
      platform({ ...enterprise, imageRegistry: 'mirror.example.org', alerting: externalAlerting }),
    );
    const text = asYaml(mirrored);
    expect(text).toContain(`image: ${imageReference(images.prometheus, { imageRegistry: 'mirror.example.org' })}`);
    expect(text).not.toMatch(/image: (?!mirror\.example\.org\/)\S+/);
    const policies = mirrored.filter(({ kind }) => kind === 'NetworkPolicy');
    const outside = policies.flatMap(({ metadata }) =>
      (metadata.annotations?.['plumbline.dev/outside'] ?? '').split('\n').filter((line) => line.startsWith('egress')),
    );
    expect([...new Set(outside)].toSorted()).toEqual([
      'egress *: echo requests to 192.0.2.10',
      'egress *: echo requests to 198.51.100.10',
      'egress *: pings of targets of the network',
      'egress *: pings to the targets, and policies cannot name ICMP',
      'egress 1-65535: pods that ask to be read',
      'egress 27017: mongodb.example.org',
      'egress 443: api.example.org',
      'egress 443: cdn.example.org',
      // Channels of messages on incidents, none of which there is until it has a Secret.
      'egress 443: webhooks of the notification channels',
      'egress 53/UDP: 192.0.2.53',
      'egress 6379: redis.example.org',
      'egress 9093: alerts.example.org',
    ]);
  });

  it.each(services)('is whole without %s', (service, what) => {
    expect(isRendered(objects, what)).toBe(true);
    const app = platform(without(service));
    expect(violationsOf(app)).toEqual([]);
    expect(isRendered(renderApp(app), what)).toBe(false);
  });
});

const http = (host: string, port: number) => Endpoint.external(host, port, { scheme: 'http' });
const externalAlerting = { external: { endpoint: http('alerts.example.org', 9093) } };

/** Each part as somebody else's, and what of ours is then not rendered. */
const external = [
  ['prometheus', { external: { endpoint: http('metrics.example.org', 9090) } }, 'StatefulSet/prometheus'],
  ['logs', { external: { endpoint: http('logs.example.org', 3100) } }, 'StatefulSet/loki'],
  [
    'tempo',
    { external: { otlpGrpc: Endpoint.external('tempo.example.org', 4317), query: http('tempo.example.org', 3200) } },
    'StatefulSet/tempo',
  ],
  ['alerting', externalAlerting, 'StatefulSet/alertmanager'],
  ['grafana', { external: {} } satisfies DashboardHostChoice, 'Deployment/grafana'],
  ['broker', { external: { brokers: ['kafka.example.org:9092'] } } satisfies EventStreamChoice, 'StatefulSet/redpanda'],
] as const;

describe('In the enterprise environment', () => {
  it.each(external)('%s may be somebody else’s', (part, choice, what) => {
    const app = platform({ ...enterprise, [part]: choice });
    expect(violationsOf(app)).toEqual([]);
    expect(isRendered(objects, what)).toBe(true);
    expect(isRendered(renderApp(app), what)).toBe(false);
  });

  it('a database of somebody else’s is asked for by its address', () => {
    const database = { external: { endpoint: Endpoint.external('db.example.org', 5432) } };
    const app = platform({ ...enterprise, database });
    const given = ['grafana-postgres-sql', 'postgres-exporter-postgres-sql'].map((name) => givenSecret('ao-os', name));
    expect(violationsOf(app, { given })).toEqual([]);
    expect(isRendered(renderApp(app), 'StatefulSet/postgres')).toBe(false);
  });

  it('a Jenkins, a FastAPI application and servers outside are read where they are said', () => {
    const at = (host: string) => Endpoint.external(host, 443, { scheme: 'https' });
    const app = platform({
      ...enterprise,
      jenkins: { endpoint: at('jenkins.example.org') },
      fastApi: { endpoint: at('orders.example.org') },
      externalTargets: { cxtaf: { endpoint: at('cxtaf.example.org') }, cxtm: { endpoint: at('cxtm.example.org') } },
    });
    expect(violationsOf(app)).toEqual([]);
    const names = scrapingOf(renderApp(app)).scrape_configs.map(({ job_name }) => job_name);
    expect(names).toEqual(expect.arrayContaining(['jenkins', 'fastapi', 'cxtaf', 'cxtm']));
  });

  it('people come by port-forward or by names of hosts, too', () => {
    const forwarded = platform(enterpriseOf({ access: Access.portForward() }));
    expect(violationsOf(forwarded)).toEqual([]);
    expect(nodePortsOf(renderApp(forwarded))).toEqual([]);
    const named = platform(
      enterpriseOf({
        access: Access.hostNames<EnterpriseDoor>(
          { grafana: 'grafana.example.org', prometheus: 'prometheus.example.org' },
          { className: 'traefik', controller: NetworkPeer.namespace('traefik'), certificate: 'wildcard' },
        ),
      }),
    );
    expect(violationsOf(named, { given: [givenSecret('ao-os', 'wildcard')] })).toEqual([]);
    const doors = renderApp(named).filter(({ kind }) => kind === 'Ingress');
    expect(doors.map(({ metadata }) => metadata.name).toSorted()).toEqual(['grafana-http', 'prometheus-http']);
    expect(asYaml(renderApp(named))).toContain('https://grafana.example.org');
    expect(nodePortsOf(renderApp(named))).toEqual([]);
  });
});
