import type { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Image } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeCredentials, type ScrapeTarget } from '../core/component';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { externalTarget } from './external-targets';
import { fastApiAlerts } from './fastapi-alerts';
import { fastApiDashboard } from './fastapi-dashboard';

/** Options of a {@link FastApiTarget}. */
export interface FastApiTargetProps extends Pick<ComponentProps, 'name' | 'team'> {
  /** Of an application outside, or the port of a Service: behind a headless one every pod is read. */
  readonly endpoint: Endpoint;
  /** @default '/metrics' */
  readonly path?: string;
  /** @default - everybody may read */
  readonly credentials?: ScrapeCredentials;
  /** Share of requests that fail above which somebody is told. @default 0.05 */
  readonly errorRate?: number;
  /** Time within which nineteen of twenty requests are to be answered. @default Duration.seconds(1) */
  readonly latency?: Duration;
  /** @default - as often as the store reads anything */
  readonly interval?: Duration;
  /** Labels of all of its series. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A FastAPI application with the library `prometheus-fastapi-instrumentator`: how many requests come, fail and take long, by their handler.
 * With several worker processes in a pod, `PROMETHEUS_MULTIPROC_DIR` has to name a folder that is empty at the start.
 */
export class FastApiTarget extends Component {
  readonly software: readonly Image[] = [];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];

  /** @throws {InvalidPropError} if the path has no slash before it, or credentials would be sent in plain text */
  constructor(scope: Construct, id: string, props: FastApiTargetProps) {
    super(scope, id, props);
    const { endpoint, path, credentials, errorRate, latency, interval, labels } = props;
    const target = { endpoint, ...defined({ path, credentials, interval, labels }) };
    this.scrapeTargets = [externalTarget(this.node.path, this.name, target)];
    this.alerts = fastApiAlerts(this.name, defined({ errorRate, latency }));
    this.dashboards = [fastApiDashboard(this.name)];
  }
}
