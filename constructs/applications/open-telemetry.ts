import type { Container } from 'cdk8s-plus-28';
import { EnvFieldPaths, EnvValue, type k8s } from 'cdk8s-plus-28';
import type { OtelTier } from '../collection/otel-tier';
import type { Connection } from '../core/connection';
import { compareText } from '../core/content-hash';
import { defined } from '../core/defined';
import { PodField, type IEnvSource } from '../core/env-source';
import { InvalidPropError } from '../core/errors';
import { guestTls, webUrl } from '../core/tls-settings';
import type { Workload } from '../core/workload';

/** How OTLP travels: over HTTP a Service spreads requests over its pods, over gRPC a client stays with one for a minute. */
export type OtlpProtocol = 'http/protobuf' | 'grpc';

/** Headers in which a trace goes on. */
export type Propagator = 'tracecontext' | 'baggage' | 'b3' | 'b3multi' | 'jaeger' | 'xray' | 'ottrace';

/** Which traces an SDK begins, and which it goes on with. */
export type Sampler =
  | { readonly type: 'always_on' | 'always_off' | 'parentbased_always_on' | 'parentbased_always_off' }
  /** @param ratio share of traces, 0 to 1 */
  | { readonly type: 'traceidratio' | 'parentbased_traceidratio'; readonly ratio: number };

/** What every way of instrumenting may be told. */
export interface InstrumentationProps {
  /** `deployment.environment.name`. @default - none */
  readonly environment?: string;
  /** Further attributes of the resource, by key. @default - none */
  readonly attributes?: Readonly<Record<string, string>>;
  /** @default - W3C trace context and baggage */
  readonly propagators?: readonly Propagator[];
  /** @default - everything, unless the caller said otherwise: what to keep is decided behind the collectors */
  readonly sampler?: Sampler;
}

/** What an application says of itself. */
export interface ApplicationProps extends InstrumentationProps {
  /** `service.name`. */
  readonly serviceName: string;
  /** `service.version`. @default - none */
  readonly serviceVersion?: string;
  /** `service.namespace`. @default - none */
  readonly serviceNamespace?: string;
  /** @default 'http/protobuf' */
  readonly protocol?: OtlpProtocol;
}

/** What an application that is not a workload of ours says of itself. */
export interface GuestProps extends ApplicationProps {
  /** File with the authority of the collectors' certificate, as it is mounted. @default - those that the image trusts */
  readonly caFile?: string;
}

export const defaultPropagators: readonly Propagator[] = ['tracecontext', 'baggage'];
export const defaultSampler: Sampler = { type: 'parentbased_always_on' };

/** Variables that literal values name, as the operator of OpenTelemetry calls them. */
const podFields = {
  OTEL_RESOURCE_ATTRIBUTES_NAMESPACE: PodField.namespace,
  OTEL_RESOURCE_ATTRIBUTES_NODE_NAME: PodField.nodeName,
  OTEL_RESOURCE_ATTRIBUTES_POD_NAME: PodField.podName,
} as const satisfies Readonly<Record<string, IEnvSource>>;

const fieldPaths: Readonly<Record<string, EnvFieldPaths>> = Object.fromEntries(
  Object.values(EnvFieldPaths).map((path) => [path, path]),
);

/**
 * Has a workload of ours send to collectors: opens the way, and tells the SDK in it by the variables of OpenTelemetry's specification
 * where to send, who it is, and where in Kubernetes it runs.
 *
 * @throws {InvalidPropError} if a variable has another value already, or a value cannot be one
 * @see https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
 */
export function instrument(workload: Workload, tier: OtelTier, props: ApplicationProps): void {
  const { protocol = 'http/protobuf' } = props;
  const connection = workload.connectTo(protocol === 'grpc' ? tier.otlpGrpc : tier.otlpHttp);
  for (const [name, source] of Object.entries(podFields)) workload.setEnvFrom(name, source);
  const values = variables(tier, props, { url: webUrl(connection), tls: connection.tls });
  for (const [name, value] of Object.entries(values)) workload.setEnv(name, value);
}

/**
 * The same for a pod that is not ours, as variables in the order in which they have to be: later ones name earlier ones. Its way to the
 * collectors is for its own policies to open.
 *
 * @throws {InvalidPropError} if a value cannot be one
 */
export function environmentOf(tier: OtelTier, props: GuestProps): readonly k8s.EnvVar[] {
  const { protocol = 'http/protobuf', caFile } = props;
  const endpoint = protocol === 'grpc' ? tier.otlpGrpc : tier.otlpHttp;
  const values = variables(tier, props, { url: webUrl(endpoint), tls: guestTls(endpoint.tls, caFile) });
  return [
    ...Object.entries(podFields).map(([name, source]) => ({ name, valueFrom: source.toEnvVarSource() })),
    ...Object.entries(values).map(([name, value]) => ({ name, value })),
  ];
}

/** {@link environmentOf} for a container of cdk8s-plus. */
export function instrumentContainer(container: Container, tier: OtelTier, props: GuestProps): void {
  for (const { name, value = '', valueFrom } of environmentOf(tier, props)) {
    const path = fieldPaths[valueFrom?.fieldRef?.fieldPath ?? ''];
    container.env.addVariable(name, path === undefined ? EnvValue.fromValue(value) : EnvValue.fromFieldRef(path));
  }
}

/** Exporters of each signal: none where collectors would refuse it. */
export function exporters(tier: OtelTier): Readonly<Record<string, string>> {
  const exporterOf = (signal: OtelTier['signals'][number]): string => (tier.signals.includes(signal) ? 'otlp' : 'none');
  return {
    OTEL_TRACES_EXPORTER: exporterOf('traces'),
    OTEL_METRICS_EXPORTER: exporterOf('metrics'),
    OTEL_LOGS_EXPORTER: exporterOf('logs'),
  };
}

/** @throws {InvalidPropError} if the ratio is no share */
export function samplerArgument(sampler: Sampler): string | undefined {
  if (!('ratio' in sampler)) return undefined;
  if (!(sampler.ratio >= 0 && sampler.ratio <= 1)) throw new InvalidPropError('sampler.ratio', sampler.ratio, '0 to 1');
  return String(sampler.ratio);
}

function variables(
  tier: OtelTier,
  props: ApplicationProps,
  { url, tls }: Pick<Connection, 'url'> & { readonly tls: Connection['tls'] | undefined },
): Readonly<Record<string, string>> {
  const { serviceName, protocol = 'http/protobuf', propagators = defaultPropagators, sampler = defaultSampler } = props;
  if (serviceName.trim() === '') throw new InvalidPropError('serviceName', serviceName, 'the name of a service');
  return defined({
    OTEL_SERVICE_NAME: literal(serviceName),
    OTEL_RESOURCE_ATTRIBUTES: resourceAttributes(props),
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    OTEL_EXPORTER_OTLP_CERTIFICATE: tls?.caFile,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: tls?.certificate?.certFile,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: tls?.certificate?.keyFile,
    ...exporters(tier),
    OTEL_PROPAGATORS: propagators.length === 0 ? 'none' : propagators.join(','),
    OTEL_TRACES_SAMPLER: sampler.type,
    OTEL_TRACES_SAMPLER_ARG: samplerArgument(sampler),
  });
}

/** Values are percent-encoded, as baggage is. */
function resourceAttributes(props: ApplicationProps): string {
  const { serviceVersion, serviceNamespace, environment, attributes = {} } = props;
  const said = defined({
    'service.version': serviceVersion,
    'service.namespace': serviceNamespace,
    'deployment.environment.name': environment,
    ...attributes,
  });
  const own = Object.entries(said)
    .sort(([a], [b]) => compareText(a, b))
    .map(([key, value]) => {
      if (!/^[\w.:/-]+$/.test(key)) throw new InvalidPropError('attributes', key, 'a key of letters, digits and ._:/-');
      return `${key}=${encodeURIComponent(value)}`;
    });
  const pod = '$(OTEL_RESOURCE_ATTRIBUTES_POD_NAME)';
  const namespace = '$(OTEL_RESOURCE_ATTRIBUTES_NAMESPACE)';
  return [
    ...own,
    `k8s.namespace.name=${namespace}`,
    'k8s.node.name=$(OTEL_RESOURCE_ATTRIBUTES_NODE_NAME)',
    `k8s.pod.name=${pod}`,
    // What tells series of one pod from those of another.
    ...('service.instance.id' in said ? [] : [`service.instance.id=${namespace}.${pod}`]),
  ].join(',');
}

/** Kubernetes replaces `$(NAME)` in values. */
function literal(value: string): string {
  return value.replaceAll('$(', '$$$$(');
}
