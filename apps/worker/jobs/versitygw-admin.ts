import { createHash, createHmac } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { JobError } from './job-error';

/** Access key id and secret of a user. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

type RunningHash = ReturnType<typeof createHash> | ReturnType<typeof createHmac>;

/** What the AWS SDK's signer wants of a hash. */
class Sha256 {
  private hash: RunningHash;
  constructor(private readonly key?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = this.begin();
  }
  update(data: Uint8Array): void {
    this.hash.update(data);
  }
  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.hash.digest());
  }
  reset(): void {
    this.hash = this.begin();
  }
  private begin(): RunningHash {
    const { key } = this;
    if (key === undefined) return createHash('sha256');
    if (typeof key === 'string') return createHmac('sha256', key);
    const bytes = ArrayBuffer.isView(key) ? Buffer.from(key.buffer, key.byteOffset, key.byteLength) : Buffer.from(key);
    return createHmac('sha256', bytes);
  }
}

/** The user administration of versitygw: PATCH requests with XML bodies, signed as requests to S3 (v1.8.0, `s3api/admin-router.go`). */
export class VersitygwAdmin {
  private readonly signer: SignatureV4;

  constructor(
    private readonly endpoint: URL,
    region: string,
    root: AccessKey,
  ) {
    this.signer = new SignatureV4({
      service: 's3',
      region,
      credentials: { ...root },
      sha256: Sha256,
      uriEscapePath: false,
    });
  }

  /**
   * Makes a user, or gives the one with this access key id the secret.
   *
   * @returns whether it was made
   * @throws {JobError}
   */
  async ensureUser(user: AccessKey): Promise<boolean> {
    const { accessKeyId, secretAccessKey } = user;
    const account = { Access: accessKeyId, Secret: secretAccessKey, Role: 'user', UserID: 0, GroupID: 0, ProjectID: 0 };
    const made = await this.patch('/create-user', {}, xml('Account', account));
    if (made.status === 201) return true;
    if (made.status !== 409) throw failed('create-user', made);
    const properties = xml('MutableProps', { Secret: secretAccessKey, Role: 'user' });
    const updated = await this.patch('/update-user', { access: accessKeyId }, properties);
    if (updated.status !== 200) throw failed('update-user', updated);
    return false;
  }

  private async patch(path: string, query: Record<string, string>, body: string): Promise<Answer> {
    const { protocol, hostname, port } = this.endpoint;
    const host = port === '' ? hostname : `${hostname}:${port}`;
    const signed = await this.signer.sign({
      method: 'PATCH',
      protocol,
      hostname,
      path,
      query,
      headers: { host, 'content-type': 'application/xml' },
      body,
      ...(port !== '' && { port: Number(port) }),
    });
    const url = new URL(path, this.endpoint);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    try {
      const signal = AbortSignal.timeout(15_000);
      const answer = await fetch(url, { method: 'PATCH', headers: signed.headers, body, signal });
      return { status: answer.status, text: (await answer.text()).slice(0, 2_000) };
    } catch (cause) {
      const message = `${this.endpoint.origin}${path}: ${cause instanceof Error ? cause.message : String(cause)}`;
      throw new JobError('PLUMBLINE_JOB_SERVER', message, { transient: true, cause });
    }
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** The request has a secret in it, the answer has none. */
function failed(action: string, { status, text }: Answer): JobError {
  const code = /<Code>([^<]*)<\/Code>/.exec(text)?.[1];
  const said = /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  const message = `versitygw answered ${action} with ${status}: ${code ?? ''} ${said ?? text.slice(0, 200)}`;
  return new JobError('PLUMBLINE_JOB_IDENTITY', message, { transient: status >= 500 });
}

function xml(root: string, fields: Readonly<Record<string, string | number>>): string {
  const inner = Object.entries(fields).map(([name, value]) => `<${name}>${escapeXml(String(value))}</${name}>`);
  return `<${root}>${inner.join('')}</${root}>`;
}

function escapeXml(text: string): string {
  return text.replace(/[<>&'"]/g, (char) => `&#${char.charCodeAt(0)};`);
}
