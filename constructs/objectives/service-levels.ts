import type { Construct } from 'constructs';
import type { RecordingRule } from '../core/alert';
import { Component, componentsIn, type ComponentProps } from '../core/component';
import { DuplicateNameError } from '../core/errors';
import type { Slo } from '../core/slo';
import { serviceLevelAlerts } from './service-level-alerts';
import { budgetSpent, budgetSpentExpr, promised } from './service-level-queries';
import { serviceLevelsDashboard } from './service-levels-dashboard';

/**
 * The objectives of every component of an app, together: how much of what may go wrong over thirty days is left of each, as a dashboard and an
 * alert. It runs nothing; a store evaluates it. Made when the components are there, before `collect`.
 */
export class ServiceLevels extends Component {
  readonly software = [];
  /** It has no pods. */
  readonly scrapeTargets = [];
  override readonly alerts = serviceLevelAlerts;
  override readonly recordingRules: readonly RecordingRule[];
  override readonly dashboards = [serviceLevelsDashboard];
  /** What is promised, in the order of the components that do. */
  readonly promises: readonly Slo[];

  /** @throws {DuplicateNameError} if two components promise under one name, so that neither could be told from the other */
  constructor(scope: Construct, id: string, props: ComponentProps = {}) {
    super(scope, id, props);
    this.promises = componentsIn(this.node.root).flatMap(({ slos }) => slos);
    const names = this.promises.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new DuplicateNameError('objective', twice, this.node.path);
    this.recordingRules = [
      ...this.promises.map(({ name, budget }) => ({
        record: promised,
        expr: `vector(${Number((1 - budget).toPrecision(6))})`,
        labels: { slo: name },
      })),
      { record: budgetSpent, expr: budgetSpentExpr },
    ];
  }
}
