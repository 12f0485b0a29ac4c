import type { Duration } from 'cdk8s';
import { BackendTrafficPolicy } from '../../imports/gateway.envoyproxy.io';
import {
  GrpcRoute,
  HttpRoute,
  HttpRouteSpecRulesMatchesPathType,
  type HttpRouteSpecRules,
} from '../../imports/gateway.networking.k8s.io';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { ExposureError, InvalidPropError } from '../core/errors';
import type { NetworkPeer } from '../core/network-peer';
import { encryptBackend, type BackendAuthority } from './backend-tls';
import { checkHost, checkHttp, routeName } from './door';
import { toGateway, toService } from './references';
import { samplingFraction } from './trace-sampling';

/** A Gateway that is in the cluster; who runs it decides which namespaces may attach routes to it. */
export interface GatewayProps {
  readonly name: string;
  readonly namespace: string;
  /** Its listener. @default - each that fits the hosts */
  readonly listener?: string;
  /** Pods that requests come from: `NetworkPeer.namespace('envoy-gateway-system')`. */
  readonly pods: NetworkPeer;
}

/** Options of a {@link GatewayRoute}. */
export interface GatewayRouteOptions {
  readonly gateway: GatewayProps;
  /** Names under which people and programs reach it. */
  readonly hosts: readonly [string, ...string[]];
  /** `grpc` for what speaks it, as `otlpGrpc` does. @default 'http' */
  readonly protocol?: 'http' | 'grpc';
  /** Requests below it; of `http`. @default '/' */
  readonly path?: string;
  /** How long an answer may take; of `http`. @default - as long as the gateway waits */
  readonly timeout?: Duration;
  /**
   * Who signed the certificate of an encrypted endpoint, in its namespace. Every gateway reads a ConfigMap with `ca.crt`, many a Secret.
   *
   * @default - the Secret that clients of the endpoint trust
   */
  readonly authority?: BackendAuthority;
  /**
   * Share of requests whose traces are recorded from here on, percent, where no sender decided before. What is not recorded here is in no
   * store and seen by no detector, errors and slow requests neither; what is kept of traces is better said by `tail` of the collectors.
   * Needs Envoy Gateway, with tracing as {@link GatewayTracing} has it.
   *
   * @default - as the gateway does for all of its routes
   */
  readonly sampledPercent?: number;
  /** Name of the objects. @default - those of the Service and its port */
  readonly name?: string;
}

/**
 * A route of the Gateway API, 1.4 or later: a host name at a Gateway, for HTTP or gRPC, encrypted up to the pods where they are.
 *
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export class GatewayRoute implements IExposure {
  /** @throws {InvalidPropError} if a host is no name, or a share no percentage */
  constructor(private readonly options: GatewayRouteOptions) {
    const { hosts, protocol, path, timeout, sampledPercent } = options;
    for (const host of hosts) checkHost('GatewayRoute.hosts', host);
    if (protocol === 'grpc' && (path ?? timeout) !== undefined)
      throw new InvalidPropError('GatewayRoute.protocol', protocol, 'one with a path or a timeout');
    if (sampledPercent !== undefined) samplingFraction('GatewayRoute.sampledPercent', sampledPercent);
  }

  /** @throws {ExposureError} if it does not speak what the route is for */
  open(endpoint: ServiceEndpoint): void {
    const { gateway, hosts, protocol = 'http', sampledPercent } = this.options;
    if (protocol === 'http') checkHttp(endpoint);
    else if (endpoint.scheme !== undefined) throw new ExposureError(endpoint.authority, 'it does not speak gRPC');
    const kind = protocol === 'http' ? 'HTTPRoute' : 'GRPCRoute';
    const name = routeName(kind, endpoint, this.options.name);
    const { service, workload } = endpoint;
    const metadata = { name, labels: { ...workload.labels } };
    const backendRefs = [toService(service.name, endpoint.port)];
    const spec = { parentRefs: [toGateway(gateway)], hostnames: [...hosts] };
    if (protocol === 'http')
      new HttpRoute(service, `${kind}-${name}`, { metadata, spec: { ...spec, rules: [this.httpRule(backendRefs)] } });
    else new GrpcRoute(service, `${kind}-${name}`, { metadata, spec: { ...spec, rules: [{ backendRefs }] } });
    encryptBackend(endpoint, name, this.options.authority);
    if (sampledPercent !== undefined)
      new BackendTrafficPolicy(service, `sampling-${name}`, {
        metadata,
        spec: {
          targetRefs: [{ group: 'gateway.networking.k8s.io', kind, name }],
          telemetry: {
            tracing: { samplingFraction: samplingFraction('GatewayRoute.sampledPercent', sampledPercent) },
          },
        },
      });
    endpoint.acceptFrom([gateway.pods], `Gateway ${gateway.namespace}/${gateway.name}`);
  }

  private httpRule(backendRefs: NonNullable<HttpRouteSpecRules['backendRefs']>): HttpRouteSpecRules {
    const { path = '/', timeout } = this.options;
    return {
      matches: [{ path: { type: HttpRouteSpecRulesMatchesPathType.PATH_PREFIX, value: path } }],
      backendRefs,
      ...(timeout !== undefined && { timeouts: { request: `${timeout.toSeconds()}s` } }),
    };
  }
}
