import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { PGlite } from '@electric-sql/pglite';

const START_UP = 196_608;
const SSL_REQUEST = 80_877_103;
const CANCEL_REQUEST = 80_877_102;
const MAX_BATCH_BYTES = 16 * 1024 * 1024;

/** Frontend message types that end a batch: what precedes one of them may not be mixed with another client's messages. */
const ENDS_BATCH = new Set(['Q', 'S'].map((type) => type.charCodeAt(0)));
const TERMINATE = 'X'.charCodeAt(0);
const READY_FOR_QUERY = 'Z'.charCodeAt(0);
const IDLE = 'I'.charCodeAt(0);

/** Bytes of a client split into what may be given to the database as one unit. */
export class BatchReader {
  private pending: Buffer = Buffer.alloc(0);
  private scanned = 0;
  private started = false;

  /**
   * Takes what a socket delivered and returns the complete batches in it.
   *
   * @returns batches in order; a string stands for a request that the database need not see
   * @throws Error if a message has an impossible length
   */
  push(chunk: Buffer): (Buffer | 'ssl-request' | 'cancel-request' | 'terminate')[] {
    this.pending = this.pending.length === 0 ? chunk : Buffer.concat([this.pending, chunk]);
    const batches: (Buffer | 'ssl-request' | 'cancel-request' | 'terminate')[] = [];
    for (;;) {
      const header = this.started ? 5 : 8;
      if (this.pending.length < this.scanned + header) return batches;
      const length = this.started
        ? 1 + this.pending.readInt32BE(this.scanned + 1)
        : this.pending.readInt32BE(this.scanned);
      if (length < header || this.scanned + length > MAX_BATCH_BYTES) {
        throw new Error(`message of ${String(length)} bytes from a database client`);
      }
      if (this.pending.length < this.scanned + length) return batches;
      const type = this.started ? this.pending[this.scanned] : this.pending.readInt32BE(4);
      this.scanned += length;
      if (!this.started) {
        this.started = type === START_UP;
        const request = this.take();
        batches.push(type === SSL_REQUEST ? 'ssl-request' : type === CANCEL_REQUEST ? 'cancel-request' : request);
      } else if (type === TERMINATE) {
        this.take();
        batches.push('terminate');
      } else if (type !== undefined && ENDS_BATCH.has(type)) {
        batches.push(this.take());
      }
    }
  }

  private take(): Buffer {
    const batch = this.pending.subarray(0, this.scanned);
    this.pending = this.pending.subarray(this.scanned);
    this.scanned = 0;
    return batch;
  }
}

interface Waiting {
  readonly client: Socket;
  readonly batch: Buffer;
}

/**
 * Serves one PGlite over the PostgreSQL wire protocol to several clients.
 *
 * PGlite is a single backend, so what clients send runs one after the other. A client's messages up to its Sync run as one
 * unit: the unnamed statement and portal belong to the backend, and `@electric-sql/pglite-socket` 0.2.17, which queues each
 * message on its own, lets a second connection replace them between Parse and Execute, so that a query returns the rows of
 * another. A client that opened a transaction keeps the backend until the transaction ends.
 */
export class WireServer {
  private readonly server: Server;
  private readonly queue: Waiting[] = [];
  private owner: Socket | undefined;
  private running = false;

  constructor(private readonly db: PGlite) {
    this.server = createServer((client) => this.accept(client));
  }

  /**
   * Listens, and returns the port.
   *
   * @param port on every address. @default - a free one of loopback
   */
  async listen(port?: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      if (port === undefined) this.server.listen(0, '127.0.0.1', resolve);
      else this.server.listen(port, resolve);
    });
    return (this.server.address() as AddressInfo).port;
  }

  /** Stops accepting clients. */
  close(): void {
    this.server.close();
  }

  private accept(client: Socket): void {
    const reader = new BatchReader();
    client.setNoDelay(true);
    client.on('error', () => client.destroy());
    client.on('close', () => this.forget(client));
    client.on('data', (chunk: Buffer) => {
      try {
        for (const batch of reader.push(chunk)) {
          if (batch === 'ssl-request') client.write('N');
          else if (typeof batch === 'string') client.end();
          else this.queue.push({ client, batch });
        }
      } catch {
        client.destroy();
      }
      void this.run();
    });
  }

  private async run(): Promise<void> {
    if (this.running) return;
    this.running = true;
    for (;;) {
      if (this.owner?.destroyed === true) {
        this.owner = undefined;
        await this.db.exec('ROLLBACK');
      }
      const next = this.next();
      if (next === undefined) break;
      const { client, batch } = next;
      try {
        const answer = await this.db.runExclusive(() => this.db.execProtocolRaw(batch));
        if (!client.destroyed) client.write(Buffer.from(answer));
        this.owner = endsIdle(answer) ? undefined : client;
      } catch (error) {
        client.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.running = false;
  }

  private next(): Waiting | undefined {
    if (this.owner === undefined) return this.queue.shift();
    const index = this.queue.findIndex(({ client }) => client === this.owner);
    return index < 0 ? undefined : this.queue.splice(index, 1)[0];
  }

  private forget(client: Socket): void {
    for (let i = this.queue.length - 1; i >= 0; i -= 1) {
      if (this.queue[i]?.client === client) this.queue.splice(i, 1);
    }
    void this.run();
  }
}

/** Whether an answer ends with ReadyForQuery outside any transaction. */
function endsIdle(answer: Uint8Array): boolean {
  return answer.length < 6 || answer[answer.length - 6] !== READY_FOR_QUERY || answer[answer.length - 1] === IDLE;
}
