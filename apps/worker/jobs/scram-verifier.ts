import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

/** What a server keeps of a password: enough to check it, and not to log in with it. */
interface Verifier {
  readonly iterations: number;
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
}

const form = /^SCRAM-SHA-256\$(\d+):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/;

/**
 * A password as PostgreSQL keeps it, so that the server is never told the password itself and cannot log it.
 *
 * @see https://www.postgresql.org/docs/18/catalog-pg-authid.html
 * @see https://www.rfc-editor.org/rfc/rfc5802#section-3
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(16), iterations = 4096): string {
  const { storedKey, serverKey } = derive(password, salt, iterations);
  const text = (bytes: Buffer) => bytes.toString('base64');
  return `SCRAM-SHA-256$${iterations}:${text(salt)}$${text(storedKey)}:${text(serverKey)}`;
}

/** Whether a role has this password. @param kept its verifier, or nothing where it has none */
export function isPasswordOf(kept: string | null, password: string): boolean {
  const [, iterations, salt, storedKey, serverKey] = form.exec(kept ?? '') ?? [];
  if (iterations === undefined || salt === undefined || storedKey === undefined || serverKey === undefined)
    return false;
  const expected = derive(password, Buffer.from(salt, 'base64'), Number(iterations));
  return isSame(expected.storedKey, storedKey) && isSame(expected.serverKey, serverKey);
}

function derive(password: string, salt: Buffer, iterations: number): Verifier {
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest();
  const serverKey = createHmac('sha256', salted).update('Server Key').digest();
  return { iterations, salt, storedKey, serverKey };
}

function isSame(expected: Buffer, kept: string): boolean {
  const bytes = Buffer.from(kept, 'base64');
  return bytes.length === expected.length && timingSafeEqual(bytes, expected);
}
