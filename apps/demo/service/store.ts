import { context } from '@opentelemetry/api';
import { suppressTracing } from '@opentelemetry/core';
import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import type { Address } from '../messages';
import type { FaultActivity, FaultSwitch } from './fault-switch';

/** The PostgreSQL of a service behind a pool of connections. */
export class Store {
  private readonly pool: Pool;

  constructor(
    name: string,
    { host, port }: Address,
    private readonly maxConnections: number,
    private readonly faults: FaultSwitch,
  ) {
    this.pool = new Pool({
      host,
      port,
      user: name,
      database: name,
      max: maxConnections,
      idleTimeoutMillis: 0,
      connectionTimeoutMillis: 10_000,
    });
    this.pool.on('error', (error) => console.error('an idle database connection failed:', error));
    faults.whileOn('exhausted-pool', this.exhaustion());
  }

  /** Opens every connection, so that no request pays for it. @throws Error if the database is not there */
  async warmUp(): Promise<void> {
    for (const client of await this.acquireAll()) client.release();
  }

  /** Rows of a SELECT, the read that a slow query makes slow. */
  async select<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    const delayMs = this.faults.queryDelayMs(performance.now());
    const slowed = `SELECT found.* FROM (${text}) AS found WHERE (SELECT pg_sleep(${(delayMs / 1000).toFixed(3)})) IS NOT NULL`;
    const { rows } = await this.pool.query<Row>(delayMs > 0 ? slowed : text, [...values]);
    return rows;
  }

  /** Runs a statement that changes rows. */
  async execute(text: string, values: readonly unknown[]): Promise<void> {
    await this.pool.query(text, [...values]);
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    await this.pool.end();
  }

  private async acquireAll(): Promise<PoolClient[]> {
    const untraced = suppressTracing(context.active());
    return context.with(untraced, () =>
      Promise.all(Array.from({ length: this.maxConnections }, () => this.pool.connect())),
    );
  }

  /** Holds every connection for `holdMs`, gives them back for `releaseMs`, and again. */
  private exhaustion(): FaultActivity {
    let on = false;
    let held: PoolClient[] = [];
    let timer: NodeJS.Timeout | undefined;
    const giveBack = (): void => {
      for (const client of held.splice(0)) client.release();
    };
    const hold = async (holdMs: number, releaseMs: number): Promise<void> => {
      held = await this.acquireAll();
      if (!on) {
        giveBack();
        return;
      }
      timer = setTimeout(() => {
        giveBack();
        timer = setTimeout(() => again(holdMs, releaseMs), releaseMs);
      }, holdMs);
    };
    const again = (holdMs: number, releaseMs: number): void => {
      hold(holdMs, releaseMs).catch((error: unknown) => console.error('could not hold the connections:', error));
    };
    return {
      start: ({ holdMs = 0, releaseMs = 0 }) => {
        on = true;
        again(holdMs, releaseMs);
      },
      stop: () => {
        on = false;
        clearTimeout(timer);
        giveBack();
      },
    };
  }
}
