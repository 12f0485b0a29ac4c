import type { Actor } from './event-queue';
import { Frame } from './frame';
import type { ConnectionPool, Waiting } from './places';
import { mix, normal, unit } from './random';
import { outcomes, type Edge, type Outcome } from './system';

/** How long a caller waits for a connection, microseconds. */
const connectionTimeoutUs = 5_000_000;
/** Longest wait before a retry, microseconds. */
const backoffUs = 40_000;
/** So that a storm of retries ends. */
const mostAttempts = 60;

/** A call that an operation makes, with all its attempts. */
export class Call implements Actor {
  private attempts = 0;
  private failures = 0;

  /** @param repeats how often it is made again though it was answered */
  constructor(
    readonly frame: Frame,
    readonly edge: Edge,
    private readonly repeats: number,
  ) {}

  begin(): void {
    this.attempts += 1;
    new Attempt(this, mix(this.frame.seed, 0x10000 + this.edge.index * 64 + this.attempts)).begin();
  }

  /** Time to try again. */
  on(): void {
    this.begin();
  }

  ended(outcome: Outcome, seed: number): void {
    const isFailure = outcome === outcomes.failed || outcome === outcomes.timeout;
    if (isFailure) this.failures += 1;
    const goesOn = isFailure ? this.failures <= this.edge.retries : this.attempts - this.failures <= this.repeats;
    if (goesOn && this.attempts < mostAttempts) {
      const { engine } = this.frame;
      engine.queue.add(engine.nowUs + backoffUs * unit(seed, 20), this, 0);
    } else {
      this.frame.answered(this.edge, outcome);
    }
  }
}

const arrives = 0;
const isServed = 1;
const answers = 2;
const timesOut = 3;
const hasNoConnection = 4;

/** One attempt of a call: a CLIENT span. */
export class Attempt implements Actor, Waiting {
  readonly idHigh: number;
  readonly idLow: number;
  private readonly requestedUs: number;
  private readonly pool: ConnectionPool;
  private startUs: number;
  private state: 'waiting' | 'open' | 'over' = 'waiting';
  private calleeUs = 0;
  private answer: Outcome = outcomes.ok;
  private isWrong = false;

  constructor(
    private readonly call: Call,
    private readonly seed: number,
  ) {
    const { frame, edge } = call;
    const pool = frame.pod.pools[edge.pool];
    if (pool === undefined) throw new RangeError(`service ${frame.pod.service.name} has no pool ${edge.pool}`);
    this.pool = pool;
    this.idHigh = mix(seed, 7);
    this.idLow = mix(seed ^ frame.request, 8);
    this.requestedUs = frame.engine.nowUs;
    this.startUs = this.requestedUs;
  }

  begin(): void {
    const { queue, nowUs } = this.call.frame.engine;
    this.pool.acquire(this);
    if (this.state === 'waiting') queue.add(nowUs + connectionTimeoutUs, this, hasNoConnection);
  }

  /** A connection is free. */
  granted(): void {
    const { frame, edge } = this.call;
    const { queue, nowUs } = frame.engine;
    this.state = 'open';
    if (!this.pool.pool.waitInSpan) {
      this.startUs = nowUs;
      frame.localUs += nowUs - this.requestedUs;
    }
    queue.add(nowUs + this.travelUs(30), this, arrives);
    if (edge.timeoutMs > 0) queue.add(nowUs + edge.timeoutMs * 1000, this, timesOut);
  }

  on(code: number): void {
    const { engine } = this.call.frame;
    if (code === arrives) this.reachCallee();
    else if (code === isServed) {
      const { target } = this.call.edge;
      if ('peer' in target) engine.peers[target.peer]?.release();
      engine.queue.add(engine.nowUs + this.travelUs(32), this, answers);
    } else if (code === answers) {
      if (this.state === 'open') this.end(this.isWrong ? outcomes.wrong : this.answer, this.answer);
    } else if (code === timesOut) {
      if (this.state === 'open') this.end(outcomes.timeout, outcomes.timeout);
    } else if (this.state === 'waiting') {
      this.pool.giveUp(this);
      this.state = 'over';
      // What waits outside of its span has none yet.
      if (this.pool.pool.waitInSpan) this.report(outcomes.timeout);
      else this.call.frame.localUs += engine.nowUs - this.requestedUs;
      this.call.ended(outcomes.timeout, this.seed);
    }
  }

  /** The callee has answered. */
  answered(callee: Frame, isWrong: boolean): void {
    const { engine } = this.call.frame;
    this.calleeUs = callee.endUs - callee.startUs;
    this.answer = callee.outcome;
    this.isWrong = isWrong;
    engine.queue.add(engine.nowUs + this.travelUs(32), this, answers);
  }

  private reachCallee(): void {
    const { frame, edge } = this.call;
    const { engine } = frame;
    if ('peer' in edge.target) {
      engine.peers[edge.target.peer]?.acquire(new Statement(this, edge.target.peer));
      return;
    }
    const operation = engine.system.operations[edge.target.operation];
    if (operation === undefined) return;
    const pod = engine.podFor(operation.service, this.seed);
    new Frame(engine, frame.request, operation, pod, mix(this.seed, 4), this).arrive();
  }

  /** A peer has taken the statement up. */
  runs(peer: number): void {
    const { engine } = this.call.frame;
    const { workMs, workSigma } = engine.system.peers[peer] ?? { workMs: 0, workSigma: 0 };
    const ms = workMs * Math.exp(workSigma * normal(this.seed, 12)) * engine.faults.statement(peer, engine.nowUs);
    engine.queue.add(engine.nowUs + ms * 1000, this, isServed);
  }

  /** @param outcome for the caller @param shown on the span: a wrong answer may look like any other */
  private end(outcome: Outcome, shown: Outcome): void {
    this.state = 'over';
    this.report(shown);
    this.pool.release();
    this.call.ended(outcome, this.seed);
  }

  private report(outcome: Outcome): void {
    const { frame, edge } = this.call;
    const { idHigh: parentHigh, idLow: parentLow } = frame.parent;
    frame.engine.sink.add({
      request: frame.request,
      template: edge.template,
      pod: frame.pod.index,
      idHigh: this.idHigh,
      idLow: this.idLow,
      parentHigh,
      parentLow,
      startUs: this.startUs,
      endUs: frame.engine.nowUs,
      outcome,
      localUs: frame.engine.nowUs - this.startUs - this.calleeUs,
    });
  }

  private travelUs(key: number): number {
    const { frame, edge } = this.call;
    const { engine, operation } = frame;
    const callee = 'operation' in edge.target ? engine.system.operations[edge.target.operation]?.service : undefined;
    return engine.travelUs(edge.networkMs, operation.service, callee, this.seed, key);
  }
}

/** An attempt's turn at a peer. */
class Statement implements Waiting {
  constructor(
    private readonly attempt: Attempt,
    private readonly peer: number,
  ) {}

  granted(): void {
    this.attempt.runs(this.peer);
  }
}
