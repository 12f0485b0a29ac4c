import type { Alert } from '../core/alert';
import type { IAlertingSink } from '../core/alerting';
import { defined } from '../core/defined';
import { DuplicateNameError } from '../core/errors';
import { RuleFiles } from '../core/rule-files';
import {
  ruleGroups,
  runbookFolder,
  type IEvaluable,
  type IRuler,
  type RenderedRule,
  type RuleGroup,
} from '../core/rule-groups';
import type { Workload } from '../core/workload';
import { mimirRulerAlerts } from './mimir-alerts';
import type { ConnectedSink } from './prometheus-config';

/** What a {@link MimirRuler} depends on. */
export interface MimirRulerProps {
  /** Scrape job of the Mimir. */
  readonly job: string;
  /** Whose series rules ask for, and whose theirs are. */
  readonly tenant: string;
  /** Where it is: labels of what it records and of its alerts, unless they say themselves where they are from. */
  readonly origin: Readonly<Record<string, string>>;
  /** URL below which the runbooks are, of rules that it is given by nobody who reads metrics. @default - their folder in this repository */
  readonly runbookUrl?: string;
}

/** What of a {@link MimirRuler} is in the configuration of Mimir. */
export interface MimirRules {
  /** Folder that has one of each tenant's rules. */
  readonly folder: string;
  /** Rules of the largest group. */
  readonly rules: number;
  readonly groups: number;
  /** @default - nobody is told: alerts are seen in Grafana */
  readonly alertmanager?: ConnectedSink;
}

const ruleFolder = '/etc/mimir-rules';

/**
 * The part of Mimir that evaluates rules over all that it has, each group at one member, and writes what they record back. It is given them by
 * the Prometheus that reads metrics for it, or where there is none by `app.collect({ metrics: mimir })`.
 */
export class MimirRuler implements IRuler {
  readonly rulerAlerts: readonly Alert[];
  private readonly files: RuleFiles;
  private readonly counts: number[] = [];
  private alertmanager: ConnectedSink | undefined;

  constructor(
    private readonly server: Workload,
    private readonly props: MimirRulerProps,
  ) {
    this.rulerAlerts = mimirRulerAlerts(props.job);
    this.files = new RuleFiles(server, { folder: `${ruleFolder}/${props.tenant}`, what: 'rules of' });
  }

  /**
   * Evaluates the alerts, recording rules and objectives of components. Those that need metrics of a kubelet are left out: nobody is known
   * to write any.
   *
   * @throws {DuplicateNameError} if two components have one name, or two rules cannot be told apart
   * @throws {InvalidPropError} if a rule cannot be
   */
  evaluate(...components: readonly IEvaluable[]): void {
    const { runbookUrl = runbookFolder } = this.props;
    for (const component of components)
      this.evaluateGroups(component.name, ruleGroups(component, { runbookUrl, sources: [] }));
  }

  evaluateGroups(component: string, groups: readonly RuleGroup[]): void {
    this.files.add(
      component,
      groups.map(({ name, rules }) => ({ name, rules: rules.map((rule) => fromHere(rule, this.props.origin)) })),
    );
    this.counts.push(...groups.map(({ rules }) => rules.length));
  }

  /**
   * Sends alerts that fire to who tells people of them.
   *
   * @throws {DuplicateNameError} if it sends to one already: it has one set of certificates for all
   */
  notify(...sinks: readonly IAlertingSink[]): void {
    for (const { alertmanagers: sink } of sinks) {
      if (this.alertmanager !== undefined) throw new DuplicateNameError('Alertmanager of', this.props.job, 'its rules');
      this.alertmanager = { sink, connection: this.server.connectTo(sink.endpoint) };
    }
  }

  /** What it was given until now; nothing if that is no rule. */
  get rules(): MimirRules | undefined {
    if (this.files.isEmpty) return undefined;
    const { counts, alertmanager } = this;
    return { folder: ruleFolder, rules: Math.max(...counts), groups: counts.length, ...defined({ alertmanager }) };
  }
}

/**
 * A rule whose results say where they are from, as external labels of a Prometheus do, which Mimir has none of: what says so itself, such as
 * a probe of what is elsewhere, is left as it is.
 */
function fromHere(rule: RenderedRule, origin: Readonly<Record<string, string>>): RenderedRule {
  const labels = Object.entries(origin);
  if (labels.length === 0) return rule;
  if (rule.record !== undefined) {
    const added = (expr: string, [label, value]: readonly [string, string]) =>
      `label_replace(${expr}, "${label}", "${value}", "${label}", "")`;
    return { ...rule, expr: labels.reduce(added, rule.expr) };
  }
  const said = labels.map(([label, value]) => [label, `{{ or $labels.${label} "${value}" }}`] as const);
  return { ...rule, labels: { ...Object.fromEntries(said), ...rule.labels } };
}
