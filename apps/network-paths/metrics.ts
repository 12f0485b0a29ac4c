import type { NetworkPathTarget } from '@plumbline/contracts';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { MonitorObserver, PathMonitor } from './monitor';
import type { FailureKind, Hop, RoundTrip } from './mtr/measurement';
import type { RouteChange } from './routes/route';
import type { TargetHistory } from './routes/target-history';

const targetLabels = ['target', 'region', 'site', 'provider', 'link'] as const;
type TargetLabel = (typeof targetLabels)[number];

/** How measurements end. */
const results = ['measured', 'unresolved', 'timeout', 'failed'] as const satisfies readonly (
  'measured' | FailureKind
)[];

/** Whether a path has been gone before. */
const newness = ['new', 'known'] as const;

/** What a gauge is of a target. */
type OfTarget = (history: TargetHistory) => number | undefined;
/** What a gauge is of a hop. */
type OfHop = (hop: Hop) => number | undefined;

const seconds = (ms: number | undefined) => (ms === undefined ? undefined : ms / 1000);
const ofEnd =
  (field: keyof RoundTrip): OfTarget =>
  ({ current }) =>
    current?.reached === true ? seconds(current.hops.at(-1)?.rtt?.[field]) : undefined;
const ofHop =
  (field: keyof RoundTrip): OfHop =>
  ({ rtt }) =>
    seconds(rtt?.[field]);

/**
 * What was measured, as series: of each target, and of each hop of the path that it has now. What was not measured, or no longer is, has
 * no series, so that no old value passes for a new one; and there are never more than targets times hops.
 */
export class NetworkPathMetrics implements MonitorObserver {
  private readonly runs: Counter<TargetLabel | 'result'>;
  private readonly changes: Counter<TargetLabel | 'to'>;
  private monitor: PathMonitor | undefined;

  constructor(private readonly registry: Registry) {
    const registers = [registry];
    this.runs = new Counter({
      name: 'plumbline_network_path_runs_total',
      help: 'Measurements of a path, by how they ended.',
      labelNames: [...targetLabels, 'result'],
      registers,
    });
    this.changes = new Counter({
      name: 'plumbline_network_path_changes_total',
      help: 'Times that packets began to go another way: one that was seen before, or a new one.',
      labelNames: [...targetLabels, 'to'],
      registers,
    });
    this.ofTargets('path_reached', 'Whether the target answered.', ({ current }) => current && Number(current.reached));
    this.ofTargets('path_hops', 'Hops to the target, itself the last.', ({ current }) =>
      current?.reached === true ? current.hops.length : undefined,
    );
    this.ofTargets(
      'path_loss_ratio',
      'Share of packets to the target that were not answered.',
      ({ current }) => current && (current.reached ? current.hops.at(-1)?.loss : 1),
    );
    this.ofTargets('path_rtt_seconds', 'Round trip to the target, mean of a measurement.', ofEnd('mean'));
    this.ofTargets('path_rtt_best_seconds', 'Shortest round trip to the target.', ofEnd('best'));
    this.ofTargets('path_rtt_worst_seconds', 'Longest round trip to the target.', ofEnd('worst'));
    this.ofTargets('path_jitter_seconds', 'Standard deviation of round trips to the target.', ofEnd('deviation'));
    this.ofTargets('path_id', 'Number of the way that packets go, the same whenever they go it.', ({ route }) =>
      // 48 bits, which a float holds.
      route === undefined ? undefined : Number.parseInt(route.id, 16),
    );
    this.ofTargets(
      'path_last_run_timestamp_seconds',
      'When the path was last measured; before it ever was, when the process started.',
      ({ last }) => seconds(last?.atMs ?? this.monitor?.startedAtMs),
    );
    this.ofHops('hop_loss_ratio', 'Share of packets to a hop that were not answered.', ({ loss }) => loss);
    this.ofHops('hop_rtt_seconds', 'Round trip to a hop, mean of a measurement.', ofHop('mean'));
    this.ofHops('hop_rtt_best_seconds', 'Shortest round trip to a hop.', ofHop('best'));
    this.ofHops('hop_rtt_worst_seconds', 'Longest round trip to a hop.', ofHop('worst'));
    this.ofHops('hop_jitter_seconds', 'Standard deviation of round trips to a hop.', ofHop('deviation'));
    this.addresses();
  }

  /** Has its histories read whenever somebody asks for the metrics. Counters are there from the start, so that a first count is seen. */
  read(monitor: PathMonitor): void {
    this.monitor = monitor;
    for (const { target } of monitor.histories) {
      for (const result of results) this.runs.inc({ ...labelsOf(target), result }, 0);
      for (const to of newness) this.changes.inc({ ...labelsOf(target), to }, 0);
    }
  }

  ran(target: NetworkPathTarget, result: 'measured' | FailureKind): void {
    this.runs.inc({ ...labelsOf(target), result });
  }

  changed(target: NetworkPathTarget, { isNew }: RouteChange): void {
    this.changes.inc({ ...labelsOf(target), to: isNew ? 'new' : 'known' });
  }

  private ofTargets(name: string, help: string, value: OfTarget): void {
    this.gauge(name, help, [], (set) => {
      for (const history of this.histories) set(history.target, {}, value(history));
    });
  }

  private ofHops(name: string, help: string, value: OfHop): void {
    this.gauge(name, help, ['hop'], (set) => {
      for (const { target, current } of this.histories)
        for (const hop of current?.hops ?? []) set(target, { hop: String(hop.number) }, value(hop));
    });
  }

  private addresses(): void {
    this.gauge('hop_info', 'Address that answers at a hop; 1.', ['hop', 'address'], (set) => {
      for (const { target, current } of this.histories)
        for (const { number, host } of current?.hops ?? [])
          if (host !== undefined) set(target, { hop: String(number), address: host }, 1);
    });
  }

  private gauge<L extends string>(
    name: string,
    help: string,
    labelNames: readonly L[],
    fill: (set: (target: NetworkPathTarget, labels: Record<L, string>, value: number | undefined) => void) => void,
  ): void {
    new Gauge({
      name: `plumbline_network_${name}`,
      help,
      labelNames: [...targetLabels, ...labelNames],
      registers: [this.registry],
      collect() {
        this.reset();
        fill((target, labels, value) => {
          if (value !== undefined) this.set({ ...labelsOf(target), ...labels }, value);
        });
      },
    });
  }

  private get histories(): readonly TargetHistory[] {
    return this.monitor?.histories ?? [];
  }
}

/** Of every series; what is not said is no label. */
function labelsOf({
  name: target,
  region,
  site,
  provider,
  link,
}: NetworkPathTarget): Partial<Record<TargetLabel, string>> {
  return {
    target,
    ...(region !== undefined && { region }),
    ...(site !== undefined && { site }),
    ...(provider !== undefined && { provider }),
    ...(link !== undefined && { link }),
  };
}
