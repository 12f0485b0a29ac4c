import type { Alert, MetricSource, RecordingRule } from './alert';
import type { INotifier } from './alerting';
import { defined } from './defined';
import { DuplicateNameError, InvalidPropError } from './errors';
import type { Slo } from './slo';

/** Something whose rules a metrics store can evaluate. */
export interface IEvaluable {
  readonly name: string;
  readonly namespace: string;
  /** Who owns it: a label of its alerts, unless they have another. @default - they have none */
  readonly team?: string;
  readonly alerts: readonly Alert[];
  readonly recordingRules: readonly RecordingRule[];
  readonly slos: readonly Slo[];
}

/** Evaluates the rules of components. */
export interface IRuleEvaluator {
  evaluate(...components: readonly IEvaluable[]): void;
}

/** Something that knows what of lines people should be told. */
export interface ILogEvaluable {
  readonly name: string;
  readonly namespace: string;
  /** Who owns it: a label of its alerts, unless they have another. @default - they have none */
  readonly team?: string;
  /** Their expressions are LogQL. */
  readonly logAlerts: readonly Alert[];
}

/** Evaluates alerts of components about lines: a log store. */
export interface ILogRuleEvaluator {
  evaluateLogs(...components: readonly ILogEvaluable[]): void;
}

/**
 * Evaluates rules over all that a store has, also what others write to it: spans' metrics of a trace store, what applications send. Who
 * reads metrics for that store gives it the rules that it is given itself, but those that are {@link Alert.local}.
 */
export interface IRuler extends IRuleEvaluator, INotifier {
  /** That it evaluates what it is given: it cannot tell of that itself. */
  readonly rulerAlerts: readonly Alert[];
  /**
   * Evaluates rules of a component, in a file of its own.
   *
   * @throws {DuplicateNameError} if there are some of a component of that name
   */
  evaluateGroups(component: string, groups: readonly RuleGroup[]): void;
}

/** How rules are written. */
export interface RuleGroupOptions {
  /** What `<page>.md` of a runbook is appended to. */
  readonly runbookUrl: string;
  /** What is read beside components: alerts that need another source are left out. */
  readonly sources: readonly MetricSource[];
}

/** A rule as Prometheus has it. */
export interface RenderedRule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Rules that are evaluated one after the other, so that later ones see what earlier ones record. */
export interface RuleGroup {
  readonly name: string;
  readonly rules: readonly RenderedRule[];
}

/** Where runbooks are in this repository. */
export const runbookFolder = 'docs/runbooks';

/**
 * The rules of a component: a group of its own, and one for each of its objectives. None if it has no rules.
 *
 * @throws {InvalidPropError} if a name is none of Prometheus, an expression or a text is missing, or an alert does not wait
 * @throws {DuplicateNameError} if two rules cannot be told apart
 * @see https://prometheus.io/docs/prometheus/latest/configuration/alerting_rules/
 */
export function ruleGroups(component: IEvaluable, options: RuleGroupOptions): readonly RuleGroup[] {
  const { name, alerts, recordingRules, slos } = component;
  const written = (rules: { readonly alerts: readonly Alert[]; readonly recordingRules: readonly RecordingRule[] }) => [
    ...rules.recordingRules.map((rule) => recorded(name, rule)),
    ...rules.alerts
      .filter(({ source }) => source === undefined || options.sources.includes(source))
      .map((alert) => alerting(component, alert, options)),
  ];
  const groups = [
    { name, rules: written({ alerts, recordingRules }) },
    ...slos.map((slo) => ({ name: `${name}-${slo.name}`, rules: written(slo) })),
  ].filter(({ rules }) => rules.length > 0);
  const ids = groups.flatMap(({ rules }) =>
    rules.map(({ alert, record, labels }) => JSON.stringify([alert, record, labels])),
  );
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new DuplicateNameError('rule', twice, name);
  return groups;
}

/** A component's rules in two: for who reads its metrics, and for a {@link IRuler}. */
export function placedRules(component: IEvaluable): { readonly local: IEvaluable; readonly central: IEvaluable } {
  const { name, namespace, team, alerts, recordingRules, slos } = component;
  const of = { name, namespace, ...defined({ team }) };
  return {
    local: { ...of, alerts: alerts.filter(({ local }) => local === true), recordingRules: [], slos: [] },
    central: { ...of, alerts: alerts.filter(({ local }) => local !== true), recordingRules, slos },
  };
}

/** The alerts of a component about lines, as one group. None if it has none. @throws as {@link ruleGroups} does */
export function logRuleGroups(component: ILogEvaluable, runbookUrl: string): readonly RuleGroup[] {
  const { name, namespace, team, logAlerts: alerts } = component;
  return ruleGroups(
    { name, namespace, ...defined({ team }), alerts, recordingRules: [], slos: [] },
    { runbookUrl, sources: [] },
  );
}

function recorded(component: string, { record, expr, labels }: RecordingRule): RenderedRule {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*(:[a-zA-Z0-9_]+)+$/.test(record))
    throw new InvalidPropError(`recording rule of ${component}`, record, 'a name of the form level:metric:operations');
  required(`${record} of ${component}`, { expr });
  return { record, expr, ...defined({ labels }) };
}

function alerting({ name: component, team }: IEvaluable, alert: Alert, { runbookUrl }: RuleGroupOptions): RenderedRule {
  const { name, expr, severity, summary, description, runbook = name, labels } = alert;
  const seconds = alert.for.toSeconds();
  if (!/^[A-Z][A-Za-z0-9]*$/.test(name))
    throw new InvalidPropError(`alert of ${component}`, name, 'a name in camel case');
  if (seconds <= 0)
    throw new InvalidPropError(
      `for of ${name}`,
      `${seconds} s`,
      'a time: of what is over at once nobody has to be told',
    );
  required(`${name} of ${component}`, { expr, summary, description });
  const runbookPage = /^https?:\/\//.test(runbook) ? runbook : `${runbookUrl.replace(/\/+$/, '')}/${runbook}.md`;
  return {
    alert: name,
    expr,
    for: `${seconds}s`,
    labels: { ...defined({ team }), ...labels, severity },
    annotations: { summary, description, runbook_url: runbookPage },
  };
}

function required(what: string, texts: Readonly<Record<string, string>>): void {
  for (const [field, text] of Object.entries(texts))
    if (text.trim() === '') throw new InvalidPropError(`${field} of ${what}`, text, 'a text');
}
