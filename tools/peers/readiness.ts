import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:tls';
import type { Certificate } from './certificates';
import type { Readiness } from './process';

/** Ready once its log has this text. */
export function logged(text: string): Readiness {
  return async (process) => (await process.log()).includes(text);
}

/** Ready once a GET of this address answers with one of these statuses. */
export function answers(url: string, ...statuses: readonly number[]): Readiness {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return statuses.includes(response.status);
    } catch {
      // Nothing listens yet; the caller asks again until its own deadline.
      return false;
    }
  };
}

/** PEM of whom to trust, or where it is looked up each time, as it may be another by then. */
export type Authority = string | (() => string);

/** Ready once {@link getOverTls} is answered with 200. */
export function answersOverTls(url: string, authority: Authority, serverName?: string): Readiness {
  return async () => {
    try {
      const trusted = typeof authority === 'string' ? authority : authority();
      return (await getOverTls(url, trusted, serverName)).status === 200;
    } catch {
      // Nothing listens yet; the caller asks again until its own deadline.
      return false;
    }
  };
}

/**
 * GET over TLS, trusting `authority` (PEM) alone: `fetch` takes no authority.
 *
 * @param serverName name in the certificate, where it is not the address
 */
export function getOverTls(
  url: string,
  authority: string,
  serverName?: string,
): Promise<{ readonly status: number; readonly text: string }> {
  return new Promise((resolve, reject) => {
    const options = { ca: authority, timeout: 5_000, ...(serverName !== undefined && { servername: serverName }) };
    const request = get(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`${url} did not answer`)));
    request.on('error', reject);
  });
}

/**
 * Whether who connects to `host:port` now is shown this certificate, whatever it is worth.
 *
 * @throws what connecting throws
 */
export async function shows(authority: string, { certificateFile }: Certificate): Promise<boolean> {
  const [host = '', port = '0'] = authority.split(':');
  const wanted = new X509Certificate(await readFile(certificateFile)).fingerprint256;
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: Number(port), rejectUnauthorized: false, timeout: 5_000 }, () => {
      resolve(socket.getPeerX509Certificate()?.fingerprint256 === wanted);
      socket.destroy();
    });
    socket.on('timeout', () => socket.destroy(new Error(`${authority} did not answer`)));
    socket.on('error', reject);
  });
}
