import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A request as it came. */
export interface WebhookRequest {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** An HTTP server that stands for Discord: it answers a post with the id of the message, and lets messages be edited. */
export class DiscordServer {
  readonly requests: WebhookRequest[] = [];
  private readonly server = createServer((request, response) => this.take(request, response));

  /** Listens on loopback; the webhook's address. */
  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/webhooks/1/token`;
  }

  /** New messages, without edits. */
  get messages(): readonly WebhookRequest[] {
    return this.requests.filter(({ method }) => method === 'POST');
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      this.requests.push({ method: request.method ?? '', path: request.url ?? '', body });
      const id = String(1_000_000 + this.requests.length);
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ id }));
    });
  }
}
