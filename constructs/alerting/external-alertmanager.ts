import { Construct } from 'constructs';
import type { IAlertingSink } from '../core/alerting';
import type { DataSource } from '../core/data-source';
import type { Endpoint } from '../core/endpoint';
import type { EndpointPath } from '../core/stores';

/** Options of {@link Alertmanager.fromExternal}. */
export interface ExternalAlertmanagerProps {
  /** `Endpoint.external(host, 9093, { scheme: 'http' })`. */
  readonly endpoint: Endpoint;
  /** What stands before `/api/v2`, such as `/alertmanager` of Mimir. @default - nothing */
  readonly path?: string;
}

/** An Alertmanager that is not ours: whoever runs it says who is told. */
export class ExternalAlertmanager extends Construct implements IAlertingSink {
  readonly alertmanagers: EndpointPath;
  readonly dataSource: DataSource;

  constructor(scope: Construct, id: string, { endpoint, path = '' }: ExternalAlertmanagerProps) {
    super(scope, id);
    this.alertmanagers = { endpoint, path };
    this.dataSource = alertmanagerDataSource(this.alertmanagers);
  }
}

/** Alerts and silences in Grafana. */
export function alertmanagerDataSource(api: EndpointPath): DataSource {
  return {
    name: 'Alertmanager',
    uid: 'alertmanager',
    type: 'alertmanager',
    api,
    settings: () => ({ implementation: 'prometheus', handleGrafanaManagedAlerts: false }),
  };
}
