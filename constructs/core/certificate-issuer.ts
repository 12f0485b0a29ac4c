import { Duration } from 'cdk8s';
import { InvalidPropError } from './errors';
import { validName } from './naming';

/** How long certificates of servers hold. */
export interface CertificateLifetime {
  /**
   * How long a certificate is valid, in hours or more.
   *
   * @default Duration.days(365)
   */
  readonly lifetime?: Duration;
  /**
   * How long before its end it is made anew, which is how long pods have that read it only when they start.
   *
   * @default Duration.days(90)
   */
  readonly renewBefore?: Duration;
}

/** Options of {@link CertificateIssuer.ownAuthority}. */
export interface OwnAuthorityOptions extends CertificateLifetime {
  /** Name of the ClusterIssuer, of its root and of the Secret with the key. Environments of one cluster need one each. @default 'plumbline-ca' */
  readonly name?: string;
  /** Where cert-manager looks for what a ClusterIssuer names: its `--cluster-resource-namespace`. @default 'cert-manager' */
  readonly namespace?: string;
  /** How long the root is valid; at least four times {@link lifetime}. @default Duration.days(3650) */
  readonly rootLifetime?: Duration;
}

/** Options of {@link CertificateIssuer.existing}. */
export interface ExistingIssuerOptions extends CertificateLifetime {
  readonly name: string;
  /** An Issuer has to be in each namespace of the platform. @default 'ClusterIssuer' */
  readonly kind?: string;
  /** That of an issuer which is not cert-manager's own. @default 'cert-manager.io' */
  readonly group?: string;
  /**
   * Who makes the Secret with `ca.crt` in each namespace. `issuer`: a certificate that nobody uses is asked of it there, as cert-manager puts the
   * authority beside each. `existing`: somebody else, such as trust-manager, for issuers that do not tell their authority.
   *
   * @default 'issuer'
   */
  readonly authority?: 'issuer' | 'existing';
}

/** By whom cert-manager has the certificates of the platform signed. */
export abstract class CertificateIssuer {
  /**
   * An authority of the platform's own: a self-signed root, and a ClusterIssuer that signs with it.
   *
   * @throws {InvalidPropError} if a time does not go with another
   */
  static ownAuthority(options: OwnAuthorityOptions = {}): CertificateIssuer {
    return new OwnAuthority(options);
  }

  /**
   * One that is there.
   *
   * @throws {InvalidPropError} if a time does not go with another
   */
  static existing(options: ExistingIssuerOptions): CertificateIssuer {
    return new ExistingIssuer(options);
  }

  abstract readonly reference: IssuerReference;
  /** Whether what it signs tells who it is. */
  abstract readonly tellsAuthority: boolean;
  readonly lifetime: Duration;
  readonly renewBefore: Duration;

  protected constructor({ lifetime = Duration.days(365), renewBefore = Duration.days(90) }: CertificateLifetime) {
    this.lifetime = lifetime;
    this.renewBefore = renewBefore;
    const [hours, before] = [lifetime, renewBefore].map((each) => each.toHours({ integral: false }));
    if (hours === undefined || hours < 1)
      throw new InvalidPropError('CertificateIssuer.lifetime', lifetime.toHumanString(), 'an hour at least');
    if (before === undefined || before >= hours || before < 0.1)
      throw new InvalidPropError(
        'CertificateIssuer.renewBefore',
        renewBefore.toHumanString(),
        `less than the lifetime, ${lifetime.toHumanString()}, and six minutes at least`,
      );
  }
}

/** As certificates name it. */
export interface IssuerReference {
  readonly name: string;
  readonly kind: string;
  readonly group: string;
}

const ownGroup = 'cert-manager.io';

export class ExistingIssuer extends CertificateIssuer {
  readonly reference: IssuerReference;
  readonly tellsAuthority: boolean;

  constructor(options: ExistingIssuerOptions) {
    super(options);
    const { name, kind = 'ClusterIssuer', group = ownGroup, authority = 'issuer' } = options;
    this.reference = { name, kind, group };
    this.tellsAuthority = authority === 'issuer';
  }
}

export class OwnAuthority extends CertificateIssuer {
  readonly reference: IssuerReference;
  readonly tellsAuthority = true;
  readonly name: string;
  readonly namespace: string;
  readonly rootLifetime: Duration;
  /** So early that every client has the next root before one is asked to trust it alone. */
  readonly rootRenewBefore: Duration;

  constructor(options: OwnAuthorityOptions) {
    super(options);
    const { name = 'plumbline-ca', namespace = 'cert-manager', rootLifetime = Duration.days(3650) } = options;
    this.name = validName('CertificateIssuer.name', name);
    this.namespace = validName('CertificateIssuer.namespace', namespace);
    this.reference = { name, kind: 'ClusterIssuer', group: ownGroup };
    this.rootLifetime = rootLifetime;
    const seconds = this.lifetime.toSeconds();
    this.rootRenewBefore = Duration.seconds(2 * seconds);
    if (rootLifetime.toSeconds() < 4 * seconds)
      throw new InvalidPropError(
        'CertificateIssuer.rootLifetime',
        rootLifetime.toHumanString(),
        `four times the lifetime of certificates, ${this.lifetime.toHumanString()}, at least`,
      );
  }
}
