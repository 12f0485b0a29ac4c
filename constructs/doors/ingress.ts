import { k8s } from 'cdk8s-plus-28';
import { whereGiven } from '../core/defined';
import type { IExposure, ServiceEndpoint } from '../core/endpoint';
import { ExposureError } from '../core/errors';
import type { NetworkPeer } from '../core/network-peer';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import { checkHost, checkHttp, routeName } from './door';

/** Options of an {@link Ingress}. */
export interface IngressOptions {
  /** Class of the controller, such as `traefik`. */
  readonly className: string;
  /** Name under which people reach it. */
  readonly host: string;
  /** Pods of the controller: `NetworkPeer.pods('traefik', { 'app.kubernetes.io/name': 'traefik' })`. */
  readonly controller: NetworkPeer;
  /** Secret of type `kubernetes.io/tls` in the namespace of the endpoint. @default - the controller's own certificate, or plain text */
  readonly certificate?: string;
  /** Requests below it. @default '/' */
  readonly path?: string;
  /** What the controller is told in its own words. @default - nothing */
  readonly annotations?: Readonly<Record<string, string>>;
  /** Name of the object. @default - those of the Service and its port */
  readonly name?: string;
}

/**
 * A host name at an Ingress controller: what every cluster has, without definitions of others. Where there is a Gateway, use
 * {@link GatewayRoute}, which knows gRPC and encrypted backends.
 */
export class Ingress implements IExposure {
  /** @throws {InvalidPropError} if the host is no name */
  constructor(private readonly options: IngressOptions) {
    checkHost('Ingress.host', options.host);
  }

  /** @throws {ExposureError} if it does not speak HTTP, or is encrypted and nothing tells the controller */
  open(endpoint: ServiceEndpoint): void {
    const { className, host, controller, certificate, path = '/', annotations = {} } = this.options;
    checkHttp(endpoint);
    if (endpoint.scheme === 'https' && Object.keys(annotations).length === 0)
      throw new ExposureError(
        endpoint.authority,
        'it is encrypted, for which an Ingress has no field: say it in `annotations`, as its controller knows it, or use a GatewayRoute',
      );
    const { service, workload } = endpoint;
    const name = routeName('Ingress', endpoint, this.options.name);
    new k8s.KubeIngress(service, `Ingress-${name}`, {
      metadata: { name, labels: { ...workload.labels }, ...(Object.keys(annotations).length > 0 && { annotations }) },
      spec: {
        ingressClassName: className,
        ...whereGiven(certificate, (secret) => ({
          tls: [{ hosts: [host], secretName: certificateOf(endpoint, name, secret) }],
        })),
        rules: [
          {
            host,
            http: {
              paths: [
                {
                  path,
                  pathType: 'Prefix',
                  backend: { service: { name: service.name, port: { number: endpoint.port } } },
                },
              ],
            },
          },
        ],
      },
    });
    endpoint.acceptFrom([controller], `Ingress ${host}${path}`);
  }
}

/** Name of the Secret, which is on the page that lists every one. */
function certificateOf({ service, workload }: ServiceEndpoint, route: string, name: string): string {
  return new SecretRef(service, `certificate-${route}`, {
    name,
    namespace: workload.namespace,
    keys: { 'tls.crt': { kind: 'password' }, 'tls.key': { kind: 'password' } },
    source: SecretSource.existing({ name }),
  }).name;
}
