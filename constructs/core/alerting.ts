import type { IDataSourceProvider } from './data-source';
import type { EndpointPath } from './stores';

/** Tells people of alerts that fire, as Alertmanager does. */
export interface IAlertingSink extends IDataSourceProvider {
  /**
   * What `/api/v2/alerts` is appended to. Where there are several replicas, its name resolves to each of them: every one is told, and they
   * agree among themselves who tells people.
   */
  readonly alertmanagers: EndpointPath;
}

/** Sends alerts that fire to who tells people: Prometheus, Loki. */
export interface INotifier {
  notify(...sinks: readonly IAlertingSink[]): void;
}
