import { Agent, request } from 'node:http';
import type { LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address } from '../messages';
import { uniform, type Random } from '../prng';
import type { ServiceName } from '../topology';
import type { FaultSwitch } from './fault-switch';

const timeoutMs = 10_000;

/** A call to another service that gave no usable answer. */
export class CallError extends Error {
  override readonly name = 'CallError';

  constructor(
    callee: ServiceName,
    what: string,
    /** What this service answers in turn. */
    readonly status: number,
    options?: ErrorOptions,
  ) {
    super(`${callee} ${what}`, options);
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** Where the services are that a service calls. */
export type Peers = Readonly<Partial<Record<ServiceName, Address>>>;

/** The outgoing calls of a service: JSON over HTTP, kept-alive connections. */
export class Calls {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 64 });
  private peers: Peers = {};
  private lookup: LookupFunction | undefined;

  constructor(
    private readonly faults: FaultSwitch,
    private readonly random: Random,
  ) {}

  /**
   * Tells where the other services are.
   *
   * @param lookup resolves their names. @default - as the system does
   */
  connect(peers: Peers, lookup?: LookupFunction): void {
    this.peers = peers;
    this.lookup = lookup;
  }

  get(callee: ServiceName, path: string): Promise<unknown> {
    return this.call(callee, 'GET', path);
  }

  post(callee: ServiceName, path: string, body: object): Promise<unknown> {
    return this.call(callee, 'POST', path, body);
  }

  delete(callee: ServiceName, path: string): Promise<unknown> {
    return this.call(callee, 'DELETE', path);
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }

  private async call(callee: ServiceName, method: string, path: string, body?: object): Promise<unknown> {
    const attempts = this.faults.attempts(callee);
    for (let attempt = 1; attempt < attempts; attempt += 1) {
      await this.send(callee, method, path, body);
      await sleep(uniform(this.random, 5, 20));
    }
    const answer = await this.send(callee, method, path, body);
    if (answer.status >= 500) throw new CallError(callee, `answered ${String(answer.status)} to ${method}`, 502);
    if (answer.status >= 400)
      throw new CallError(callee, `refused ${method} with ${String(answer.status)}`, answer.status);
    return answer.body;
  }

  private send(callee: ServiceName, method: string, path: string, body?: object): Promise<Answer> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.agent,
          ...this.peers[callee],
          method,
          path,
          headers,
          timeout: timeoutMs,
          ...(this.lookup && { lookup: this.lookup }),
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            try {
              resolve({
                status: incoming.statusCode ?? 500,
                body: JSON.parse(Buffer.concat(chunks).toString() || 'null'),
              });
            } catch (cause) {
              reject(new CallError(callee, 'answered something that is not JSON', 502, { cause }));
            }
          });
        },
      );
      outgoing.on('timeout', () =>
        outgoing.destroy(new CallError(callee, `gave no answer in ${String(timeoutMs)} ms`, 504)),
      );
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}
