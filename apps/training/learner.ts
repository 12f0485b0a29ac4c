import { defaultModel } from '@plumbline/root-cause';
import {
  ByteBudget,
  emptyTable,
  FeedbackBook,
  feedbackVerdict,
  featureSchema,
  mergeTable,
  progressStepMs,
  type AnalysisProgress,
  type Bundle,
  type ClosedWindow,
  type FeedbackRecord,
  type Incident,
  type StatsTable,
  type WindowStats,
} from '@plumbline/wire';
import { bufferBytes } from '@plumbline/worker';
import { calibrate } from './calibrate';
import { calibrateConfidence, judgedClaims } from './confidence';
import type { LearnerConfig } from './config';
import { IncidentCalendar } from './incident-calendar';
import { Blocks } from './blocks';
import { condense, condenseSpread } from './profile';
import { TenantWindows } from './tenant-windows';
import { bundleVersion } from './version';
import { touchedServices, withoutServices } from './withhold';

/** What was learnt so far, beyond the last bundle. */
interface Learnt {
  fromMs: number;
  throughMs: number;
  windows: number;
  traces: number;
}

/**
 * Learns what is normal from window statistics: a fold over records that knows no clock, store or topic. Windows are learnt
 * when they are older than the holdback by what root cause has looked at, but for what an incident touched; before the first
 * bundle nothing is judged, so nothing is waited for. A bundle is all there is to its state: continued from one, it goes on as if it had never stopped.
 */
export class Learner {
  private readonly tenants = new Map<string, TenantWindows>();
  /** What windows that are open may take, of all tenants. */
  private readonly openWindows = new ByteBudget(bufferBytes(1 / 8));
  private readonly incidents: IncidentCalendar;
  /** What people said of incidents. */
  private readonly feedback = new FeedbackBook();
  /** Newest progress of root cause: known to be whole, and waiting for incidents that it names. */
  private readonly lookedThroughMs = new Map<string, number>();
  private readonly unconfirmed = new Map<string, AnalysisProgress>();
  private profile = emptyTable();
  private readonly blocks: Blocks;
  private learnt: Learnt = { fromMs: Infinity, throughMs: -Infinity, windows: 0, traces: 0 };
  private last: Bundle | undefined;
  private sequence: number;
  /** Windows that an incident covered, that came before all had settled, or that nobody looked at for too long. */
  excluded = 0;
  /** Windows of which an incident covered some services, and the others were learnt. */
  partial = 0;
  private settling = 0;

  /**
   * @param partitions how many partitions `traces-preprocessed` has
   * @param from the bundle to go on from
   * @param sequence number of bundles made so far, which may be more than `from` tells of after a roll-back
   */
  constructor(
    private readonly config: LearnerConfig,
    private partitions: number,
    from?: Bundle,
    sequence = 0,
  ) {
    this.incidents = new IncidentCalendar(config.incidentMaxMs);
    this.sequence = sequence;
    this.blocks = new Blocks(config.blockMs, from?.spread);
    if (from === undefined) return;
    this.last = from;
    this.learnt = { ...from.learnt };
    mergeTable(this.profile, from.profile);
    for (const [tenant, progress] of Object.entries(from.progress ?? {})) {
      this.tenants.set(tenant, new TenantWindows(partitions, this.openWindows, progress));
    }
  }

  /** The newest bundle. */
  get newest(): Bundle | undefined {
    return this.last;
  }

  /** `traces-preprocessed` grew, or was made anew with fewer partitions. */
  setPartitions(partitions: number): void {
    this.partitions = partitions;
    for (const windows of this.tenants.values()) windows.setPartitions(partitions);
  }

  /** An incident changed; windows that it covers are not learnt from. Returns bundles that waited for it. */
  observe(incident: Incident): Bundle[] {
    this.incidents.add(incident);
    const progress = this.unconfirmed.get(incident.tenant);
    return progress === undefined ? [] : this.observeProgress(progress);
  }

  /**
   * Somebody said something of an incident. It counts for windows that are learnt later than it was said, by event time: so it
   * does not matter when it was read.
   *
   * @throws when the record is no answer
   */
  observeFeedback(record: FeedbackRecord): void {
    this.feedback.add(record);
  }

  /** Root cause has looked further; returns the bundles that came due. It counts once the incidents that it names are known. */
  observeProgress(progress: AnalysisProgress): Bundle[] {
    const { tenant, throughMs, incidents } = progress;
    if (throughMs <= (this.lookedThroughMs.get(tenant) ?? -Infinity)) return [];
    if (!incidents.every(({ id, revision }) => this.incidents.knows(tenant, id, revision))) {
      this.unconfirmed.set(tenant, progress);
      return [];
    }
    this.unconfirmed.delete(tenant);
    this.lookedThroughMs.set(tenant, throughMs);
    return this.advance(tenant);
  }

  /** Folds a record in; returns the bundles that came due, window by window, however many windows the record closed. */
  add(message: WindowStats): Bundle[] {
    this.windowsOf(message.tenant).add(message);
    return this.advance(message.tenant);
  }

  /** How long the oldest window of any tenant has been old enough but for root cause, event time. */
  get waitingMs(): number {
    if (this.last === undefined) return 0;
    let waiting = 0;
    for (const { watermarkMs, oldestEndMs } of this.tenants.values()) {
      if (oldestEndMs !== undefined) waiting = Math.max(waiting, watermarkMs - this.config.holdbackMs - oldestEndMs);
    }
    return waiting;
  }

  private advance(tenant: string): Bundle[] {
    const windows = this.windowsOf(tenant);
    const { holdbackMs, maxWaitMs } = this.config;
    const bundles: Bundle[] = [];
    for (;;) {
      const looked = Math.min(windows.watermarkMs, this.lookedThroughMs.get(tenant) ?? -Infinity);
      const window = windows.take(this.last === undefined ? windows.watermarkMs : looked - holdbackMs);
      if (window !== undefined) {
        this.fold(tenant, window);
        if (this.isDue()) bundles.push(this.make(window));
      } else if (windows.waitingMs > holdbackMs + maxWaitMs) {
        // Memory is bounded: what nobody looked at for so long is never learnt.
        windows.take(Infinity);
        this.excluded += 1;
      } else return bundles;
    }
  }

  /** Statistics that came for windows already closed, since the start. */
  get late(): number {
    let late = 0;
    for (const windows of this.tenants.values()) late += windows.late;
    return late;
  }

  /** End of the last window of the tenant that the newest bundle has, or leaves out; −∞ before the first. */
  settledThroughMs(tenant: string): number {
    return this.last?.progress?.[tenant]?.throughMs ?? -Infinity;
  }

  private windowsOf(tenant: string): TenantWindows {
    let windows = this.tenants.get(tenant);
    if (windows === undefined)
      this.tenants.set(tenant, (windows = new TenantWindows(this.partitions, this.openWindows)));
    return windows;
  }

  private fold(tenant: string, { startMs, durationMs, stats }: ClosedWindow): void {
    let traces = tracesOf(stats);
    const settling = this.last === undefined && traces > 0 && this.settling < this.config.settleWindows;
    if (settling) this.settling += 1;
    const learntAtMs = startMs + durationMs + this.config.holdbackMs;
    const named = this.incidents.covering(tenant, startMs, durationMs, (id) => this.isRefuted(tenant, id, learntAtMs));
    if (settling || named === 'everything') {
      this.excluded += 1;
      return;
    }
    let learnt = stats;
    if (named.size > 0) {
      learnt = withoutServices(stats, touchedServices(stats, named));
      traces = tracesOf(learnt);
      if (learnt.operations.size === 0) {
        this.excluded += 1;
        return;
      }
      this.partial += 1;
    }
    mergeTable(this.profile, learnt);
    this.blocks.add(tenant, startMs, learnt);
    this.learnt.windows += 1;
    this.learnt.traces += traces;
    this.learnt.fromMs = Math.min(this.learnt.fromMs, startMs);
    this.learnt.throughMs = Math.max(this.learnt.throughMs, startMs + durationMs);
  }

  /** Whether people had said that the incident was none. */
  private isRefuted(tenant: string, id: string, byMs: number): boolean {
    const answers = this.feedback.about(tenant, id).filter(({ saidAtMs }) => saidAtMs <= byMs);
    return feedbackVerdict(answers)?.verdict === 'not-an-incident';
  }

  /** The model, with a calibration for each tenant whose people had answered enough. */
  private ranking(byMs: number): NonNullable<Bundle['ranking']> {
    const { tenants: _, calibration, ...model } = defaultModel;
    const said = [...this.feedback.all()].filter(({ saidAtMs }) => saidAtMs <= byMs);
    const tenants = [...new Set(said.map(({ tenant }) => tenant))].sort().flatMap((tenant) => {
      const answers = said.filter((answer) => answer.tenant === tenant);
      const learnt = calibrateConfidence(judgedClaims(answers, model.name));
      return learnt === undefined ? [] : [[tenant, learnt] as const];
    });
    return {
      ...model,
      calibration: calibration.map(([x, y]): [number, number] => [x, y]),
      ...(tenants.length === 0 ? {} : { tenants: Object.fromEntries(tenants) }),
    };
  }

  /** At first when enough was seen; then when it has doubled, or the interval has passed. */
  private isDue(): boolean {
    const { windows, traces, throughMs } = this.learnt;
    if (this.last === undefined) return windows >= this.config.minWindows && traces >= this.config.minTraces;
    const before = this.last.learnt;
    if (windows === before.windows) return false;
    return windows >= 2 * before.windows || throughMs - before.throughMs >= this.config.intervalMs;
  }

  /** @param window the last that was folded in */
  private make({ startMs, durationMs: windowMs }: ClosedWindow): Bundle {
    // Root cause tells of its progress by steps. By the step, not by when it was read: so a restart makes the same bundle.
    const foldedAtMs = startMs + windowMs + this.config.holdbackMs;
    const steppedMs = this.last === undefined ? -Infinity : Math.ceil(foldedAtMs / progressStepMs) * progressStepMs;
    const reachedMs = Math.max(this.watermarkMs(), steppedMs);
    const passedMs = this.last === undefined ? 0 : this.learnt.throughMs - this.last.learnt.throughMs;
    const thresholds = calibrate(this.profile, this.config);
    const memory = Math.pow(2, -passedMs / this.config.halfLifeMs);
    this.profile = condense(this.profile, memory, this.config);
    const spread = condenseSpread(this.blocks.finish(), this.profile, memory);
    this.blocks.replace(spread);
    this.sequence += 1;
    const bundle = {
      featureSchema,
      // On a window's boundary: watermarks of one partition and of four pass it by a little more or less.
      effectiveFromMs: (Math.floor(reachedMs / windowMs) + 1) * windowMs + this.config.activationMs,
      learnt: { ...this.learnt },
      thresholds,
      ranking: this.ranking(foldedAtMs),
      progress: this.progress(),
      profile: this.profile,
      spread,
    };
    this.last = { version: bundleVersion(this.sequence, bundle), ...bundle };
    // Learning goes on in a table of its own: a bundle never changes.
    this.profile = emptyTable();
    mergeTable(this.profile, bundle.profile);
    return this.last;
  }

  /** Greatest of the tenants': no trace of any was judged that is later. */
  private watermarkMs(): number {
    let greatest = -Infinity;
    for (const { watermarkMs } of this.tenants.values()) greatest = Math.max(greatest, watermarkMs);
    return greatest;
  }

  private progress(): NonNullable<Bundle['progress']> {
    const settled = [...this.tenants].filter(([, { throughMs }]) => Number.isFinite(throughMs));
    settled.sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(
      settled.map(([tenant, windows]) => {
        const { throughMs, positions } = windows.progress();
        return [tenant, { throughMs, positions: { ...positions } }];
      }),
    );
  }
}

function tracesOf({ entries }: StatsTable): number {
  let traces = 0;
  for (const entry of entries.values()) traces += entry.traces;
  return traces;
}
