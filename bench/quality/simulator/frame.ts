import { Call, type Attempt } from './call';
import type { Engine } from './engine';
import type { Actor } from './event-queue';
import type { Fault } from './faults';
import type { Pod, Waiting } from './places';
import { mix, normal, unit } from './random';
import { outcomes, type Edge, type Operation, type Outcome, type Step } from './system';

/** Exponent of the Pareto tail of work times, and how far it goes. */
const tailExponent = 1.6;
const longestTail = 25;

/** A visit of an operation: goes through its steps and answers. */
export class Frame implements Actor, Waiting {
  readonly idHigh: number;
  readonly idLow: number;
  startUs: number;
  endUs = 0;
  /** Work, and waiting that its SERVER span shows. */
  localUs = 0;
  outcome: Outcome = outcomes.ok;
  private readonly arrivedUs: number;
  private readonly workUs: number;
  private readonly fails: boolean;
  private readonly wrong: Fault | undefined;
  private readonly open: { template: number; startUs: number; idHigh: number; idLow: number }[] = [];
  private next = 0;
  private pending = 0;
  private stopped = false;
  private sliceUs = 0;
  private sinceUs = 0;

  constructor(
    readonly engine: Engine,
    readonly request: number,
    readonly operation: Operation,
    readonly pod: Pod,
    readonly seed: number,
    private readonly attempt?: Attempt,
  ) {
    const { nowUs, faults, system } = engine;
    const { index, service, workMs, workSigma, failureShare } = operation;
    this.arrivedUs = nowUs;
    this.startUs = nowUs;
    this.idHigh = mix(seed, 7);
    this.idLow = mix(seed ^ request, 8);
    const luck = unit(seed, 10);
    const tail = luck < system.profile.tailShare ? Math.min(longestTail, unit(seed, 11) ** (-1 / tailExponent)) : 1;
    this.workUs = workMs * 1000 * Math.exp(workSigma * normal(seed, 12)) * tail;
    const fault = unit(seed, 13);
    this.fails = unit(seed, 14) < failureShare || faults.strikes('failing', service, index, nowUs, fault) !== undefined;
    this.wrong = faults.strikes('wrong-answer', service, index, nowUs, fault);
  }

  /** The request is at the pod. */
  arrive(): void {
    if (this.pod.isFull) {
      this.outcome = outcomes.timeout;
      this.report();
      return;
    }
    this.pod.inside += 1;
    if (this.pod.service.model === 'threads') this.pod.acquire(this);
    else this.advance();
  }

  granted(): void {
    const { nowUs } = this.engine;
    if (this.pod.service.model === 'threads') {
      if (this.pod.service.waitInSpan) this.localUs += nowUs - this.arrivedUs;
      else this.startUs = nowUs;
      this.advance();
    } else {
      this.localUs += nowUs - this.sinceUs;
      this.work();
    }
  }

  /** Work is done. */
  on(): void {
    this.localUs += this.engine.nowUs - this.sinceUs;
    if (this.pod.service.model === 'async') this.pod.release();
    if (this.fails) {
      this.outcome = outcomes.failed;
      this.finish();
    } else {
      this.advance();
    }
  }

  /** A call was answered for good: retried as often as it may be, or replaced. */
  answered(edge: Edge, outcome: Outcome): void {
    if (outcome === outcomes.wrong) {
      this.stopped = true;
      if (edge.onWrong === 'fail') this.outcome = outcomes.failed;
    } else if (outcome !== outcomes.ok) {
      const fallback = edge.fallback === undefined ? undefined : this.engine.system.edges[edge.fallback];
      if (fallback !== undefined) {
        new Call(this, fallback, 0).begin();
        return;
      }
      if (edge.onError === 'fail') {
        this.stopped = true;
        this.outcome = outcomes.failed;
      }
    }
    this.pending -= 1;
    if (this.pending === 0) this.advance();
  }

  /** Innermost span that is open in it. */
  get parent(): { idHigh: number; idLow: number } {
    return this.open.at(-1) ?? this;
  }

  private advance(): void {
    const { steps } = this.operation;
    while (!this.stopped) {
      const step = steps[this.next];
      if (step === undefined) break;
      this.next += 1;
      if (this.isSkipped(step)) {
        if (step.do === 'open') this.next = step.end;
      } else if (step.do === 'work') {
        this.sliceUs = this.workUs * step.share * Math.exp(0.15 * normal(this.seed, 100 + this.next));
        this.sinceUs = this.engine.nowUs;
        if (this.pod.service.model === 'async') this.pod.acquire(this);
        else this.work();
        return;
      } else if (step.do === 'open') {
        const own = mix(this.seed, 200 + this.next);
        const { template } = step;
        this.open.push({
          template,
          startUs: this.engine.nowUs,
          idHigh: mix(own, 7),
          idLow: mix(own ^ this.request, 8),
        });
      } else if (step.do === 'close') {
        this.close(outcomes.ok);
      } else if (this.begin(step.edges)) {
        return;
      }
    }
    this.finish();
  }

  /** Missing where the answer is wrong, if that is how it shows. */
  private isSkipped(step: Step): boolean {
    if (this.wrong?.shows !== 'missing-child') return false;
    return (step.do === 'open' || step.do === 'call') && step.local;
  }

  private work(): void {
    const { engine, operation, pod } = this;
    const factor =
      engine.noise.factor(pod.index, engine.nowUs) *
      engine.faults.work(operation.service, operation.index, pod.number, engine.nowUs);
    this.sinceUs = engine.nowUs;
    engine.queue.add(engine.noise.end(pod.index, engine.nowUs, this.sliceUs * factor), this, 0);
  }

  /** @returns whether any call was made */
  private begin(edges: readonly number[]): boolean {
    const { engine, operation } = this;
    const calls: Call[] = [];
    for (const index of edges) {
      const edge = engine.system.edges[index];
      if (edge === undefined) continue;
      const key = 1000 + index * 4;
      if (unit(this.seed, key) >= edge.probability) continue;
      if (engine.faults.leavesOut(operation.service, index, engine.nowUs, unit(this.seed, key + 1))) continue;
      const isRemote = 'operation' in edge.target;
      const repeats = isRemote ? engine.faults.repeats(operation.service, engine.nowUs, unit(this.seed, key + 2)) : 0;
      calls.push(new Call(this, edge, repeats));
    }
    this.pending = calls.length;
    for (const call of calls) call.begin();
    return calls.length > 0;
  }

  private close(outcome: Outcome): void {
    const span = this.open.pop();
    if (span === undefined) return;
    const { idHigh: parentHigh, idLow: parentLow } = this.parent;
    this.engine.sink.add({
      request: this.request,
      template: span.template,
      pod: this.pod.index,
      idHigh: span.idHigh,
      idLow: span.idLow,
      parentHigh,
      parentLow,
      startUs: span.startUs,
      endUs: this.engine.nowUs,
      outcome,
      localUs: 0,
    });
  }

  private finish(): void {
    while (this.open.length > 0) this.close(this.outcome === outcomes.failed ? outcomes.failed : outcomes.ok);
    if (this.outcome === outcomes.ok && this.wrong?.shows === 'changed-answer') this.outcome = outcomes.wrong;
    this.pod.inside -= 1;
    if (this.pod.service.model === 'threads') this.pod.release();
    this.report();
  }

  private report(): void {
    this.endUs = this.engine.nowUs;
    this.engine.sink.add({
      request: this.request,
      template: this.operation.template,
      pod: this.pod.index,
      idHigh: this.idHigh,
      idLow: this.idLow,
      parentHigh: this.attempt?.idHigh ?? 0,
      parentLow: this.attempt?.idLow ?? 0,
      startUs: this.startUs,
      endUs: this.endUs,
      outcome: this.outcome,
      localUs: this.localUs,
    });
    this.attempt?.answered(this, this.wrong !== undefined && this.outcome !== outcomes.failed);
  }
}
