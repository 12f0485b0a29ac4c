import { OtelTier } from '../collection/otel-tier';
import { Endpoint } from '../core/endpoint';
import type { PlatformAppProps } from '../core/platform-app';
import { checkAll, describeViolation, readDefinitions, type KubeObject } from '../invariants';
import { Loki } from '../logs/loki';
import { Prometheus } from '../metrics/prometheus';
import { asYaml, objectOf, renderApp, testApp, type OwnProps } from '../testing';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { AutoInstrumentation, type AutoInstrumentationProps } from './auto-instrumentation';

type Props = Omit<AutoInstrumentationProps, 'tier'>;

const everything: OwnProps<Props> = {
  name: 'applications',
  languages: ['java', 'go'],
  environment: 'production',
  attributes: { 'service.namespace': 'shop' },
  propagators: ['tracecontext', 'b3multi'],
  sampler: { type: 'parentbased_traceidratio', ratio: 0.1 },
  images: { java: 'example.org/java:2.0.0' },
  resources: { cpu: '10m', cpuLimit: '100m', memory: '64Mi', memoryLimit: '128Mi' },
  env: { OTEL_JAVAAGENT_DEBUG: 'false' },
};

function render(props: Props = {}, platform: Partial<PlatformAppProps> = {}, logs = false) {
  const app = testApp(platform);
  const endpoint = Endpoint.external('tempo.example.org', 4317);
  const tier = new OtelTier(app.chart('collection'), 'otel', {
    traces: [TempoMonolith.fromExternal(app.chart('tracing'), 'tempo', { otlpGrpc: endpoint, query: endpoint })],
    metrics: [new Prometheus(app.chart('metrics'), 'prometheus')],
    ...(logs && { logs: [new Loki(app.chart('logs'), 'loki')] }),
  });
  const made = new AutoInstrumentation(app.chart('collection'), 'instrumentation', { ...props, tier });
  return { made, objects: renderApp(app) };
}

const definitions = readDefinitions('imports/crds');
const violations = (objects: readonly KubeObject[]) => checkAll(objects, definitions).map(describeViolation);
const specOf = (objects: readonly KubeObject[], name: string) =>
  objectOf(objects, 'Instrumentation', name).spec as Readonly<Record<string, unknown>>;

describe('Automatic instrumentation', () => {
  it('is what the operator’s definition says', () => {
    for (const { objects } of [render(), render(everything)]) expect(violations(objects)).toEqual([]);
    const { objects } = render();
    const broken = objects.map((object) =>
      object.kind === 'Instrumentation' ? { ...object, spec: { ...(object.spec as object), ruby: {} } } : object,
    );
    expect(violations(broken).join()).toContain('ruby');
    expect(asYaml(objects.filter(({ kind }) => kind === 'Instrumentation'))).toMatchSnapshot();
  });

  it('sends to the collectors what they take, by HTTP', () => {
    const spec = specOf(render().objects, 'instrumentation');
    expect(spec.exporter).toEqual({ endpoint: 'http://otel-ingestor.collection.svc.cluster.local:4318' });
    expect(spec.env).toEqual(
      expect.arrayContaining([
        { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', value: 'http/protobuf' },
        { name: 'OTEL_METRICS_EXPORTER', value: 'otlp' },
        { name: 'OTEL_LOGS_EXPORTER', value: 'none' },
      ]),
    );
    expect(spec).toMatchObject({
      propagators: ['tracecontext', 'baggage'],
      sampler: { type: 'parentbased_always_on' },
    });
  });

  it('has log records of Python sent where there is a store for them, which takes another variable', () => {
    const env = [{ name: 'OTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED', value: 'true' }];
    expect(specOf(render({}, {}, true).objects, 'instrumentation').python).toMatchObject({ env });
    expect(specOf(render().objects, 'instrumentation').python).not.toHaveProperty('env');
    expect(violations(render({}, {}, true).objects)).toEqual([]);
  });

  it('names each language’s image whole, with limits, and adds nothing that a restricted namespace refuses', () => {
    const spec = specOf(render({}, { imageRegistry: 'mirror.example.org' }).objects, 'instrumentation');
    for (const language of ['java', 'python', 'nodejs', 'dotnet', 'go']) {
      const library = spec[language] as { readonly image: string; readonly [field: string]: unknown };
      expect(library.image).toMatch(new RegExp(`^mirror\\.example\\.org/.*autoinstrumentation-${language}:v?\\d`));
      expect(library[language === 'java' ? 'resources' : 'resourceRequirements']).toEqual({
        requests: { cpu: '50m', memory: '128Mi' },
        limits: { cpu: '500m', memory: '256Mi' },
      });
    }
    expect(spec.initContainerSecurityContext).toMatchObject({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('takes every prop', () => {
    expect(specOf(render(everything).objects, 'applications')).toMatchObject({
      java: { image: 'example.org/java:2.0.0', resources: { limits: { cpu: '100m', memory: '128Mi' } } },
      sampler: { type: 'parentbased_traceidratio', argument: '0.1' },
      propagators: ['tracecontext', 'b3multi'],
      resource: {
        resourceAttributes: { 'deployment.environment.name': 'production', 'service.namespace': 'shop' },
      },
    });
    expect(specOf(render(everything).objects, 'applications')).not.toHaveProperty('python');
  });

  it('trusts the collectors’ authority by its Secret, which is in the namespace of each application', () => {
    const { exporter } = specOf(render({}, { tls: { ca: 'example-ca' } }).objects, 'instrumentation');
    expect(exporter).toEqual({
      endpoint: 'https://otel-ingestor.collection.svc.cluster.local:4318',
      tls: { secretName: 'example-ca', ca_file: 'ca.crt' },
    });
  });

  it('is asked for by annotations of pods and of whole namespaces, and refused by those of pods', () => {
    const { made } = render();
    expect(made.annotations('java')).toEqual({
      'instrumentation.opentelemetry.io/inject-java': 'collection/instrumentation',
    });
    expect(made.annotations('nodejs', { containers: ['app', 'jobs'] })).toEqual({
      'instrumentation.opentelemetry.io/inject-nodejs': 'collection/instrumentation',
      'instrumentation.opentelemetry.io/container-names': 'app,jobs',
    });
    expect(made.annotations('go', { goProgram: '/app/server' })).toMatchObject({
      'instrumentation.opentelemetry.io/otel-go-auto-target-exe': '/app/server',
    });
    expect(AutoInstrumentation.optOut('java')).toEqual({ 'instrumentation.opentelemetry.io/inject-java': 'false' });
  });

  it('says what cannot be', () => {
    expect(() => render({ languages: [] })).toThrow('languages');
    expect(() => render({ images: { java: 'example.org/java:latest' } })).toThrow('example.org/java:latest');
    expect(() => render().made.annotations('go')).toThrow('goProgram');
    expect(() => render({ languages: ['java'] }).made.annotations('python')).toThrow('python');
  });
});
