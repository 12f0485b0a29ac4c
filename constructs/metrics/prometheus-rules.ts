import { Construct } from 'constructs';
import { PrometheusRule, PrometheusRuleSpecGroupsRulesExpr as Expression } from '../../imports/monitoring.coreos.com';
import type { MetricSource } from '../core/alert';
import { DuplicateNameError } from '../core/errors';
import { Platform } from '../core/platform';
import { ruleGroups, runbookFolder, type IEvaluable, type IRuleEvaluator } from '../core/rule-groups';

/** Options of {@link PrometheusRules}. */
export interface PrometheusRulesProps {
  /**
   * Labels by which the operator's Prometheus chooses its rules, such as `release: kube-prometheus-stack`.
   *
   * @default - none: it takes every rule of the namespaces that it looks in
   */
  readonly labels?: Readonly<Record<string, string>>;
  /** What it reads beside components. @default - the kubelet, as a Prometheus that an operator runs usually does */
  readonly sources?: readonly MetricSource[];
  /** URL below which the runbooks are. @default - their folder in this repository */
  readonly runbookUrl?: string;
}

/**
 * Has the rules of components evaluated by a Prometheus that an operator runs, or by Mimir or Thanos beside it: a PrometheusRule for each
 * component, in its namespace. For teams that have the Prometheus operator; else there is {@link Prometheus}.
 */
export class PrometheusRules extends Construct implements IRuleEvaluator {
  private readonly given = new Set<string>();

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PrometheusRulesProps = {},
  ) {
    super(scope, id);
  }

  /**
   * @throws {DuplicateNameError} if a component is given twice, or two rules cannot be told apart
   * @throws {InvalidPropError} if a rule cannot be
   */
  evaluate(...components: readonly IEvaluable[]): void {
    for (const component of components) this.add(component);
  }

  private add(component: IEvaluable): void {
    const { runbookUrl = runbookFolder, sources = ['kubelet'], labels } = this.props;
    const { name, namespace } = component;
    const groups = ruleGroups(component, { runbookUrl, sources });
    if (groups.length === 0) return;
    const id = `${namespace}-${name}`;
    if (this.given.has(id)) throw new DuplicateNameError('rules of', `${namespace}/${name}`, this.node.path);
    this.given.add(id);
    new PrometheusRule(this, id, {
      metadata: { name, namespace, labels: { ...Platform.of(this).labels, ...labels } },
      spec: {
        groups: groups.map((group) => ({
          name: group.name,
          rules: group.rules.map(({ expr, ...rule }) => ({ ...rule, expr: Expression.fromString(expr) })),
        })),
      },
    });
  }
}
