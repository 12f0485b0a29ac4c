import { detectionConfig } from '@plumbline/anomaly-detection';
import { learnerConfig } from '@plumbline/training';
import { seededRandom } from '@plumbline/worker/random';
import type { Settings } from '../preset';
import { needs } from '../replay/learning';
import { RecordingError } from '../replay/recording';
import { readRecordings, type PlacedRequest } from '../replay/recordings';
import { replayRequests } from '../replay/replay';
import { cutUp, pieceMs, PieceStream, type Piece } from './minutes';
import { perturb, type FaultKind, type Propagation } from './perturb';
import { propagationOf } from './propagation';
import { gatherTraces } from './recorded-traces';
import { smallestFound, trialsOf } from './smallest';
import { faultOf, isCulprit, isOfShares, targetsOf, type Size, type Target } from './targets';
import { IncidentWatch, marginMs, type ProbeOutcome } from './verdicts';

export interface CheckOptions {
  readonly settings?: Settings;
  /** Sizes of what is slow, smallest first. */
  readonly slowdowns: readonly Size[];
  /** Shares of traces in which something fails or is left out, smallest first. */
  readonly shares: readonly Size[];
  /** @default - all services */
  readonly services?: readonly string[];
  /** @default - all kinds */
  readonly kinds?: readonly FaultKind[];
  /** Of the draws of traces that are affected. @default 1 */
  readonly seed?: number;
  readonly onProgress?: (progress: CheckProgress) => void;
  readonly onTarget?: (report: TargetReport) => void;
  readonly signal?: AbortSignal;
}

export interface CheckProgress {
  readonly done: number;
  /** Probes, about; more where a size is not found again. */
  readonly probes: number;
  /** The target that is being tried. */
  readonly trying: Target;
  /** Wall-clock time that a probe takes, as far as is known. */
  readonly pace?: { readonly msPerProbe: number };
}

/** One fault at one size. */
export interface Probe extends ProbeOutcome {
  readonly size: Size;
  /** Found within a minute, and a culprit named first. */
  readonly right: boolean;
}

export interface TargetReport {
  readonly target: Target;
  readonly probes: readonly Probe[];
  /** Smallest size found within a minute. */
  readonly found?: Size;
  /** Smallest size found within a minute and named right, each time of two. */
  readonly named?: Size;
}

/** What {@link check} found out, and on how much. */
export interface CheckReport {
  readonly targets: readonly TargetReport[];
  readonly quiet: {
    /** Unperturbed time that was judged, minutes; what comes again counts again. */
    readonly minutes: number;
    readonly falseAlarms: number;
    readonly falseAlarmsPerDay: number;
  };
  /** Traffic learnt from, and that was then judged again and again. */
  readonly learnt: { readonly minutes: number; readonly traces: number };
  readonly judged: { readonly minutes: number; readonly traces: number };
  readonly interrupted: boolean;
}

/** Pieces a fault lasts: longer than the minute in which it has to be found, as faults are. */
const faultPieces = 3;
/** Fewest pieces without a fault between two, and most while an incident stays open. */
const calmPieces = { least: 4, most: 24 };
/** Fewest pieces that are kept apart to be judged. */
const judgedPieces = 4;
/** Where the stream begins: a whole minute, so that windows begin where pieces do. */
const beginMs = 1_780_000_020_000;
/** Longer than any check: the profile stays as learnt at first. */
const neverSeconds = 10 * 365 * 86_400;

/**
 * Tells what would be seen in the traffic of a recording that has no fault in it. The first part of it is learnt from; the rest is judged
 * as it is, and then with one fault after another put into it, each at sizes that close in on the smallest that is found. What came
 * before stays normal: nothing is learnt later. All of it is one stream of event time through the pipeline as it runs.
 *
 * @throws {RecordingError} when the recording cannot be read, is too short, or has none of a service that is asked for
 */
export async function check(paths: readonly string[], options: CheckOptions): Promise<CheckReport> {
  const traces = await gatherTraces(readRecordings(paths));
  const pieces = cutUp(traces);
  const settings = options.settings ?? {};
  const learn = learnPieces(pieces, settings);
  const run = new Run(pieces.slice(0, learn), pieces.slice(learn), propagationOf(traces), options);
  const result = await replayRequests((partitions) => run.requests(partitions), {
    settings: { ...settings, ...frozen(pieces.slice(0, learn), settings) },
    onIncident: (incident) => run.watch.add(incident),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  return run.report(result.learning.effectiveFromMs, result.interrupted);
}

/** Half of the recording, or what it takes to learn. */
function learnPieces(pieces: readonly Piece[], settings: Settings): number {
  const { neededSeconds, neededTraces } = needs(settings);
  let least = Math.ceil((neededSeconds * 1000) / pieceMs);
  for (let traces = count(pieces.slice(0, least)); traces < neededTraces && least < pieces.length; least += 1) {
    traces += pieces[least]?.length ?? 0;
  }
  const learn = Math.max(least, Math.floor(pieces.length / 2));
  if (count(pieces.slice(0, least)) >= neededTraces && pieces.length - learn >= judgedPieces) return learn;
  const seconds = (n: number) => (n * pieceMs) / 1000;
  throw new RecordingError(
    `too short for a check: ${count(pieces)} traces in ${seconds(pieces.length)} s; needed are ${neededTraces} traces in ` +
      `${seconds(Math.ceil((neededSeconds * 1000) / pieceMs))} s or more to learn from, and ${seconds(judgedPieces)} s beyond to judge`,
  );
}

function count(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** One profile, of all that is there to learn from. */
function frozen(pieces: readonly Piece[], settings: Settings): Settings {
  const { windowMs } = detectionConfig(settings);
  const starts = new Set<number>();
  pieces.forEach((piece, index) => {
    for (const { offsetNs } of piece)
      starts.add(Math.floor((index * pieceMs + Number(offsetNs / 1_000_000n)) / windowMs));
  });
  const windows = starts.size - learnerConfig(settings).settleWindows - 1;
  return { LEARN_MIN_WINDOWS: String(Math.max(1, windows)), LEARN_HOLDBACK_SECONDS: String(neverSeconds) };
}

/** The stream of one check, and what is made of what is found in it. */
class Run {
  readonly watch = new IncidentWatch();
  private readonly reports: TargetReport[] = [];
  private readonly faults: { fromMs: number; toMs: number }[] = [];
  private readonly targets: readonly Target[];
  private next = 0;
  private done = 0;
  /** Measured, and only ever told. */
  private paceMs: number | undefined;
  private stream = new PieceStream(0, 1);
  private readonly windowMs: number;

  constructor(
    private readonly learnt: readonly Piece[],
    private readonly judged: readonly Piece[],
    private readonly propagation: Propagation,
    private readonly options: CheckOptions,
  ) {
    const { services, kinds, settings = {} } = options;
    this.windowMs = detectionConfig(settings).windowMs;
    const all = targetsOf(judged.flatMap((piece) => piece.map(({ trace }) => trace)));
    const known = new Set(all.flatMap(({ culprits }) => culprits));
    const stranger = services?.find((service) => !known.has(service));
    if (stranger !== undefined) {
      throw new RecordingError(
        `no service ${JSON.stringify(stranger)} in the recording; there are ${[...known].sort().join(', ')}`,
      );
    }
    this.targets = all.filter(
      ({ kind, culprits }) =>
        (kinds === undefined || kinds.includes(kind)) &&
        (services === undefined || culprits.some((culprit) => services.includes(culprit))),
    );
  }

  *requests(partitions: number): Generator<PlacedRequest> {
    this.stream = new PieceStream(beginMs, partitions);
    for (const piece of this.learnt) yield* this.stream.add(piece);
    for (const piece of this.judged) yield* this.stream.add(piece);
    yield* this.calm();
    const startedAt = Date.now();
    for (const target of this.targets) {
      yield* this.search(target);
      this.paceMs = (Date.now() - startedAt) / Math.max(1, this.faults.length);
    }
    yield* this.stream.finish();
  }

  report(effectiveFromMs: number | undefined, interrupted: boolean): CheckReport {
    const falseAlarms = this.watch.openedAtMs.filter(
      (ms) => !this.faults.some(({ fromMs, toMs }) => ms > fromMs && ms <= toMs),
    );
    const faultMs = this.faults.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const quietMs = Math.max(0, this.stream.nowMs - (effectiveFromMs ?? this.stream.nowMs) - faultMs);
    return {
      targets: this.reports,
      quiet: {
        minutes: quietMs / 60_000,
        falseAlarms: falseAlarms.length,
        falseAlarmsPerDay: quietMs === 0 ? 0 : (falseAlarms.length * 86_400_000) / quietMs,
      },
      learnt: sizeOf(this.learnt),
      judged: sizeOf(this.judged),
      interrupted,
    };
  }

  /** Pieces without a fault, until what was open is resolved. */
  private *calm(): Generator<PlacedRequest> {
    for (let n = 0; n < calmPieces.most && (n < calmPieces.least || this.watch.anyOpen); n += 1) {
      yield* this.stream.add(this.takePiece());
    }
  }

  private takePiece(): Piece {
    const piece = this.judged[this.next % this.judged.length] ?? [];
    this.next += 1;
    return piece;
  }

  /** Tries sizes of a target until the smallest is known that is found and named right. */
  private *search(target: Target): Generator<PlacedRequest> {
    const sizes = this.sizesOf(target);
    const probes: Probe[] = [];
    const find = function* (this: Run, index: number): Generator<PlacedRequest, boolean> {
      const size = sizes[index];
      if (size === undefined) return false;
      this.tell(target);
      const probe = yield* this.probe(target, size);
      probes.push(probe);
      return probe.right;
    };
    const smallest = yield* smallestFound(sizes.length, find.bind(this));
    this.done += 1;
    const indexOf = ({ size }: Probe) => sizes.indexOf(size);
    probes.sort((a, b) => indexOf(a) - indexOf(b));
    const found = probes.find(({ afterMs }) => afterMs !== undefined)?.size;
    const named = sizes[smallest];
    const report = { target, probes, ...(found && { found }), ...(named && { named }) };
    this.reports.push(report);
    this.options.onTarget?.(report);
  }

  private *probe(target: Target, size: Size): Generator<PlacedRequest, Probe> {
    const fault = faultOf(target, size);
    const share = 'share' in size ? size.share : 1;
    const random = seededRandom((this.options.seed ?? 1) * 1_000_003 + this.faults.length);
    // Faults do not wait for a window to begin.
    const injectedMs = this.stream.nowMs + Math.floor(random() * this.windowMs);
    for (let n = 0; n < faultPieces; n += 1) {
      yield* this.stream.add(this.takePiece(), ({ spans }, startMs) =>
        startMs >= injectedMs && random() < share ? perturb(spans, fault, random, this.propagation) : undefined,
      );
    }
    this.faults.push({ fromMs: injectedMs, toMs: this.stream.nowMs + marginMs });
    yield* this.calm();
    const outcome = this.watch.outcome(injectedMs);
    const [first] = outcome.ranking;
    const right = outcome.afterMs !== undefined && first !== undefined && isCulprit(first, target);
    return { size, right, ...outcome };
  }

  private sizesOf({ kind }: Target): readonly Size[] {
    return isOfShares(kind) ? this.options.shares : this.options.slowdowns;
  }

  private tell(trying: Target): void {
    const probesOf = (targets: readonly Target[]) =>
      targets.reduce((sum, target) => sum + trialsOf(this.sizesOf(target).length), 0);
    this.options.onProgress?.({
      done: this.faults.length,
      probes: this.faults.length + probesOf(this.targets.slice(this.done)),
      ...(this.paceMs === undefined ? {} : { pace: { msPerProbe: this.paceMs } }),
      trying,
    });
  }
}

function sizeOf(pieces: readonly Piece[]): { minutes: number; traces: number } {
  return { minutes: (pieces.length * pieceMs) / 60_000, traces: count(pieces) };
}
