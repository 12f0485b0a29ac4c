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

/** Something that Grafana can show. */
export interface IDataSourceProvider {
  readonly dataSource: DataSource;
}
