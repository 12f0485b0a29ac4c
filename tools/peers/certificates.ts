import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run';

const days = 30;
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Files of a certificate and its key (PKCS#8), both PEM. */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
}

/** A certificate authority for one test, made by openssl. */
export class CertificateAuthority implements Certificate {
  private constructor(
    private readonly directory: string,
    readonly certificateFile: string,
    readonly keyFile: string,
  ) {}

  static async create(directory: string): Promise<CertificateAuthority> {
    const authority = new CertificateAuthority(directory, join(directory, 'ca.crt'), join(directory, 'ca.key'));
    await openssl([
      ...['req', '-x509', ...newKey, '-days', String(days), '-subj', '/CN=plumbline-test-ca'],
      ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
      ...['-keyout', authority.keyFile, '-out', authority.certificateFile],
    ]);
    return authority;
  }

  /**
   * Issues a certificate for servers and clients.
   *
   * @param subject in the form of openssl, such as `/O=system:masters/CN=admin`
   * @param alternativeNames in the form of openssl, such as `DNS:localhost` and `IP:127.0.0.1`
   * @param validDays from now on; negative for one that has expired
   */
  async issue(
    name: string,
    subject: string,
    alternativeNames: readonly string[] = [],
    validDays = days,
  ): Promise<Certificate> {
    const file = (extension: string) => join(this.directory, `${name}.${extension}`);
    const issued = { certificateFile: file('crt'), keyFile: file('key') };
    const extensions = ['keyUsage=digitalSignature', 'extendedKeyUsage=serverAuth,clientAuth'];
    if (alternativeNames.length > 0) extensions.push(`subjectAltName=${alternativeNames.join(',')}`);
    await writeFile(file('ext'), `${extensions.join('\n')}\n`);
    await openssl(['req', ...newKey, '-subj', subject, '-keyout', issued.keyFile, '-out', file('csr')]);
    await openssl([
      ...['x509', '-req', '-in', file('csr'), '-CA', this.certificateFile, '-CAkey', this.keyFile, '-CAcreateserial'],
      ...['-days', String(validDays), '-sha256', '-extfile', file('ext'), '-out', issued.certificateFile],
    ]);
    return issued;
  }
}

async function openssl(args: readonly string[]): Promise<void> {
  await runProgram('openssl', args);
}
