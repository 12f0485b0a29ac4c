import type { ModelManifest, ScorerFigures } from '@plumbline/models';
import type { Extract } from '../extract';
import type { Evaluated } from './evaluate-step';

const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
const day = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ');

/** What people need to know of a version before they let it judge: https://arxiv.org/abs/1810.03993 */
export function modelCard(
  version: string,
  draft: Pick<ModelManifest, 'lineage' | 'parameters' | 'profile' | 'role' | 'createdAtMs'>,
  { evaluation, backtest, anomalousFound }: Evaluated,
  { excluded, selected, feedback }: Extract,
): string {
  const { lineage, parameters, profile, role, createdAtMs } = draft;
  const row = ([name, figures]: [string, ScorerFigures]) =>
    `| ${name} | ${share(figures.recall)} | ${share(figures.precision)} | ${figures.f1.toFixed(3)} | ${figures.auc.toFixed(3)} |`;
  return `# Models of traces, version ${version}

Made ${day(createdAtMs)} UTC by code ${lineage.code}${lineage.parent === undefined ? '' : `, to follow ${lineage.parent}`}. Features are measured against profile ${profile}.

## What they are for

To tell traces that are unlike normal ones, beside the profile. They name no cause and open no incident. ${
    role === 'decides'
      ? 'What they say decides which traces are anomalous: it was shown to find more than the profile alone.'
      : 'What they say decides nothing: it was not shown to find more than the profile alone, or nobody asked for it to decide.'
  }

## What they learnt from

${lineage.normalTraces} normal traces from ${day(lineage.fromMs)} to ${day(lineage.throughMs)} UTC, sampled by entry and hour. ${selected.normal.excluded} traces of ${excluded.length} incidents were left out.
${lineage.anomalousTraces} traces that the pipeline called anomalous were looked at, ${feedback.confirmed} of them of incidents that people confirmed; ${feedback.refuted} more count as normal, since people said that there was no incident.

Parameters: ${Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')}.

## What they are worth

On ${evaluation.normalTraces} normal traces that nothing was learnt from, and on ${evaluation.faultyTraces} of these into which a fault was put, where ${share(evaluation.alarmRate)} of the normal ones may be called anomalous:

| scorer | recall | precision | F1 | AUC |
| --- | --- | --- | --- | --- |
${Object.entries(evaluation.scorers)
  .map((entry) => row(entry))
  .join('\n')}

Recall of the combination less that of the profile is at least ${share(evaluation.gainLowerBound)} (lower end of the 95 % interval, over faults).
Of the traces that the pipeline called anomalous the combination finds ${share(anomalousFound.combined)}, the profile as calibrated here ${share(anomalousFound.profile)}.
Looking back, alarms of the combination came together ${backtest.incidents} times, those of the profile ${backtest.incidentsOfProfile} times.

## Limits

Faults were put into normal traces by moving times, failing operations and leaving calls out; real ones do more. Operations and services that are new since are unknown to the models.
`;
}
