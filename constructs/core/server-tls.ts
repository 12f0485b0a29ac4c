import { Construct, type IConstruct } from 'constructs';
import { compareText } from './content-hash';
import { Platform } from './platform';
import { PodTrust, serverFolder } from './pod-trust';
import type { Service } from './service';
import type { Workload } from './workload';

/** How the servers of a platform encrypt what they say. Somebody else makes the Secrets: by hand, or cert-manager. */
export interface PlatformTlsProps {
  /**
   * Secret with `ca.crt`, the authority that clients trust, in the namespace of every server and client. The certificate of a server is
   * in a Secret `<workload>-tls` with `tls.crt` and `tls.key`; {@link ServerCertificate} says for which names.
   */
  readonly ca: string;
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
  /** Every certificate that constructs below `scope` need, by namespace and name. */
  static all(scope: IConstruct): readonly ServerCertificate[] {
    const found = scope.node.findAll().filter((each): each is ServerCertificate => each instanceof ServerCertificate);
    return found.sort((a, b) => compareText(`${a.namespace}/${a.secretName}`, `${b.namespace}/${b.secretName}`));
  }

  readonly namespace: string;
  /** Of type `kubernetes.io/tls`. */
  readonly secretName: string;

  constructor(
    private readonly workload: Workload,
    private readonly services: readonly Service[],
  ) {
    super(workload, 'certificate');
    this.namespace = workload.namespace;
    this.secretName = `${workload.name}-tls`;
    PodTrust.of(workload).present(this.secretName);
  }

  /** Names that it must be for: of its Services, and of each pod where pods have names. */
  get dnsNames(): readonly string[] {
    return this.services.flatMap(({ host, headless }) =>
      headless && this.workload.hasNamedPods ? [host, `*.${host}`] : [host],
    );
  }
}
