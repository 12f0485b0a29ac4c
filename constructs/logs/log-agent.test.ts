import { Duration, Size } from 'cdk8s';
import {
  asYaml,
  containerOf,
  exceptionsOf,
  fileOf,
  givenSecret,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { Prometheus } from '../metrics/prometheus';
import { LogAgent, type LogAgentProps } from './log-agent';
import { Loki } from './loki';
import { VectorTier } from './vector-tier';

const everything: Omit<OwnProps<LogAgentProps>, 'logs'> & Pick<LogAgentProps, 'config'> = {
  name: 'lines',
  tenant: 'shop',
  allowedNamespaces: ['workloads', 'examples'],
  externalLabels: { cluster: 'main', site: 'a"b' },
  journal: 'none',
  multiline: { continuation: '\\s', maxLines: 10, maxWaitSeconds: 1 },
  drop: [
    { reason: 'health_checks', namespaces: ['workloads'], services: ['a.b'], levels: ['info'], lines: '/healthz' },
  ],
  fields: { error_code: ['code', 'error.code'] },
  timestamps: 'application',
  linesPerSecond: 50,
  lineSize: Size.kibibytes(16),
  maxAge: Duration.days(2),
  positionsPath: '/var/lib/lines',
  resources: { cpu: '50m', memory: '100Mi', memoryLimit: '200Mi' },
  image: 'example.org/alloy:v1.19.0',
  config: { 'config.alloy': { 'loki.write.logs': { attributes: { max_streams: 100 } } } },
};

function render(props: Partial<LogAgentProps> = {}, platform: Partial<PlatformAppProps> = {}) {
  const app = testApp(platform);
  const logs = new Loki(app.chart('logs'), 'loki');
  const agent = new LogAgent(app.chart('nodes'), 'log-agent', { logs, ...props });
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(agent);
  const objects = renderApp(app);
  return { app, agent, objects, own: objects.filter(({ metadata }) => metadata.name.includes(agent.name)) };
}

const configOf = (props: Partial<LogAgentProps> = {}, platform: Partial<PlatformAppProps> = {}) =>
  fileOf(render(props, platform).objects, 'log-agent-config', 'config.alloy');

describe('LogAgent', () => {
  it('needs a store, and nothing else', () => {
    const { app, own } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { app, own } = render(everything);
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(own)).toMatchSnapshot();
  });

  it('reads files of root, and writes nothing but how far', () => {
    const { objects } = render();
    expect(containerOf(objects, 'DaemonSet', 'log-agent')).toMatchObject({
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      },
    });
    const [exception, ...others] = exceptionsOf(objects).filter(({ what }) => what === 'agent');
    expect(others).toEqual([]);
    expect(exception?.allows).toEqual([
      'host path /var/lib/plumbline/log-agent, writable',
      'host path /var/log/journal',
      'host path /var/log/pods',
      'user root',
    ]);
    expect(podTemplateOf(objects, 'DaemonSet', 'log-agent').spec).not.toHaveProperty('hostNetwork');
  });

  it('sees which pods there are, in the namespaces that it may, and no more', () => {
    const role = objectOf(render().objects, 'ClusterRole', 'nodes-log-agent');
    expect(role.rules).toEqual([{ apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] }]);
    const { objects } = render({ allowedNamespaces: ['workloads'] });
    const rights = objects.filter(({ kind, metadata }) => /Role$/.test(kind) && metadata.name.includes('log-agent'));
    expect(rights.map(({ kind, metadata }) => [kind, metadata.namespace])).toEqual([['Role', 'workloads']]);
    expect(fileOf(objects, 'log-agent-config', 'config.alloy')).toContain('names = [\n      "workloads",\n    ]');
  });

  it('knows pods of its own node alone', () => {
    expect(configOf()).toContain('field = "spec.nodeName=" + sys.env("NODE_NAME")');
    expect(containerOf(render().objects, 'DaemonSet', 'log-agent').env).toContainEqual({
      name: 'NODE_NAME',
      valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'spec.nodeName' } },
    });
  });

  it('is the only one that reads a pod', () => {
    const two = (first: readonly string[] | undefined, second: readonly string[] | undefined) => () => {
      const app = testApp();
      const logs = new Loki(app.chart('logs'), 'loki');
      new LogAgent(app.chart('nodes'), 'one', { logs, ...(first && { allowedNamespaces: first }) });
      new LogAgent(app.chart('nodes'), 'two', { logs, ...(second && { allowedNamespaces: second }) });
    };
    expect(two(undefined, undefined)).toThrow('every namespace');
    expect(two(['shop'], undefined)).toThrow('every namespace');
    expect(two(['shop', 'pay'], ['pay'])).toThrow('pay');
    expect(two(['shop'], ['pay'])).not.toThrow();
  });

  it('keeps three labels, whatever it knows', () => {
    const kept = configOf({ fields: { user: ['user_id'] } }).match(/stage\.label_keep \{\n {4}values = \[([^\]]*)\]/g);
    expect(kept).toHaveLength(2);
    for (const stage of kept ?? []) expect(stage.match(/"\w+"/g)).toEqual(['"namespace"', '"service"', '"level"']);
  });

  it('tells the store whose the lines are, and pushes by TLS where it does', () => {
    const app = testApp();
    const endpoint = Endpoint.external('loki.example.org', 443, { scheme: 'https', tls: { ca: 'loki-ca' } });
    const logs = Loki.fromExternal(app.chart('logs'), 'loki', { endpoint, queryPath: '/gateway' });
    new LogAgent(app.chart('nodes'), 'log-agent', { logs, tenant: 'shop' });
    const text = fileOf(renderApp(app), 'log-agent-config', 'config.alloy');
    expect(text).toContain('url = "https://loki.example.org:443/gateway/loki/api/v1/push"\n    tenant_id = "shop"');
    expect(text).toContain('ca_file = "/etc/plumbline/tls/loki-ca-ca-crt/ca.crt"');
    expect(violationsOf(app, { given: [givenSecret('nodes', 'loki-ca')] })).toEqual([]);
  });

  it('sends by OTLP to what speaks no protocol of Loki, with all that it knows, and waits when that is full', () => {
    const app = testApp();
    const logs = new Loki(app.chart('logs'), 'loki');
    const vector = new VectorTier(app.chart('logs'), 'vector', { logs });
    const agent = new LogAgent(app.chart('nodes'), 'log-agent', { logs: vector, fields: { code: ['code'] } });
    const text = fileOf(renderApp(app), 'log-agent-config', 'config.alloy');
    expect(text).toContain('endpoint = "http://vector.logs.svc.cluster.local:4318"\n    tls {\n      insecure = true');
    expect(text).toContain('block_on_overflow = true');
    expect(text).toContain('max_elapsed_time = "0s"');
    expect(text.match(/forward_to = \[\n {4}otelcol\.receiver\.loki\.logs\.receiver/g)).toHaveLength(2);
    expect(text).not.toMatch(/loki\.write|structured_metadata|label_keep|static_labels/);
    expect(text).toContain('trace_id = "trace_id",\n      span_id = "span_id",\n      code = "code"');
    expect(violationsOf(app)).toEqual([]);
    expect(agent.alerts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['LogAgentQueueFull', 'LogAgentRecordsRefused']),
    );
    expect(agent.alerts.map(({ name }) => name)).not.toContain('LogAgentCannotSend');
  });

  it('leaves the tenant to who takes lines by OTLP, and sends labels of its own along', () => {
    const otlp = (props: Partial<LogAgentProps>) => {
      const app = testApp();
      const logs = new VectorTier(app.chart('logs'), 'vector', { logs: new Loki(app.chart('logs'), 'loki') });
      new LogAgent(app.chart('nodes'), 'log-agent', { logs, ...props });
      return fileOf(renderApp(app), 'log-agent-config', 'config.alloy');
    };
    expect(() => otlp({ tenant: 'shop' })).toThrow('tenant is "shop", which is not said by who takes lines by OTLP');
    expect(
      otlp({ externalLabels: { site: 'a' } }).match(/stage\.static_labels \{\n {4}values = \{\n {6}site = "a"/g),
    ).toHaveLength(2);
  });

  it('serves its metrics by TLS where servers of the platform do', () => {
    expect(configOf({}, { tls: { ca: 'ca' } })).toContain(
      'http {\n  tls {\n    cert_file = "/etc/plumbline/tls/server/tls.crt"\n    key_file = "/etc/plumbline/tls/server/tls.key"',
    );
    const { app, objects } = render({}, { tls: { ca: 'ca' } });
    expect(containerOf(objects, 'DaemonSet', 'log-agent')).toMatchObject({
      readinessProbe: { httpGet: { scheme: 'HTTPS', path: '/-/ready' } },
    });
    const secrets = ['metrics', 'logs', 'nodes'].map((namespace) => givenSecret(namespace, 'ca'));
    const certificates = [
      givenSecret('metrics', 'prometheus-tls'),
      givenSecret('logs', 'loki-tls'),
      givenSecret('nodes', 'log-agent-tls'),
    ];
    expect(violationsOf(app, { given: [...secrets, ...certificates] })).toEqual([]);
  });

  it.each([
    ['no namespace', { allowedNamespaces: [] }, 'at least one namespace'],
    ['a namespace that is none', { allowedNamespaces: ['Shop'] }, '"Shop"'],
    ['a label that is none', { externalLabels: { '=': 'sys.env("X")' } }, '"="'],
    ['a field whose name is taken', { fields: { level: ['level'] } }, '"level"'],
    ['a field that is nowhere', { fields: { code: [] } }, 'at least one field'],
    ['a reason that is no label', { drop: [{ reason: 'Health checks' }] }, '"Health checks"'],
    ['no lines', { linesPerSecond: 0 }, 'at least 1'],
    ['a journal that is no path', { journal: 'var/log' }, '"var/log"'],
  ] satisfies readonly (readonly [string, Partial<LogAgentProps>, string])[])('refuses %s', (_, props, message) => {
    expect(() => render(props)).toThrow(message);
  });
});
