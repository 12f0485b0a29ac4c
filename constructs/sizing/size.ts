import type { ComponentSize, SizedSignal } from './component-size';
import { completeLoad, type CompleteLoad, type Load } from './load';
import { loki } from './logs';
import { alertmanager, mimir, prometheus } from './metrics';
import { checkPrices, monthlyPrice, roundPrices, type Prices } from './price';
import { dashboards, objectStore } from './shared';
import { aggregator, broker, ingestor, tempo, workers } from './traces';

/** What {@link sizeOf} depends on beside the load. */
export interface SizingOptions {
  /** @default roundPrices */
  readonly prices?: Prices;
  /** Whether objects are in a store of somebody else's, which is paid by what is in it. @default false */
  readonly objectsElsewhere?: boolean;
}

/** A component, and what it costs in a month. */
export interface PricedComponent extends ComponentSize {
  readonly monthlyPrice: number;
}

/** Of all replicas of all components. */
export interface Total {
  readonly cores: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** What is in the object store when it is as full as it becomes. */
  readonly objectBytes: number;
  readonly monthlyPrice: number;
}

/** Everything that a load needs. */
export interface Sizing {
  readonly load: CompleteLoad;
  readonly prices: Prices;
  readonly components: readonly PricedComponent[];
  readonly total: Total;
  /** What each signal costs in a month; of what serves all of them, each has the share that it has of the rest. */
  readonly monthlyPriceOf: Readonly<Record<Exclude<SizedSignal, 'all'>, number>>;
}

/**
 * How large everything has to be for a load: what it needs at the busiest, with room for bursts.
 *
 * @throws {SizingError} for a load or a price that nothing can be computed from
 */
export function sizeOf(load: Load, { prices = roundPrices, objectsElsewhere = false }: SizingOptions = {}): Sizing {
  const complete = completeLoad(load);
  checkPrices(prices);
  const sized = componentsOf(complete, objectsElsewhere);
  const components = sized.map((size) => ({ ...size, monthlyPrice: monthlyPrice(size, prices, objectsElsewhere) }));
  const sum = (value: (component: PricedComponent) => number) =>
    components.reduce((total, component) => total + value(component), 0);
  const total: Total = {
    cores: sum(({ replicas, cores }) => replicas * cores),
    memoryBytes: sum(({ replicas, memoryBytes }) => replicas * memoryBytes),
    diskBytes: sum(({ replicas, diskBytes }) => replicas * diskBytes),
    objectBytes: sum(({ objectBytes }) => objectBytes),
    monthlyPrice: sum((component) => component.monthlyPrice),
  };
  return { load: complete, prices, components, total, monthlyPriceOf: bySignal(components) };
}

function componentsOf(load: CompleteLoad, objectsElsewhere: boolean): readonly ComponentSize[] {
  const hasTraces = load.spansPerSecond > 0;
  const hasLogs = load.logBytesPerDay > 0;
  const keeping = [
    ...(hasTraces || hasLogs ? [ingestor(load), aggregator(load)] : []),
    ...(hasTraces ? [broker(load), ...workers(load), tempo(load)] : []),
    ...(load.samplesPerSecond > 0 ? [prometheus(load), ...mimir(load)] : []),
    ...(hasLogs ? [loki(load)] : []),
  ];
  return [
    ...keeping,
    ...(objectsElsewhere || !keeping.some(({ objectBytes }) => objectBytes > 0) ? [] : [objectStore(load, keeping)]),
    alertmanager(load),
    ...dashboards(load),
  ];
}

/** The object store is paid by whose bytes are in it, what else serves all of them by what each signal costs by itself. */
function bySignal(components: readonly PricedComponent[]): Sizing['monthlyPriceOf'] {
  const sumOf = (value: (component: PricedComponent) => number, of?: SizedSignal) =>
    components.filter(({ signal }) => of === undefined || signal === of).reduce((sum, each) => sum + value(each), 0);
  const store = components.find(({ name }) => name === 'objects')?.monthlyPrice ?? 0;
  const shared = sumOf(({ monthlyPrice: price }) => price, 'all') - store;
  const kept = sumOf(({ objectBytes }) => objectBytes);
  const own = (of: SizedSignal) =>
    sumOf(({ monthlyPrice: price }) => price, of) +
    (kept === 0 ? 0 : (store * sumOf(({ objectBytes }) => objectBytes, of)) / kept);
  const [traces, metrics, logs] = [own('traces'), own('metrics'), own('logs')];
  const factor = traces + metrics + logs === 0 ? 1 : 1 + shared / (traces + metrics + logs);
  return { traces: traces * factor, metrics: metrics * factor, logs: logs * factor };
}
