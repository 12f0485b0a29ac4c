import { once } from 'node:events';
import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** Where a server listens, and how it is asked to encrypt. */
export interface EncryptedPort {
  readonly host: string;
  readonly port: number;
  /** Who is asked for, where one listener is many servers. @default - nobody by name */
  readonly serverName?: string;
  /** PostgreSQL is asked in its own protocol first. @default - TLS from the first byte */
  readonly startTls?: 'postgresql';
}

const timeoutMs = 10_000;

/**
 * SHA-256 of the certificate that a server shows who connects now, whatever it is worth: nothing is sent over the connection.
 *
 * @throws what connecting throws, and an error when the server does not encrypt
 */
export async function shownFingerprint({ host, port, serverName, startTls }: EncryptedPort): Promise<string> {
  const plain = connectPlain({ host, port });
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    await once(plain, 'connect', { signal });
    if (startTls === 'postgresql') await askPostgres(plain, signal);
    const encrypted = connectTls({
      socket: plain,
      rejectUnauthorized: false,
      ...(serverName !== undefined && { servername: serverName }),
    });
    try {
      await once(encrypted, 'secureConnect', { signal });
      const shown = encrypted.getPeerX509Certificate()?.fingerprint256;
      if (shown === undefined) throw new Error(`${host}:${port} shows no certificate`);
      return shown;
    } finally {
      // What a server says to a client without a certificate is of no interest any more.
      encrypted.on('error', () => undefined);
      encrypted.destroy();
    }
  } finally {
    plain.on('error', () => undefined);
    plain.destroy();
  }
}

/** @see https://www.postgresql.org/docs/18/protocol-message-formats.html, SSLRequest */
async function askPostgres(socket: Socket, signal: AbortSignal): Promise<void> {
  const request = Buffer.alloc(8);
  request.writeInt32BE(request.length, 0);
  request.writeInt32BE(80_877_103, 4);
  socket.write(request);
  const [answer] = (await once(socket, 'data', { signal })) as [Buffer];
  socket.pause();
  if (answer.toString('latin1') !== 'S') throw new Error('the server does not encrypt');
}
