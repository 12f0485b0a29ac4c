import { alertmanagerBudgetCases } from '../constructs/alerting/alertmanager-objectives.testing';
import { pipelineBudgetCases } from '../constructs/anomaly/pipeline-objectives.testing';
import { collectorBudgetCases } from '../constructs/collection/collector-objectives.testing';
import type { AlertCase } from '../constructs/core/alert-case.testing';
import { logAgentBudgetCases } from '../constructs/logs/log-agent-objectives.testing';
import { lokiBudgetCases } from '../constructs/logs/loki-objectives.testing';
import { mimirBudgetCases } from '../constructs/metrics/mimir-objectives.testing';
import { prometheusBudgetCases } from '../constructs/metrics/prometheus-objectives.testing';
import { serviceLevelAlertCases } from '../constructs/objectives/service-level-alerts.testing';
import { tempoBudgetCases } from '../constructs/tracing/tempo-objectives.testing';
import { grafanaBudgetCases } from '../constructs/visualization/grafana-objectives.testing';

/** Alerts of what is promised. */
export const objectiveCases: readonly AlertCase[] = [
  ...serviceLevelAlertCases,
  ...collectorBudgetCases,
  ...tempoBudgetCases,
  ...lokiBudgetCases,
  ...logAgentBudgetCases,
  ...mimirBudgetCases,
  ...prometheusBudgetCases,
  ...grafanaBudgetCases,
  ...alertmanagerBudgetCases,
  ...pipelineBudgetCases,
];
