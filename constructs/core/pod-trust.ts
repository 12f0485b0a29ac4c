import type { ClientTls, TlsProps } from './connection';
import { defined } from './defined';
import { SecretRef } from './secret-ref';
import { SecretSource } from './secret-source';
import type { Workload } from './workload';

const folder = '/etc/plumbline/tls';
/** Where a server has its own certificate. */
export const serverFolder = `${folder}/server`;
const trusts = new WeakMap<Workload, PodTrust>();

/** Certificates that the pods of a workload have as files; each Secret is mounted once, whoever asks. */
export class PodTrust {
  static of(workload: Workload): PodTrust {
    const trust = trusts.get(workload) ?? new PodTrust(workload);
    trusts.set(workload, trust);
    return trust;
  }

  private readonly mounted = new Set<string>();

  private constructor(private readonly workload: Workload) {}

  /** What a client is told, once it has the files. */
  give({ ca, serverName, clientCertificate }: TlsProps): ClientTls {
    return defined({
      caFile: ca && `${this.mount(ca, ['ca.crt'])}/ca.crt`,
      serverName,
      certificate: clientCertificate === undefined ? undefined : this.pair(clientCertificate),
      secrets: defined({ ca, certificate: clientCertificate }),
    });
  }

  /** Mounts the certificate that the pods themselves present, at {@link serverFolder}. */
  present(name: string): void {
    this.mount(name, ['tls.crt', 'tls.key'], serverFolder);
  }

  private pair(name: string): NonNullable<ClientTls['certificate']> {
    const path = this.mount(name, ['tls.crt', 'tls.key']);
    return { certFile: `${path}/tls.crt`, keyFile: `${path}/tls.key` };
  }

  /** @returns the folder with the files */
  private mount(name: string, keys: readonly string[], at?: string): string {
    const id = `${name}-${keys[0]?.replace('.', '-') ?? ''}`;
    const path = at ?? `${folder}/${id}`;
    if (this.mounted.has(id)) return path;
    this.mounted.add(id);
    const { workload } = this;
    const secret = new SecretRef(workload, `tls-${id}`, {
      name,
      namespace: workload.namespace,
      keys: Object.fromEntries(keys.map((key) => [key, { kind: 'password' }])),
      source: SecretSource.existing({ name }),
    });
    workload.mount(workload.addSecret(`tls-${id}`, secret), path, { containers: workload.servers });
    return path;
  }
}
