import { readFile } from 'node:fs/promises';
import type { KubeObject } from '../../../constructs/invariants';
import type { CertificateAuthority } from '../../peers';

interface RenderedCertificate extends KubeObject {
  readonly spec: { readonly secretName: string; readonly isCA?: boolean; readonly dnsNames?: readonly string[] };
}

/** Secrets as cert-manager makes them of the Certificates that are rendered, all of them issued by one authority. */
export async function issuedSecrets(
  objects: readonly KubeObject[],
  authority: CertificateAuthority,
): Promise<readonly object[]> {
  const certificates = objects.filter(
    ({ kind }) => kind === 'Certificate',
  ) as unknown as readonly RenderedCertificate[];
  const ca = await readFile(authority.certificateFile, 'utf8');
  const secrets: object[] = [];
  for (const { metadata, spec } of certificates) {
    // The authority itself is in a namespace that is not ours.
    if (spec.isCA === true) continue;
    const names = (spec.dnsNames ?? []).map((name) => `DNS:${name}`);
    const issued = await authority.issue(`${metadata.namespace}-${spec.secretName}`, '/CN=server', names);
    secrets.push({
      apiVersion: 'v1',
      kind: 'Secret',
      type: 'kubernetes.io/tls',
      metadata: { name: spec.secretName, namespace: metadata.namespace },
      stringData: {
        'ca.crt': ca,
        'tls.crt': await readFile(issued.certificateFile, 'utf8'),
        'tls.key': await readFile(issued.keyFile, 'utf8'),
      },
    });
  }
  return secrets;
}
