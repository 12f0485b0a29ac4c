import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { LookupFunction } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import express, { type ErrorRequestHandler, type Express, type Request, type RequestHandler } from 'express';
import type { Address } from '../messages';
import { logNormal, seededRandom, seedOf, type Random } from '../prng';
import type { ServiceSpec } from '../topology';
import { Calls, type Peers } from './calls';
import { cpuHog } from './cpu-hog';
import { FaultSwitch } from './fault-switch';
import { Store } from './store';

/** What a handler is given of a request. */
export type Incoming = Pick<Request, 'params' | 'query' | 'body'>;

/** A handler returns the JSON to answer with. */
export type Handler = (incoming: Incoming) => Promise<object>;

/** An answer that is neither success nor a mistake of ours. */
export class Refusal extends Error {
  override readonly name = 'Refusal';

  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** What is around a service. */
export interface Surroundings {
  /** The services it calls. */
  readonly peers: Peers;
  /** How their names are resolved. @default - as the system does */
  readonly lookup?: LookupFunction;
  /** Its database. @default - it has none */
  readonly database?: Address;
}

const readJson = express.json({ limit: '64kb' });
const maxConnections = 5;

/** One service of the shop: routes, outgoing calls, a database if it has one, and the faults that act on them. */
export class Service {
  readonly faults: FaultSwitch;
  readonly calls: Calls;
  private readonly app: Express = express();
  private readonly random: Random;
  private database: Store | undefined;

  constructor(
    readonly spec: ServiceSpec,
    seed: number,
  ) {
    this.random = seededRandom(seedOf(seed, spec.name));
    this.faults = new FaultSwitch(spec.name, seededRandom(seedOf(seed, `${spec.name} faults`)));
    this.faults.whileOn('cpu-hog', cpuHog());
    this.calls = new Calls(this.faults, this.random);
    this.app.disable('x-powered-by').disable('etag');
  }

  /** The service's database. @throws Error if it has none or is not connected yet */
  get store(): Store {
    if (this.database === undefined) throw new Error(`${this.spec.name} has no database connected`);
    return this.database;
  }

  get(path: string, handler: Handler): void {
    this.app.get(path, this.serve(handler));
  }

  post(path: string, handler: Handler): void {
    this.app.post(path, readJson, this.serve(handler));
  }

  delete(path: string, handler: Handler): void {
    this.app.delete(path, this.serve(handler));
  }

  /** What a handler does besides its calls: a little computing, and waiting with a median of `medianMs`. */
  async work(medianMs: number): Promise<void> {
    let digest: string = this.spec.name;
    for (let i = 0; i < 20; i += 1) digest = createHash('sha256').update(digest).digest('hex');
    await sleep(Math.min(logNormal(this.random, medianMs, 0.4), 10 * medianMs));
  }

  /** Connects to the other services and opens the database's connections; may be repeated if the database is not there yet. */
  async connect({ peers, lookup, database }: Surroundings): Promise<void> {
    this.calls.connect(peers, lookup);
    if (database === undefined) return;
    this.database ??= new Store(this.spec.name, database, maxConnections, this.faults);
    await this.database.warmUp();
  }

  /** The HTTP server, to be told where to listen. */
  server(): Server {
    this.app.use(answerError);
    const server = createServer(this.app);
    // Longer than any pause in traffic, so that no peer writes to a connection that is being closed.
    server.keepAliveTimeout = 120_000;
    return server;
  }

  /** Closes what it holds open to others. */
  async close(): Promise<void> {
    this.calls.close();
    await this.database?.close();
  }

  private serve(handler: Handler): RequestHandler {
    return (request, response, next) => {
      this.handle(handler, request).then((answer) => response.json(answer), next);
    };
  }

  private async handle(handler: Handler, request: Request): Promise<object> {
    const delayMs = this.faults.handlingDelayMs();
    if (delayMs > 0) await sleep(delayMs);
    // Worded as the mistake that most often does this.
    if (this.faults.failsRequest()) throw new TypeError("Cannot read properties of undefined (reading 'id')");
    return handler(request);
  }
}

/** The status that an error asks for, or 500. */
function statusOf(error: unknown): number {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}

// Express tells error handlers from others by their four parameters.
const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const status = statusOf(error);
  response.status(status).json({ error: status < 500 && error instanceof Error ? error.message : 'internal error' });
};
