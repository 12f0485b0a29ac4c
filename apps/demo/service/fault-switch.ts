import { repeatedCall, skippedCall, type ActiveFault, type FaultName, type FaultParameters } from '../faults';
import { logNormal, uniform, type Random } from '../prng';
import type { ServiceName } from '../topology';

/** Something that goes on in the background while a fault is on. */
export interface FaultActivity {
  start(parameters: FaultParameters): void;
  stop(): void;
}

/** The fault that is on in this process, if any, and what it means to the code that asks. */
export class FaultSwitch {
  private current: ActiveFault | undefined;
  private readonly activities = new Map<FaultName, FaultActivity>();
  private slowAgainAt = 0;

  constructor(
    private readonly service: ServiceName,
    private readonly random: Random,
  ) {}

  /** The fault that is on. */
  get active(): ActiveFault | undefined {
    return this.current;
  }

  /** Registers what runs in the background while a fault is on. */
  whileOn(fault: FaultName, activity: FaultActivity): void {
    this.activities.set(fault, activity);
  }

  /** Switches a fault on in place of the one before. */
  turnOn(fault: ActiveFault): void {
    this.turnOff();
    this.current = fault;
    this.activities.get(fault.name)?.start(fault.parameters);
  }

  /** Switches off whatever is on. */
  turnOff(): void {
    if (this.current !== undefined) this.activities.get(this.current.name)?.stop();
    this.current = undefined;
  }

  /** How long a request is made to wait before its answer. */
  handlingDelayMs(): number {
    const delayMs = this.parameter('slow-dependency', 'delayMs');
    return delayMs === undefined ? 0 : logNormal(this.random, delayMs, 0.1);
  }

  /** Whether this request is one of those that fail. */
  failsRequest(): boolean {
    return this.random() < (this.parameter('errors', 'share') ?? 0);
  }

  /** How often a call to another service is made. */
  attempts(callee: ServiceName): number {
    return repeatedCall[this.service] === callee ? (this.parameter('retry-storm', 'attempts') ?? 1) : 1;
  }

  /** Whether a call to another service is left out this time. */
  skips(callee: ServiceName): boolean {
    if (skippedCall[this.service] !== callee) return false;
    const share = this.parameter('missing-call', 'share');
    return share !== undefined && this.random() < share;
  }

  /**
   * How long the next read of the database is made to take.
   *
   * A database is one backend, so slow reads are kept to two thirds of its time: its queue grows long but not without end.
   *
   * @param nowMs a monotonic clock
   */
  queryDelayMs(nowMs: number): number {
    const queryMs = this.parameter('slow-query', 'queryMs');
    if (queryMs === undefined || nowMs < this.slowAgainAt) return 0;
    const delayMs = uniform(this.random, 0.8 * queryMs, 1.2 * queryMs);
    this.slowAgainAt = nowMs + 1.5 * delayMs;
    return delayMs;
  }

  private parameter(fault: FaultName, name: string): number | undefined {
    return this.current?.name === fault ? this.current.parameters[name] : undefined;
  }
}
