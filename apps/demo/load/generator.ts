import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Address, LoadStats } from '../messages';
import { exponential, seededRandom, seedOf, type Random } from '../prng';
import { drawJourney, meanSteps, type Step } from './journeys';

/** Options of a {@link LoadGenerator}. */
export interface LoadOptions {
  /** Where the gateway is. */
  readonly gateway: Address;
  /** Requests per second on average. */
  readonly ratePerSecond: number;
  readonly seed: number;
  /**
   * Requests without an answer above which no journey begins.
   *
   * @default 200
   */
  readonly maxOutstanding?: number;
}

const timeoutMs = 15_000;
const rateWindowMs = 5000;

/**
 * Visitors in an open loop: journeys begin as a Poisson process whether or not the shop keeps up, as visitors do, so a slow
 * shop sees the same arrivals as a quick one. Not instrumented: a trace begins at the gateway.
 */
export class LoadGenerator {
  private readonly random: Random;
  private readonly agent = new Agent({ keepAlive: true });
  private readonly recent: number[] = [];
  private readonly maxOutstanding: number;
  private sent = 0;
  private ok = 0;
  private failed = 0;
  private shed = 0;
  private outstanding = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly options: LoadOptions) {
    this.random = seededRandom(seedOf(options.seed, 'load'));
    this.maxOutstanding = options.maxOutstanding ?? 200;
  }

  /** Begins journeys until it is stopped. */
  start(): void {
    const meanGapMs = (1000 * meanSteps) / this.options.ratePerSecond;
    let due = performance.now();
    const begin = (): void => {
      // Arrivals that fell due while the timer slept begin together; the gaps are drawn, not measured.
      for (; due <= performance.now(); due += exponential(this.random, meanGapMs)) {
        const steps = drawJourney(this.random);
        if (this.outstanding >= this.maxOutstanding) this.shed += 1;
        else void this.travel(steps);
      }
      this.timer = setTimeout(begin, due - performance.now());
    };
    begin();
  }

  /** Begins no more journeys; those that are under way go on. */
  stop(): void {
    clearTimeout(this.timer);
  }

  /** Closes idle connections. */
  close(): void {
    this.agent.destroy();
  }

  stats(): LoadStats {
    const since = performance.now() - rateWindowMs;
    while ((this.recent[0] ?? Infinity) < since) this.recent.shift();
    const { sent, ok, failed, shed, outstanding } = this;
    return { sent, ok, failed, shed, outstanding, ratePerSecond: this.recent.length / (rateWindowMs / 1000) };
  }

  private async travel(steps: readonly Step[]): Promise<void> {
    for (const step of steps) {
      if (step.pauseMs > 0) await sleep(step.pauseMs);
      this.sent += 1;
      this.outstanding += 1;
      this.recent.push(performance.now());
      const status = await this.send(step);
      this.outstanding -= 1;
      if (status < 500) this.ok += 1;
      else this.failed += 1;
      // A visitor whose request failed goes away.
      if (status >= 400) return;
    }
  }

  /** The status of the answer, or 599 if there was none. */
  private send({ method, path, body }: Step): Promise<number> {
    const payload = body === undefined ? undefined : JSON.stringify(body);
    const headers =
      payload === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) };
    return new Promise((resolve) => {
      const { agent, options } = this;
      const outgoing = request({ agent, ...options.gateway, method, path, headers, timeout: timeoutMs }, (incoming) => {
        incoming.resume();
        incoming.on('end', () => resolve(incoming.statusCode ?? 599));
        incoming.on('error', () => resolve(599));
      });
      outgoing.on('timeout', () => outgoing.destroy());
      outgoing.on('error', () => resolve(599));
      outgoing.end(payload);
    });
  }
}
