import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { maintenanceScript } from './redpanda-maintenance';

/** Answers as Redpanda's documentation says of the routes of maintenance; no broker of theirs can be had here. */
class DocumentedBroker {
  readonly requests: string[] = [];
  readonly users: (string | undefined)[] = [];
  /** What is answered to the changes, in turn; then always the last. */
  changes: readonly number[] = [200];
  /** What `/v1/maintenance` says, in turn; then always the last. */
  states: readonly object[] = [{ draining: true, finished: true }];
  /** How often the id is not told yet. */
  booting = 0;
  private readonly server: Server = createServer((request, response) => {
    const what = `${request.method ?? ''} ${request.url ?? ''}`;
    this.requests.push(what);
    this.users.push(request.headers.authorization);
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (what === 'GET /v1/node_config')
      answer(this.booting-- > 0 ? 503 : 200, { rack: null, node_id: 2, node_id_overrides: [], kafka_api: [] });
    else if (what === 'GET /v1/maintenance') answer(200, next(this.states, this.count(what)));
    else answer(next(this.changes, this.count(what)), { message: 'as it is', code: 0 });
  });

  async listen(): Promise<string> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  count(what: string): number {
    return this.requests.filter((each) => each === what).length;
  }
}

function next<T>(list: readonly T[], count: number): T {
  const found = list[Math.min(count, list.length) - 1];
  if (found === undefined) throw new Error('nothing to answer');
  return found;
}

const enter = 'PUT /v1/brokers/2/maintenance';
const leave = 'DELETE /v1/brokers/2/maintenance';

describe('Maintenance of a broker', () => {
  let broker: DocumentedBroker;
  let folder: string;
  let api: string;
  beforeEach(async () => {
    broker = new DocumentedBroker();
    api = await broker.listen();
    folder = await mkdtemp(join(tmpdir(), 'maintenance-'));
  });
  afterEach(async () => {
    broker.close();
    await rm(folder, { recursive: true });
  });

  async function run(what: 'enter' | 'leave', env: Record<string, string> = {}): Promise<void> {
    const file = join(folder, 'maintenance.sh');
    await writeFile(file, maintenanceScript({ api }));
    const { PATH } = process.env;
    const child = spawn('bash', [file, what], {
      env: { TMPDIR: folder, PATH, ...env },
      stdio: ['ignore', 'inherit', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said]).toEqual([0, '']);
  }

  it('is entered before it stops, and ends when all is handed over, not while nothing has begun', async () => {
    broker.states = [{ draining: false }, { draining: true, finished: false }, { draining: true, finished: true }];
    await run('enter');
    expect(broker.requests).toEqual([
      'GET /v1/node_config',
      enter,
      'GET /v1/maintenance',
      'GET /v1/maintenance',
      'GET /v1/maintenance',
    ]);
  });

  it('ends, too, when nothing is handed over any more', async () => {
    broker.states = [{ draining: true, finished: false }, { draining: false }];
    await run('enter');
    expect(broker.count('GET /v1/maintenance')).toBe(2);
  });

  it('waits while another broker is in it', async () => {
    broker.changes = [400, 400, 200];
    await run('enter');
    expect(broker.count(enter)).toBe(3);
  });

  it('is nothing for one that is no member', async () => {
    broker.changes = [404];
    await run('enter');
    expect(broker.count('GET /v1/maintenance')).toBe(0);
  });

  it('is left when it has started, once it can be asked', async () => {
    broker.booting = 2;
    broker.changes = [503, 200];
    await run('leave');
    expect([broker.count('GET /v1/node_config'), broker.count(leave)]).toEqual([4, 2]);
  });

  it('is left already where there was none', async () => {
    broker.changes = [400];
    await run('leave');
    expect(broker.count(leave)).toBe(1);
  });

  it('is not left any more by a broker that is being stopped', async () => {
    await run('enter');
    await run('leave');
    expect(broker.count(leave)).toBe(0);
  });

  it('is asked for as the superuser, whatever is in the password, and by nobody where nobody is asked', async () => {
    await run('leave', { ADMIN_USERNAME: 'admin', ADMIN_PASSWORD: 'a"b\\c d:e' });
    const expected = `Basic ${Buffer.from('admin:a"b\\c d:e').toString('base64')}`;
    expect(new Set(broker.users)).toEqual(new Set([expected]));
    broker.users.length = 0;
    await run('leave');
    expect(new Set(broker.users)).toEqual(new Set([undefined]));
  });
});
