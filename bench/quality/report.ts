import { baselines, baselineTitles } from './baselines';
import { modelScorerTitles } from './model-scorers';
import type { Quality, SimulatorResult, StreamsResult, ToldResult } from './result';
import { systems, systemTitles } from './streams';
import { alarmText, figureText, kindsText, share, summaryText } from './text';

/** What a run measured, as lines for people. */
export function report({ streams, simulator, days, rank, traces, models, oneTrace, goals }: Quality): string[] {
  const missed = goals.filter(({ met }) => !met);
  return [
    ...(streams === undefined ? [] : streamLines(streams)),
    ...(simulator === undefined ? [] : simulatorLines(simulator)),
    ...(days === undefined ? [] : [`${days.systems} days of ${days.systems} systems: ${alarmText(days.alarms)}`]),
    ...(rank === undefined ? [] : toldLines(rank)),
    ...(traces ?? []).map(
      ({ system, auc, recall, positives, negatives, exposedOnly }) =>
        `traces, ${systemTitles[system]}: AUC ${auc.toFixed(3)}, recall at 1 % ${recall.toFixed(3)} (${positives} faulty, ${negatives} not); ` +
        `without those that miss the faulty service ${exposedOnly.auc.toFixed(3)}, ${exposedOnly.recall.toFixed(3)}`,
    ),
    ...(models ?? []).flatMap(({ system, scorers }) =>
      scorers.map(
        ({ scorer, auc, recall, gain, gainLowerBound }) =>
          `models, ${systemTitles[system]}, ${modelScorerTitles[scorer]}: AUC ${auc.toFixed(3)}, recall at 1 % ${recall.toFixed(3)}` +
          (scorer === 'profile' ? '' : `, ${signed(gain)} of the profile, at least ${signed(gainLowerBound)}`),
      ),
    ),
    ...(oneTrace ?? []).map(
      ({ set, draws, right, oracle }) =>
        `one slow trace, ${set} families: ${right} of ${draws} named first (an oracle that knows the delay: ${oracle})`,
    ),
    ...goals.map(({ goal, needed, reached, met }) => `${met ? 'met   ' : 'MISSED'} ${goal}: ${reached} (${needed})`),
    goals.length === 0
      ? 'no goal was measured'
      : missed.length === 0
        ? `all ${goals.length} goals met`
        : `${missed.length} of ${goals.length} goals missed`,
  ];
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}

function streamLines({ runs, seeds, calibration }: StreamsResult): string[] {
  return [
    ...runs.flatMap(({ system, seed, summary, alarms, kinds }) => [
      summaryText(`${systemTitles[system]}, seed ${seed}`, summary),
      `  ${alarmText(alarms)}`,
      `  ${kindsText(kinds)}`,
    ]),
    ...seeds.flatMap(({ seed, summary, alarms }) => [
      summaryText(`both, seed ${seed}`, summary),
      `  ${alarmText(alarms)}`,
    ]),
    ...calibrationLines(calibration),
  ];
}

function simulatorLines({ sets, pairs, calibration }: SimulatorResult): string[] {
  return [
    ...sets.flatMap(({ set, profile, systems: count, spans, all, visible, kinds, alarms, baselines: rules }) => [
      `simulated, ${set}, ${profile}: ${count} systems, ${spans} spans`,
      ...(all === undefined ? [] : [`  ${summaryText('all', all)}`]),
      ...(visible === undefined ? [] : [`  ${summaryText('visible', visible)}`, `  visible ${kindsText(kinds)}`]),
      `  ${alarmText(alarms)}`,
      ...(rules.length === 0
        ? []
        : [`  AC@1 of rules, told: ${rules.map(({ baseline, ac1 }) => `${baseline} ${share(ac1)}`).join('  ')}`]),
    ]),
    ...(pairs === undefined
      ? []
      : [
          `two at once: both in the first three in ${pairs.both} of ${pairs.pairs} pairs whose halves are named right alone`,
        ]),
    ...calibrationLines(calibration),
  ];
}

function toldLines({ scores, differences }: ToldResult): string[] {
  return systems.flatMap((system) =>
    (['plumbline', ...baselines] as const).flatMap((ranker) => {
      const found = scores.find((each) => each.system === system && each.ranker === ranker);
      if (found === undefined) return [];
      const title = ranker === 'plumbline' ? 'Plumbline' : baselineTitles[ranker];
      const better = differences.find(({ baseline }) => baseline === ranker);
      return [
        `told, ${systemTitles[system]}, ${title}: AC@1 ${figureText(found.ac1)}, AC@3 ${figureText(found.ac3)}, MRR ${figureText(found.mrr)}` +
          (better === undefined ? '' : `; we are better by ${figureText(better.ac1)} over both systems`),
      ];
    }),
  );
}

function calibrationLines({ bins, confident, brier }: StreamsResult['calibration']): string[] {
  const said = bins
    .filter(({ claims }) => claims > 0)
    .map((bin) => `${share(bin.said)}→${share(bin.right)} (${bin.claims})`);
  return [
    `  confidence said→right (claims): ${said.join('  ') || 'none'}; of ${confident.claims} causes said with .8 or more ` +
      `${share(confident.right)} right; Brier ${share(brier)}`,
  ];
}
