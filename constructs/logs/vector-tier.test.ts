import { Size } from 'cdk8s';
import { parse } from 'yaml';
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
import { Alertmanager } from '../alerting/alertmanager';
import { ValuePattern } from '../collection/value-pattern';
import { Endpoint } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
import { Prometheus } from '../metrics/prometheus';
import { LogAgent } from './log-agent';
import { Loki } from './loki';
import { programObjections, vectorObjections } from './vector-schema.testing';
import { VectorTier, type VectorTierProps } from './vector-tier';

const outside = [NetworkPeer.addresses('192.0.2.0/24')];

const everything: Omit<OwnProps<VectorTierProps>, 'logs' | 'alerting'> & Pick<VectorTierProps, 'config'> = {
  name: 'lines',
  tenant: 'shop',
  replicas: 3,
  volume: { size: Size.gibibytes(20), storageClass: 'fast' },
  externalLabels: { cluster: 'main' },
  linesPerSecond: 500,
  patterns: [...ValuePattern.standard, ValuePattern.cardNumber],
  http: { clients: outside, services: ['shop', 'pay'] },
  syslog: { clients: outside, services: ['sshd'], protocols: ['tcp', 'udp'] },
  resources: { cpu: '2', memory: '4Gi' },
  image: 'example.org/vector:0.58.0',
  config: { 'vector.yaml': { sinks: { store: { batch: { max_events: 1000 } } } } },
};

interface Part {
  readonly type: string;
  readonly inputs?: readonly string[];
  readonly source?: string;
  readonly tls?: object;
  readonly [field: string]: unknown;
}

interface Config {
  readonly sources: Readonly<Record<string, Part>>;
  readonly transforms: Readonly<Record<string, Part>>;
  readonly sinks: Readonly<Record<string, Part>>;
}

function render(props: Partial<VectorTierProps> & { readonly tells?: boolean } = {}, tls = false) {
  const { tells = false, ...own } = props;
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const logs = new Loki(app.chart('logs'), 'loki');
  const hook = { webhook: { endpoint: Endpoint.external('hooks.example.org', 443), path: '/' } };
  const alerting = tells
    ? { alerting: new Alertmanager(app.chart('alerting'), 'alertmanager', { receivers: { hook }, otherwise: 'hook' }) }
    : {};
  const vector = new VectorTier(app.chart('logs'), 'vector', { logs, ...alerting, ...own });
  const agent = new LogAgent(app.chart('nodes'), 'log-agent', { logs: vector });
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(vector, agent);
  const objects = renderApp(app);
  const config = parse(fileOf(objects, `${vector.name}-config`, 'vector.yaml')) as Config;
  return { app, vector, objects, config, own: objects.filter(({ metadata }) => metadata.name.includes(vector.name)) };
}

const programsOf = ({ transforms }: Config) => Object.values(transforms).flatMap(({ source }) => source ?? []);

describe('VectorTier', () => {
  it('needs a store, and nothing else', () => {
    const { app, own, config } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(Object.keys(config.sources)).toEqual(['own', 'otlp']);
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, own } = render({ ...everything, tells: true });
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('is two pods on two nodes, of which one may be away, each with a volume', () => {
    const { objects } = render();
    expect(objectOf(objects, 'StatefulSet', 'vector').spec.replicas).toBe(2);
    expect(objectOf(objects, 'PodDisruptionBudget', 'vector').spec).toMatchObject({ maxUnavailable: 1 });
    expect(objectOf(objects, 'StatefulSet', 'vector').spec.volumeClaimTemplates).toHaveLength(1);
    expect(containerOf(objects, 'StatefulSet', 'vector')).toMatchObject({
      securityContext: { readOnlyRootFilesystem: true, allowPrivilegeEscalation: false },
      readinessProbe: { httpGet: { path: '/health' } },
    });
  });

  it('reads no files of the node', () => {
    const { objects, config } = render({ ...everything, tells: true });
    expect(JSON.stringify(podTemplateOf(objects, 'StatefulSet', 'lines').spec)).not.toContain('hostPath');
    expect(Object.values(config.sources).map(({ type }) => type)).toEqual([
      'internal_metrics',
      'opentelemetry',
      'http_server',
      'syslog',
      'syslog',
    ]);
  });

  it('answers for a line when it is on disk, and gives none up because the store is away', () => {
    const { store } = render().config.sinks;
    expect(store).toMatchObject({
      acknowledgements: { enabled: true },
      buffer: { type: 'disk', when_full: 'block', max_size: 0.8 * 10 * 2 ** 30 },
    });
    expect(store).not.toHaveProperty('request.retry_attempts');
  });

  it('makes streams of three labels and of those that are the same for all', () => {
    const { store } = render(everything).config.sinks;
    expect(Object.keys(store?.labels as object)).toEqual(['cluster', 'namespace', 'service', 'level']);
    expect(store).toMatchObject({ tenant_id: 'shop', structured_metadata: { '*': '{{ metadata }}' } });
  });

  it('passes lines on by one way: formed, cleaned, limited, sent; each is counted before it is limited', () => {
    const { transforms, sinks } = render(everything).config;
    expect(transforms.lines?.inputs).toEqual(['formed_otlp', 'formed_http', 'formed_syslog_tcp', 'formed_syslog_udp']);
    expect(transforms.limited).toMatchObject({ inputs: ['lines'], threshold: 500, key_field: '{{ labels.service }}' });
    expect(transforms.counted?.inputs).toEqual(['lines']);
    expect(sinks.store?.inputs).toEqual(['limited']);
    expect(sinks.metrics?.inputs).toEqual(['own', 'counted']);
  });

  it('has people told of fatal lines where somebody does, and lines do not wait for that', () => {
    expect(render().config.sinks).not.toHaveProperty('alertmanager');
    const { config, vector } = render({ tells: true });
    expect(config.sinks.alertmanager).toMatchObject({
      uri: 'http://alertmanager-headless.alerting.svc.cluster.local:9093/api/v2/alerts',
      acknowledgements: { enabled: false },
      buffer: { when_full: 'drop_newest' },
    });
    expect(vector.alerts.map(({ name }) => name)).toContain('VectorAlertsNotDelivered');
    expect(render().vector.alerts.map(({ name }) => name)).not.toContain('VectorAlertsNotDelivered');
  });

  it('lets in who may send, by the ports that they send to', () => {
    const { objects } = render({ ...everything, tells: true });
    const { ingress } = objectOf(objects, 'NetworkPolicy', 'lines').spec as {
      readonly ingress: readonly {
        readonly from: readonly object[];
        readonly ports: readonly { readonly port: number }[];
      }[];
    };
    const portsOf = (from: string) =>
      ingress
        .filter((rule) => JSON.stringify(rule.from).includes(from))
        .flatMap((rule) => rule.ports.map(({ port }) => port));
    expect(new Set(portsOf('192.0.2.0/24'))).toEqual(new Set([8080, 1514]));
    expect(portsOf('log-agent')).toEqual([4318]);
    expect(JSON.stringify(ingress)).not.toContain('8686');
  });

  it('serves and sends by TLS where servers of the platform do', () => {
    const { app, config } = render({ http: { clients: outside }, syslog: { clients: outside }, tells: true }, true);
    const served = { enabled: true, crt_file: '/etc/plumbline/tls/server/tls.crt' };
    expect(config.sources).toMatchObject({
      otlp: { grpc: { tls: served }, http: { tls: served } },
      http: { tls: served },
      syslog_tcp: { tls: served },
    });
    expect(config.sinks).toMatchObject({
      metrics: { tls: served },
      store: {
        endpoint: 'https://loki.logs.svc.cluster.local:3100',
        tls: { ca_file: '/etc/plumbline/tls/ca-ca-crt/ca.crt' },
      },
      alertmanager: { tls: { ca_file: '/etc/plumbline/tls/ca-ca-crt/ca.crt' } },
    });
    expect(JSON.stringify(render({ tells: true }).config)).not.toContain('tls');
    const names = {
      logs: ['loki', 'vector'],
      alerting: ['alertmanager'],
      nodes: ['log-agent'],
      metrics: ['prometheus'],
    };
    const given = Object.entries(names).flatMap(([namespace, servers]) =>
      ['ca', ...servers.map((name) => `${name}-tls`)].map((name) => givenSecret(namespace, name)),
    );
    expect(violationsOf(app, { given })).toEqual([]);
  });

  it('sends to a store that is not ours, below its path and by its tenant', () => {
    const app = testApp();
    const endpoint = Endpoint.external('loki.example.org', 443, { scheme: 'https' });
    const logs = Loki.fromExternal(app.chart('logs'), 'loki', { endpoint, queryPath: '/gateway' });
    new VectorTier(app.chart('logs'), 'vector', { logs, tenant: 'shop' });
    const { sinks } = parse(fileOf(renderApp(app), 'vector-config', 'vector.yaml')) as Config;
    expect(sinks.store).toMatchObject({
      endpoint: 'https://loki.example.org',
      path: '/gateway/loki/api/v1/push',
      tenant_id: 'shop',
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it.each<[string, Partial<VectorTierProps>, boolean, string]>([
    ['no lines', { linesPerSecond: 0 }, false, 'linesPerSecond is 0, which is not a count of at least 1'],
    ['a volume without room for a buffer', { volume: { size: Size.mebibytes(300) } }, false, 'at least 320 MiB'],
    ['UDP where servers speak TLS', { syslog: { clients: outside, protocols: ['udp'] } }, true, 'TCP alone'],
  ])('refuses %s', (_, props, tls, message) => {
    expect(() => render(props, tls)).toThrow(message);
  });
});

describe('What Vector would object to', () => {
  it.each<[string, Partial<VectorTierProps> & { readonly tells?: boolean }, boolean]>([
    ['with no props', {}, false],
    ['with every prop', { ...everything, tells: true }, false],
    ['encrypted', { http: { clients: outside }, syslog: { clients: outside }, tells: true }, true],
  ])('is nothing of what is rendered %s', (_, props, tls) => {
    const { config } = render(props, tls);
    expect(vectorObjections(config)).toEqual([]);
    expect(programsOf(config).flatMap(programObjections)).toEqual([]);
  });

  const { config } = render({ ...everything, tells: true });
  const changed = (kind: keyof Config, id: string, fields: object) => ({
    ...config,
    [kind]: { ...config[kind], [id]: { ...config[kind][id], ...fields } },
  });

  it.each<[string, object, string]>([
    ['a field that there is not', changed('sinks', 'store', { url: 'a' }), 'sinks.store.url: there is no such field'],
    ['a section that there is not', { ...config, enrichment: {} }, 'enrichment: there is no such field'],
    ['what its API lost', { ...config, api: { enabled: true, playground: true } }, 'api.playground: there is no such'],
    [
      'a source that there is not',
      changed('sources', 'http', { type: 'loki' }),
      'sources.http.type: there is no source',
    ],
    [
      'a text for a number',
      changed('transforms', 'limited', { threshold: '9' }),
      'limited.threshold: "9" is no integer',
    ],
    ['no line at all', changed('transforms', 'limited', { threshold: 0 }), 'limited.threshold: 0 is not from 1'],
    ['a mode that there is not', changed('sources', 'syslog_udp', { mode: 'tls' }), '"tls" is none of tcp, udp, unix'],
    ['a codec that there is not', changed('sinks', 'store', { encoding: { codec: 'loki' } }), '"loki" is none of avro'],
    ['no encoding', changed('sinks', 'alertmanager', { encoding: {} }), 'alertmanager.encoding.codec: is missing'],
    [
      'the name that Alloy has for it',
      changed('sinks', 'store', { tls: { cert_file: 'a' } }),
      'tls.cert_file: there is',
    ],
    [
      'an input that nobody offers',
      changed('sinks', 'store', { inputs: ['limited', 'line'] }),
      'store: nothing offers line',
    ],
    [
      'the source instead of its output',
      changed('transforms', 'formed_otlp', { inputs: ['otlp.logs', 'otlp'] }),
      'nothing offers otlp',
    ],
    ['a sink without inputs', changed('sinks', 'metrics', { inputs: undefined }), 'sinks.metrics.inputs: are missing'],
    [
      'a buffer that is too small',
      changed('sinks', 'store', { buffer: { type: 'disk', max_size: 1000 } }),
      'is less than 268435488',
    ],
    [
      'a label that nothing confines',
      changed('sinks', 'store', {
        dangerously_allow_unconfined_template_resolution: false,
        structured_metadata: {},
        labels: { a: '{{ a }}' },
      }),
      'sinks.store.labels.a: has no prefix that confines it',
    ],
  ])('is %s', (_, broken, objection) => {
    expect(vectorObjections(broken)).toContainEqual(expect.stringContaining(objection));
  });

  it.each([
    ['a function that there is not', '.a = lowercase(.b)', 'there is no function lowercase'],
    ['a failure that nobody handles', '.a = parse_json(.b)', 'parse_json can fail'],
    ['a failure that ends the program', '.a = parse_json!(.b)', 'parse_json!( would end the program'],
  ])('is, of a program, %s', (_, program, objection) => {
    expect(programObjections(program)).toEqual([expect.stringContaining(objection)]);
  });
});
