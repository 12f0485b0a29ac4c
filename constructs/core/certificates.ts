import { Chart, Lazy, type Duration } from 'cdk8s';
import { Construct } from 'constructs';
import {
  Certificate,
  CertificateSpecPrivateKeyAlgorithm,
  CertificateSpecPrivateKeyEncoding,
  CertificateSpecPrivateKeyRotationPolicy,
  CertificateSpecUsages,
  ClusterIssuer,
  Issuer,
} from '../../imports/cert-manager.io';
import { OwnAuthority, type CertificateIssuer, type IssuerReference } from './certificate-issuer';
import { Platform } from './platform';

/** A certificate that cert-manager makes, and makes anew before it ends. */
export interface IssuedCertificateProps {
  /** Of the Certificate, and of its Secret. */
  readonly name: string;
  readonly namespace: string;
  /** Asked when the app is rendered. */
  readonly dnsNames: () => readonly string[];
  /** Whether it is shown to servers, too. Asked when the app is rendered. @default - it is not */
  readonly isForClients?: () => boolean;
}

// What every product here reads; PKCS#1 cannot hold keys of elliptic curves.
const key = {
  algorithm: CertificateSpecPrivateKeyAlgorithm.ECDSA,
  size: 256,
  encoding: CertificateSpecPrivateKeyEncoding.PKCS8,
};

/** A Secret of type `kubernetes.io/tls` with `tls.crt`, `tls.key` and, of most issuers, `ca.crt`. */
export class IssuedCertificate extends Construct {
  constructor(scope: Construct, id: string, issuer: CertificateIssuer, props: IssuedCertificateProps) {
    super(scope, id);
    const { name, namespace, dnsNames, isForClients = () => false } = props;
    const { DIGITAL_SIGNATURE, SERVER_AUTH, CLIENT_AUTH } = CertificateSpecUsages;
    const usages = () => [DIGITAL_SIGNATURE, SERVER_AUTH, ...(isForClients() ? [CLIENT_AUTH] : [])];
    new Certificate(this, 'certificate', {
      metadata: { name, namespace, labels: Chart.of(this).labels },
      spec: {
        secretName: name,
        dnsNames: Lazy.any({ produce: () => [...dnsNames()] }) as string[],
        usages: Lazy.any({ produce: usages }) as CertificateSpecUsages[],
        duration: goDuration(issuer.lifetime),
        renewBefore: goDuration(issuer.renewBefore),
        privateKey: { ...key, rotationPolicy: CertificateSpecPrivateKeyRotationPolicy.ALWAYS },
        issuerRef: { ...issuer.reference },
      },
    });
  }
}

/** Options of {@link PlatformAuthority}. */
export interface PlatformAuthorityProps {
  readonly issuer: CertificateIssuer;
  /** Name of the Secret with `ca.crt`. */
  readonly ca: string;
  /** Where clients are. */
  readonly namespaces: readonly string[];
}

/**
 * Whom the platform trusts: the Secret with `ca.crt` in each of its namespaces and, if it is its own authority, the root.
 *
 * cert-manager copies no Secret to another namespace, but puts the authority beside each certificate that it makes. So each namespace has a
 * certificate whose own key nobody mounts, for a name that nobody has.
 */
export class PlatformAuthority extends Construct {
  constructor(scope: Construct, id: string, { issuer, ca, namespaces }: PlatformAuthorityProps) {
    super(scope, id);
    if (issuer instanceof OwnAuthority) this.addRoot(issuer);
    if (!issuer.tellsAuthority) return;
    const { domain } = Platform.of(this).cluster;
    for (const namespace of namespaces)
      new IssuedCertificate(this, namespace, issuer, {
        name: ca,
        namespace,
        dnsNames: () => [`${ca}.${namespace}.svc.${domain}`],
      });
  }

  /**
   * It keeps its key when it is made anew: with one subject and one key, what either of the two signed holds by both of them, so that servers and
   * clients may learn of it one after the other.
   */
  private addRoot({ name, namespace, reference, rootLifetime, rootRenewBefore }: OwnAuthority): void {
    const { labels } = Chart.of(this);
    const selfSigned: IssuerReference = { ...reference, kind: 'Issuer', name: `${name}-self-signed` };
    new Issuer(this, 'self-signed', {
      metadata: { name: selfSigned.name, namespace, labels },
      spec: { selfSigned: {} },
    });
    new Certificate(this, 'root', {
      metadata: { name, namespace, labels },
      spec: {
        secretName: name,
        isCa: true,
        commonName: name,
        usages: [CertificateSpecUsages.CERT_SIGN, CertificateSpecUsages.CRL_SIGN],
        duration: goDuration(rootLifetime),
        renewBefore: goDuration(rootRenewBefore),
        privateKey: { ...key, rotationPolicy: CertificateSpecPrivateKeyRotationPolicy.NEVER },
        issuerRef: { ...selfSigned },
      },
    });
    new ClusterIssuer(this, 'issuer', { metadata: { name, labels }, spec: { ca: { secretName: name } } });
  }
}

/** As cert-manager writes it itself, so that nothing differs afterwards. */
function goDuration(duration: Duration): string {
  const minutes = Math.round(duration.toMinutes({ integral: false }));
  return `${Math.floor(minutes / 60)}h${minutes % 60}m0s`;
}
