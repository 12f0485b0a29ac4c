import { CertificateAuthority, SecretVolume, type Certificate } from '@plumbline/tools/peers';
import type { IConstruct } from 'constructs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ServerCertificate } from '../../constructs';

/** Their clients find them by address and check the name, as rendered: their certificates are for no address. */
const checkedByName = ['otel-aggregator-tls', 'prometheus-tls'];

const authoritySecret = 'platform-ca';

/** Certificates of a platform as kubelets keep them for its pods: a folder for each server, and one with whom to trust. */
export class Certificates {
  private current: CertificateAuthority;
  private authorities = 1;
  private readonly volumes = new Map<string, SecretVolume>();

  private constructor(
    private readonly scope: IConstruct,
    private readonly directory: string,
    first: CertificateAuthority,
  ) {
    this.current = first;
  }

  /** @param scope what the servers are in */
  static async create(scope: IConstruct, directory: string): Promise<Certificates> {
    const certificates = new Certificates(scope, directory, await authorityIn(join(directory, 'ca-1')));
    await certificates.trust(certificates.current);
    await certificates.issueAll();
    return certificates;
  }

  get authority(): CertificateAuthority {
    return this.current;
  }

  /** PEM of everybody that clients trust. */
  get authorityFile(): string {
    return join(this.directory, authoritySecret, 'ca.crt');
  }

  /** Folder with `tls.crt` and `tls.key` of a server. */
  folder(secretName: string): string {
    return join(this.directory, secretName);
  }

  /** Another authority, which clients trust beside the one that there is, and which issues from now on. */
  async addAuthority(): Promise<void> {
    this.authorities += 1;
    const before = this.current;
    this.current = await authorityIn(join(this.directory, `ca-${this.authorities}`));
    await this.trust(before, this.current);
  }

  /** Clients trust the newest authority alone. */
  removeOldAuthority(): Promise<void> {
    return this.trust(this.current);
  }

  /** Makes every server's certificate anew. */
  async issueAll(): Promise<void> {
    for (const { secretName } of ServerCertificate.all(this.scope)) await this.issue(secretName);
  }

  /** @param validDays negative for a certificate that has expired */
  async issue(secretName: string, validDays?: number): Promise<Certificate> {
    const [made] = ServerCertificate.all(this.scope).filter((each) => each.secretName === secretName);
    if (made === undefined) throw new RangeError(`there is no certificate ${secretName}`);
    const names = made.dnsNames.map((name) => `DNS:${name}`);
    const all = checkedByName.includes(secretName) ? names : [...names, 'IP:127.0.0.1'];
    const issued = await this.current.issue(secretName, '/CN=server', all, validDays);
    await this.volume(secretName).write({
      'tls.crt': await readFile(issued.certificateFile, 'utf8'),
      'tls.key': await readFile(issued.keyFile, 'utf8'),
    });
    return issued;
  }

  private async trust(...authorities: readonly CertificateAuthority[]): Promise<void> {
    const parts = authorities.map(({ certificateFile }) => readFile(certificateFile, 'utf8'));
    await this.volume(authoritySecret).write({ 'ca.crt': (await Promise.all(parts)).join('') });
  }

  private volume(secretName: string): SecretVolume {
    const volume = this.volumes.get(secretName) ?? new SecretVolume(this.folder(secretName));
    this.volumes.set(secretName, volume);
    return volume;
  }
}

async function authorityIn(directory: string): Promise<CertificateAuthority> {
  await mkdir(directory);
  return CertificateAuthority.create(directory);
}

/** At once: nobody reads half of it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}
