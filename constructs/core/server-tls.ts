import { Construct, type IConstruct } from 'constructs';
import type { CertificateIssuer } from './certificate-issuer';
import { IssuedCertificate } from './certificates';
import { compareText } from './content-hash';
import type { ServiceEndpoint } from './endpoint';
import { InvalidPropError } from './errors';
import { Platform } from './platform';
import { PodTrust, serverFolder } from './pod-trust';
import type { Service } from './service';
import type { Workload } from './workload';

/** How the servers of a platform encrypt what they say. */
export interface PlatformTlsProps {
  /**
   * Secret with `ca.crt`, the authority that clients trust, in the namespace of every server and client. The certificate of a server is
   * in a Secret `<workload>-tls` with `tls.crt` and `tls.key`; {@link ServerCertificate} says for which names.
   */
  readonly ca: string;
  /** By whom cert-manager has these Secrets made, in an app of the platform that of the authority, too. @default - somebody else makes them */
  readonly issuer?: CertificateIssuer;
}

/** Certificate and key of a server, PEM files in its own containers. */
export interface ServerTls {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The files that a server around `scope` has. @returns nothing where the platform speaks in plain text */
export function serverTlsAt(scope: IConstruct): ServerTls | undefined {
  if (Platform.of(scope).tls === undefined) return undefined;
  return { certFile: `${serverFolder}/tls.crt`, keyFile: `${serverFolder}/tls.key` };
}

/**
 * The files as the OpenTelemetry Collector takes them, and what is made of it. It reads them again once a minute, else never.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector/blob/main/config/configtls/README.md
 */
export function collectorServerTls({ certFile, keyFile }: ServerTls): object {
  return { cert_file: certFile, key_file: keyFile, reload_interval: '1m' };
}

/** The certificate of a server, mounted; who makes it learns here what it must say. */
export class ServerCertificate extends Construct {
  /** That of a server. @returns nothing where it speaks in plain text */
  static of(workload: Workload): ServerCertificate | undefined {
    const found = workload.node.tryFindChild('certificate');
    return found instanceof ServerCertificate ? found : undefined;
  }

  /** Every certificate that constructs below `scope` need, by namespace and name. */
  static all(scope: IConstruct): readonly ServerCertificate[] {
    const found = scope.node.findAll().filter((each): each is ServerCertificate => each instanceof ServerCertificate);
    return found.sort((a, b) => compareText(`${a.namespace}/${a.secretName}`, `${b.namespace}/${b.secretName}`));
  }

  readonly namespace: string;
  /** Of type `kubernetes.io/tls`. */
  readonly secretName: string;
  private forClients = false;

  constructor(
    readonly workload: Workload,
    private readonly services: readonly Service[],
  ) {
    super(workload, 'certificate');
    this.namespace = workload.namespace;
    this.secretName = `${workload.name}-tls`;
    PodTrust.of(workload).present(this.secretName);
    const { tls } = Platform.of(workload);
    if (tls?.issuer !== undefined)
      new IssuedCertificate(this, 'issued', tls.issuer, {
        name: this.secretName,
        namespace: this.namespace,
        dnsNames: () => this.dnsNames,
        isForClients: () => this.isForClients,
      });
  }

  /** Whether servers are shown it, too, as those do that speak to their like: it has to be for authentication of clients. */
  get isForClients(): boolean {
    return this.forClients;
  }

  /** Lets the pods show it to servers. @returns the authority and the files, as configurations name them */
  presentToServers(): ServerTls & { readonly caFile: string } {
    const tls = Platform.of(this).tls;
    if (tls === undefined) throw new InvalidPropError(`${this.node.path}.tls`, tls, 'there, to be shown to servers');
    this.forClients = true;
    const { caFile = '' } = PodTrust.of(this.workload).give({ ca: tls.ca });
    return { caFile, certFile: `${serverFolder}/tls.crt`, keyFile: `${serverFolder}/tls.key` };
  }

  /** Ports of the pods where it is shown, each once. */
  get shownAt(): readonly ServiceEndpoint[] {
    const encrypted = this.services.flatMap(({ offered }) => offered).filter(({ tls }) => tls !== undefined);
    return Array.from(new Map(encrypted.map((endpoint) => [endpoint.podPort, endpoint])).values());
  }

  /** Names that it must be for: of its Services, and of each pod where pods have names. */
  get dnsNames(): readonly string[] {
    return this.services.flatMap(({ host, headless }) =>
      headless && this.workload.hasNamedPods ? [host, `*.${host}`] : [host],
    );
  }
}
