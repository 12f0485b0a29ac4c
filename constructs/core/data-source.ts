import type { EndpointPath } from './stores';

/** A store as Grafana shows it: a value that the store carries, so that Grafana knows no product. */
export interface DataSource {
  /** As people see it. */
  readonly name: string;
  /** As dashboards and links name it. */
  readonly uid: string;
  /** Grafana's name of the kind: `tempo`. */
  readonly type: string;
  readonly api: EndpointPath;
  /**
   * Settings of the kind, `jsonData`.
   *
   * @param all every source of the Grafana, for links between them
   */
  settings(all: readonly DataSource[]): Readonly<Record<string, unknown>>;
}

/** What a store is asked for. */
export type SignalKind = 'metrics' | 'logs' | 'traces';

/**
 * The store of each signal, as Grafana names it: what our data sources are called, and what dashboards ask unless somebody chooses another of
 * the kind. Links in messages name the uid of traces.
 */
export const signalSources = {
  metrics: { name: 'Prometheus', uid: 'prometheus', type: 'prometheus' },
  logs: { name: 'Loki', uid: 'loki', type: 'loki' },
  traces: { name: 'Tempo', uid: 'tempo', type: 'tempo' },
} as const satisfies Record<SignalKind, Pick<DataSource, 'name' | 'uid' | 'type'>>;

/** Something that Grafana can show. */
export interface IDataSourceProvider {
  readonly dataSource: DataSource;
}
