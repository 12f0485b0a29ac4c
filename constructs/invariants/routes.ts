import type { Cluster } from './cluster';
import type { Finding, KubeObject } from './model';

/** Where an Ingress or a route of the Gateway API sends requests. */
export interface RoutedBackend {
  readonly object: KubeObject;
  readonly path: string;
  /** A Service in the namespace of the route. */
  readonly service: string;
  readonly port: { readonly name?: string; readonly number?: number };
}

interface IngressSpec {
  readonly rules?: readonly {
    readonly http?: {
      readonly paths: readonly { readonly backend: { readonly service?: { readonly name: string } & IngressPort } }[];
    };
  }[];
}
interface IngressPort {
  readonly port?: RoutedBackend['port'];
}
interface RouteSpec {
  readonly rules?: readonly {
    readonly backendRefs?: readonly {
      readonly kind?: string;
      readonly name: string;
      readonly namespace?: string;
      readonly port?: number;
    }[];
  }[];
}

export function routedBackends(cluster: Cluster): readonly RoutedBackend[] {
  return [
    ...cluster.ofKind('Ingress').flatMap(ofIngress),
    ...['HTTPRoute', 'GRPCRoute'].flatMap((kind) => cluster.ofKind(kind)).flatMap(ofRoute),
  ];
}

function ofIngress(object: KubeObject): readonly RoutedBackend[] {
  const { rules = [] } = object.spec as IngressSpec;
  return rules.flatMap(({ http }, rule) =>
    (http?.paths ?? []).flatMap(({ backend: { service } }, index) =>
      service === undefined
        ? []
        : [
            {
              object,
              path: `spec.rules[${rule}].http.paths[${index}].backend.service`,
              service: service.name,
              port: service.port ?? {},
            },
          ],
    ),
  );
}

function ofRoute(object: KubeObject): readonly RoutedBackend[] {
  const { rules = [] } = object.spec as RouteSpec;
  const { namespace } = object.metadata;
  return rules.flatMap(({ backendRefs = [] }, rule) =>
    backendRefs.flatMap((each, index) =>
      (each.kind ?? 'Service') === 'Service' && (each.namespace ?? namespace) === namespace
        ? [
            {
              object,
              path: `spec.rules[${rule}].backendRefs[${index}]`,
              service: each.name,
              port: each.port === undefined ? {} : { number: each.port },
            },
          ]
        : [],
    ),
  );
}

/** Backends that no Service is. */
export function unresolvedBackends(cluster: Cluster): readonly Finding[] {
  return routedBackends(cluster).flatMap(({ object, path, service, port }): Finding[] => {
    const found = cluster.services.find(
      (each) => each.namespace === object.metadata.namespace && each.object.metadata.name === service,
    );
    if (found === undefined) return [{ object, path, message: `there is no Service ${service}` }];
    const known = (found.value.spec?.ports ?? []).some(
      (each) => each.port === port.number || (each.name !== undefined && each.name === port.name),
    );
    return known ? [] : [{ object, path, message: `Service ${service} has no such port` }];
  });
}
