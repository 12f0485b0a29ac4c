import type { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Image } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeCredentials, type ScrapeTarget } from '../core/component';
import type { Dashboard } from '../core/dashboard';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { externalTarget } from './external-targets';
import { jenkinsAlerts } from './jenkins-alerts';
import { jenkinsDashboard } from './jenkins-dashboard';

/** Options of a {@link JenkinsTarget}. */
export interface JenkinsTargetProps extends Pick<ComponentProps, 'name' | 'team'> {
  /** `Endpoint.external('jenkins.example.org', 443, { scheme: 'https' })`. */
  readonly endpoint: Endpoint;
  /**
   * Where the plugin answers. Without the slash at its end Jenkins points elsewhere, where credentials are not sent. Below a prefix:
   * `/jenkins/prometheus/`.
   *
   * @default '/prometheus/'
   */
  readonly path?: string;
  /** A user with `Metrics/View` and an API token of his, where the plugin asks for one. @default - everybody may read */
  readonly credentials?: ScrapeCredentials;
  /** What the plugin puts before its own series: `PROMETHEUS_NAMESPACE`. @default 'default' */
  readonly metricsNamespace?: string;
  /** @default - as often as the store reads anything; the plugin itself counts builds anew every two minutes */
  readonly interval?: Duration;
  /** Labels of all of its series. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * A Jenkins of somebody else, by its plugin `prometheus`: how long builds wait, which fail, and which agents are away. There is no exporter
 * and no pod; whoever runs the Jenkins installs the plugin.
 */
export class JenkinsTarget extends Component {
  readonly software: readonly Image[] = [];
  readonly scrapeTargets: readonly ScrapeTarget[];
  override readonly alerts: readonly Alert[];
  override readonly dashboards: readonly Dashboard[];

  /** @throws {InvalidPropError} if the path has no slash before it, or credentials would be sent in plain text */
  constructor(scope: Construct, id: string, props: JenkinsTargetProps) {
    super(scope, id, props);
    const { endpoint, path = '/prometheus/', credentials, metricsNamespace = 'default', interval, labels } = props;
    const target = { endpoint, path, ...defined({ credentials, interval, labels }) };
    this.scrapeTargets = [externalTarget(this.node.path, this.name, target)];
    this.alerts = jenkinsAlerts(this.name, metricsNamespace);
    this.dashboards = [jenkinsDashboard(this.name, metricsNamespace)];
  }
}
