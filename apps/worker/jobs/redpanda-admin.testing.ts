import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What was asked for. */
export interface Request {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** Answers as Redpanda's documentation says: no broker of theirs can be had here. */
export class DocumentedApi {
  readonly requests: Request[] = [];
  readonly users = new Set(['preprocessing']);
  readonly config: Record<string, unknown> = { log_retention_ms: 1, superusers: ['admin'], unknown_to_us: true };
  /** What it says of its brokers, in turn; then always the last. */
  statuses: readonly (readonly object[])[] = [[]];
  failWith: number | undefined;
  /** Whether it refuses every change, and repeats in its answer what was asked. */
  refusing = false;
  /** Where it sends on who wants a change, as a broker that does not lead the cluster does. */
  leader: string | undefined;
  private readonly server = createServer((request, response) => this.take(request, response));

  async listen(): Promise<URL> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return new URL(`http://127.0.0.1:${(this.server.address() as AddressInfo).port}`);
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** What was asked for besides reading. */
  get changes(): readonly Request[] {
    return this.requests.filter(({ method }) => method !== 'GET');
  }

  /** Paths of users that were deleted. */
  removed(): readonly string[] {
    return this.requests.filter(({ method }) => method === 'DELETE').map(({ path }) => path);
  }

  private take(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const { method = '', url: path = '' } = request;
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      this.requests.push({ method, path, authorization: request.headers.authorization, body });
      if (this.leader !== undefined && method !== 'GET')
        response.writeHead(307, { location: `${this.leader}${path}` }).end();
      else if (this.failWith !== undefined) response.writeHead(this.failWith).end('{"message":"no"}');
      else if (this.refusing && method !== 'GET') response.writeHead(400).end(`cannot be: ${text}`);
      else response.writeHead(200, { 'content-type': 'application/json' }).end(this.answer(method, path, body));
    });
  }

  private nextStatus(): number {
    const asked = this.requests.filter(({ path }) => path === '/v1/cluster_config/status').length;
    return Math.min(asked, this.statuses.length) - 1;
  }

  private answer(method: string, path: string, body: unknown): string {
    if (path === '/v1/security/users' && method === 'GET') return JSON.stringify(Array.from(this.users));
    if (path === '/v1/cluster_config' && method === 'GET') return JSON.stringify(hidden(this.config));
    if (path === '/v1/cluster_config/status') return JSON.stringify(this.statuses[this.nextStatus()]);
    if (method === 'DELETE') this.users.delete(decodeURIComponent(path.slice('/v1/security/users/'.length)));
    if (path === '/v1/cluster_config') {
      Object.assign(this.config, (body as { readonly upsert: object }).upsert);
      return '{"config_version":2}';
    }
    return '';
  }
}

/** The properties as it tells them: of those that are secret it says only that they are there. */
function hidden(config: Readonly<Record<string, unknown>>): object {
  return { ...config, ...('cloud_storage_secret_key' in config && { cloud_storage_secret_key: '[secret]' }) };
}
