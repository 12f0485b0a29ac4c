import { BackendTlsPolicy } from '../../imports/gateway.networking.k8s.io';
import type { ServiceEndpoint } from '../core/endpoint';

/** Where a gateway finds who signed the certificate of an endpoint. */
export interface BackendAuthority {
  readonly kind: 'ConfigMap' | 'Secret';
  /** In the namespace of the endpoint, with `ca.crt`. */
  readonly name: string;
}

/**
 * Has gateways encrypt what they send to an endpoint that is encrypted, and check that its certificate is for its Service; once for each
 * port, whatever leads to it.
 *
 * @param name of the object, if it is the first
 * @param authority where it is not the Secret that other clients of the endpoint trust
 */
export function encryptBackend(endpoint: ServiceEndpoint, name: string, authority?: BackendAuthority): void {
  const { service, workload, name: port, tls } = endpoint;
  const id = `BackendTLSPolicy-${port}`;
  if (tls === undefined || service.node.tryFindChild(id) !== undefined) return;
  const secret = tls.ca === undefined ? undefined : ({ kind: 'Secret', name: tls.ca } as const);
  const trusted = authority ?? secret;
  new BackendTlsPolicy(service, id, {
    metadata: { name, labels: { ...workload.labels } },
    spec: {
      targetRefs: [{ group: '', kind: 'Service', name: service.name, sectionName: port }],
      validation: {
        hostname: tls.serverName ?? service.host,
        ...(trusted === undefined
          ? { wellKnownCaCertificates: 'System' }
          : { caCertificateRefs: [{ group: '', kind: trusted.kind, name: trusted.name }] }),
      },
    },
  });
}
