import { Component } from '../constructs';
import { pipelineAlertCases } from '../constructs/anomaly/pipeline-alerts.testing';
import { collectorAlertCases } from '../constructs/collection/collector-alerts.testing';
import type { AlertCase } from '../constructs/core/alert-case.testing';
import { ruleGroups, type RenderedRule } from '../constructs/core/rule-groups';
import { dump } from '../constructs/core/yaml';
import { prometheusAlertCases } from '../constructs/metrics/prometheus-alerts.testing';
import { objectStoreAlertCases } from '../constructs/storage/object-store-alerts.testing';
import { redpandaAlertCases } from '../constructs/streaming/redpanda-alerts.testing';
import { tempoAlertCases } from '../constructs/tracing/tempo-alerts.testing';
import { grafanaAlertCases } from '../constructs/visualization/grafana-alerts.testing';
import { platform } from '../main';
import { thesis } from './thesis';

/* What tests ask of the rules of every component that an environment of ours has. */

/** Components of the platform, all that carry anything. */
export const components: readonly Component[] = platform(thesis)
  .node.findAll()
  .filter((each): each is Component => each instanceof Component);

/** Rules of each component, also those whose metrics only a kubelet has. */
export const groupsByComponent = new Map(
  components
    .map(
      (component) =>
        [component.name, ruleGroups(component, { runbookUrl: 'docs/runbooks', sources: ['kubelet'] })] as const,
    )
    .filter(([, groups]) => groups.length > 0),
);

export const allRules: readonly RenderedRule[] = Array.from(groupsByComponent.values()).flatMap((groups) =>
  groups.flatMap(({ rules }) => rules),
);

export const alertRules = allRules.filter(
  (rule): rule is RenderedRule & { readonly alert: string } => rule.alert !== undefined,
);

/** Text of the rule file of each component, by file name. */
export const ruleFiles: Readonly<Record<string, string>> = Object.fromEntries(
  Array.from(groupsByComponent, ([name, groups]) => [`${name}.yml`, dump({ groups })]),
);

export const alertCases: readonly AlertCase[] = [
  ...prometheusAlertCases,
  ...tempoAlertCases,
  ...redpandaAlertCases,
  ...collectorAlertCases,
  ...objectStoreAlertCases,
  ...grafanaAlertCases,
  ...pipelineAlertCases,
];
