import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A data source that stands for one of Grafana. */
export interface StubDataSource {
  readonly uid: string;
  readonly name: string;
  readonly type: string;
  /** As provisioned. */
  readonly url: string;
  /** Where it really is. */
  readonly realUrl: string;
}

/**
 * Stands for Grafana, which cannot be had here: what is asked of its health, its login and its data sources. A request to a data source
 * is passed on to the real server.
 */
export class GrafanaStub {
  /** What is wrong with it. */
  isIll = false;
  password = 'first-password';
  dataSources: readonly StubDataSource[] = [];
  private readonly server = createServer((request, response) => {
    this.answer(request, response).catch((error: unknown) => send(response, 502, { message: String(error) }));
  });

  /** Listens on loopback; the port. */
  async listen(): Promise<number> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    if (path === '/api/health') {
      const database = this.isIll ? 'failing' : 'ok';
      send(response, this.isIll ? 503 : 200, { database, version: '12.0.2' });
      return;
    }
    const given = Buffer.from((request.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    if (given !== `admin:${this.password}`) {
      send(response, 401, { message: 'Invalid username or password' });
      return;
    }
    if (path === '/api/user') {
      send(response, 200, { id: 1, login: 'admin' });
      return;
    }
    if (path === '/api/datasources') {
      send(response, 200, this.dataSources);
      return;
    }
    const [, uid = '', rest = ''] = /^\/api\/datasources\/proxy\/uid\/([^/]+)(\/.*)$/.exec(path) ?? [];
    const source = this.dataSources.find((each) => each.uid === uid);
    if (source === undefined) {
      send(response, 404, { message: 'Data source not found' });
      return;
    }
    const passed = await fetch(`${source.realUrl}${rest}`, { headers: { accept: 'application/json' } });
    response.writeHead(passed.status, { 'content-type': passed.headers.get('content-type') ?? 'text/plain' });
    response.end(Buffer.from(await passed.arrayBuffer()));
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}
