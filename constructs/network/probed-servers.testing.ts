import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createPlainServer, type AddressInfo, type Server } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from '../../tools/peers';

/* Servers on loopback, for probes to ask. */

export interface ProbedServer {
  readonly port: number;
  readonly close: () => void;
}

export async function httpServer(answer: RequestListener): Promise<ProbedServer> {
  return listening(createServer(answer));
}

export async function httpsServer(answer: RequestListener, certificate: Certificate): Promise<ProbedServer> {
  return listening(createTlsServer(await pem(certificate), answer));
}

/** Says something to whoever connects, and no more. */
export async function greeter(greeting: string): Promise<ProbedServer> {
  return listening(createPlainServer((socket) => socket.on('error', () => undefined).end(greeting)));
}

/** A server of mail, as far as a client that asks for encryption comes. */
export async function mailServer(certificate: Certificate): Promise<ProbedServer> {
  const { cert, key } = await pem(certificate);
  return listening(
    createPlainServer((socket) => {
      socket.on('error', () => undefined).write('220 mail.example.org ESMTP\r\n');
      socket.on('data', (line) => {
        if (line.toString().startsWith('EHLO')) socket.write('250-mail.example.org\r\n250 STARTTLS\r\n');
        if (!line.toString().startsWith('STARTTLS')) return;
        socket.removeAllListeners('data');
        socket.write('220 ready\r\n');
        new TLSSocket(socket, { isServer: true, cert, key }).on('error', () => undefined);
      });
    }),
  );
}

/**
 * Answers questions for addresses by UDP, as RFC 1035 has it: names that it does not know with NXDOMAIN.
 *
 * @param addresses by name; none: the name is there, without an address
 */
export async function nameServer(
  addresses: Readonly<Record<string, string | undefined>>,
  delayMs: Readonly<Record<string, number>> = {},
): Promise<ProbedServer> {
  const socket = createSocket('udp4');
  socket.on('message', (question, { address, port }) => {
    const { name, end } = questionOf(question);
    const header = Buffer.from(question.subarray(0, 12));
    const known = Object.hasOwn(addresses, name);
    const record = addresses[name];
    // An answer to a recursive question, with NOERROR or NXDOMAIN; one question, no authority, nothing additional.
    header.writeUInt16BE(known ? 0x8180 : 0x8183, 2);
    header.writeUInt16BE(record === undefined ? 0 : 1, 6);
    header.writeUInt32BE(0, 8);
    const answer = [header, question.subarray(12, end), ...(record === undefined ? [] : [addressRecord(record)])];
    setTimeout(() => socket.send(Buffer.concat(answer), port, address), delayMs[name] ?? 0);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { port: socket.address().port, close: () => socket.close() };
}

/** The name of the first question, and where it ends. */
function questionOf(message: Buffer): { readonly name: string; readonly end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('ascii', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.'), end: at + 5 };
}

/** The name of the question again, type A, class IN, for a minute. */
function addressRecord(address: string): Buffer {
  return Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...address.split('.').map(Number)]);
}

async function pem({
  certificateFile,
  keyFile,
}: Certificate): Promise<{ readonly cert: Buffer; readonly key: Buffer }> {
  const [cert, key] = await Promise.all([readFile(certificateFile), readFile(keyFile)]);
  return { cert, key };
}

async function listening(server: Server): Promise<ProbedServer> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}
