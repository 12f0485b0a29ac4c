import { Chart } from 'cdk8s';
import { Construct } from 'constructs';
import { EnvoyProxy, EnvoyProxySpecTelemetryTracingProviderType } from '../../imports/gateway.envoyproxy.io';
import { ReferenceGrant } from '../../imports/gateway.networking.k8s.io';
import type { ServiceEndpoint } from '../core/endpoint';
import { validName } from '../core/naming';
import { encryptBackend, type BackendAuthority } from './backend-tls';
import type { GatewayProps } from './gateway-route';
import { toService } from './references';
import { samplingFraction } from './trace-sampling';

/** Options of a {@link GatewayTracing}. */
export interface GatewayTracingProps {
  /** Of Envoy Gateway. Its `spec.infrastructure.parametersRef` names the EnvoyProxy that is made here. */
  readonly gateway: GatewayProps;
  /** Where its own spans go, OTLP over gRPC: `otel.otlpGrpc`. */
  readonly collector: ServiceEndpoint;
  /** `service.name` of its spans. @default - name of the gateway */
  readonly service?: string;
  /**
   * Share of requests that are recorded, percent, where no sender decided before. Every request gets a `traceparent`, recorded or not. Below
   * 100 what is lost is decided before anybody knows whether it fails or is slow; `tail` of the collectors decides afterwards.
   *
   * @default 100
   */
  readonly sampledPercent?: number;
  /** Who signed the certificate of collectors that are encrypted. @default - the Secret that other clients trust */
  readonly authority?: BackendAuthority;
}

/**
 * W3C Trace Context where requests come in: the Gateway begins a trace for each request that belongs to none, hands `traceparent` and
 * `tracestate` on, and sends spans of its own to the collectors. The Gateway API has no word for it, so this is of
 * Envoy Gateway, 1.9 or later, which brings version 1.6 of it.
 *
 * An EnvoyProxy in the namespace of the Gateway, and a ReferenceGrant beside the collectors for it. Others: Istio has a `Telemetry` and a
 * provider in its mesh configuration, NGINX Gateway Fabric an `ObservabilityPolicy`; whoever runs them points both at the same endpoint.
 *
 * @see https://gateway.envoyproxy.io/docs/tasks/observability/proxy-trace/
 */
export class GatewayTracing extends Construct {
  /** Of the EnvoyProxy: what `parametersRef` of the Gateway names. */
  readonly parametersRef: { readonly group: string; readonly kind: string; readonly name: string };

  /**
   * @throws {InvalidPropError} if the share is no percentage
   */
  constructor(scope: Construct, id: string, props: GatewayTracingProps) {
    super(scope, id);
    const { gateway, collector, authority, sampledPercent = 100, service: serviceName = gateway.name } = props;
    const name = validName(`${this.node.path}.name`, `${gateway.name}-tracing`);
    const { service } = collector;
    const { namespace } = collector.workload;
    const { labels } = Chart.of(this);
    this.parametersRef = { group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', name };
    new EnvoyProxy(this, 'proxy', {
      metadata: { name, namespace: gateway.namespace, labels },
      spec: {
        telemetry: {
          tracing: {
            samplingFraction: samplingFraction(`${this.node.path}.sampledPercent`, sampledPercent),
            provider: {
              type: EnvoyProxySpecTelemetryTracingProviderType.OPEN_TELEMETRY,
              serviceName,
              backendRefs: [toService(service.name, collector.port, namespace)],
              // Of `host`, which is not used: the API server would add it.
              port: 4317,
            },
          },
        },
      },
    });
    if (namespace !== gateway.namespace)
      new ReferenceGrant(this, 'grant', {
        metadata: { name, namespace, labels },
        spec: {
          from: [{ group: 'gateway.envoyproxy.io', kind: 'EnvoyProxy', namespace: gateway.namespace }],
          to: [{ group: '', kind: 'Service', name: service.name }],
        },
      });
    encryptBackend(collector, name, authority);
    collector.acceptFrom([gateway.pods], `spans of the Gateway ${gateway.namespace}/${gateway.name}`);
  }
}
