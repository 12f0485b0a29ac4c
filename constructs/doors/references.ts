import { defined } from '../core/defined';
import type { GatewayProps } from './gateway-route';

/*
 * With what the API server would add: who compares with what is rendered, as Argo CD does, would see a difference for ever.
 */

/** What a route is attached to. */
export function toGateway({ name, namespace, listener }: GatewayProps) {
  return {
    group: 'gateway.networking.k8s.io',
    kind: 'Gateway',
    name,
    namespace,
    ...defined({ sectionName: listener }),
  };
}

/** Where requests or spans go. @param namespace where it is another than that of who refers to it */
export function toService(name: string, port: number, namespace?: string) {
  return { group: '', kind: 'Service', name, ...defined({ namespace }), port, weight: 1 };
}
