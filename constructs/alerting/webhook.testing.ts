import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As Alertmanager tells a webhook. */
export interface Message {
  readonly status: string;
  readonly receiver: string;
  readonly alerts: readonly {
    readonly status: string;
    /** When it began to fire, ISO 8601. */
    readonly startsAt: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  }[];
}

/** A message, with its time. */
export interface Told extends Message {
  /** When it came, milliseconds since the epoch. */
  readonly atMs: number;
}

/** Who is told: everything that was said, in the order in which it came. */
export interface Webhook {
  readonly url: string;
  readonly told: readonly Told[];
  stop(): void;
}

export async function startWebhook(): Promise<Webhook> {
  const told: Told[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      told.push({ ...(JSON.parse(Buffer.concat(chunks).toString('utf8')) as Message), atMs: Date.now() });
      response.end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    told,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
