import type { Figure } from './figures';
import { rankingOf, type Judgement } from './judge';
import type { AlarmsResult, KindResult, SummaryResult } from './result';

/* What the bench prints. */

/** `.72 [.61, .83]` */
export function figureText({ value, low, high }: Figure): string {
  return `${share(value)} [${share(low)}, ${share(high)}]`;
}

/** `.72`; `-` where there is nothing. */
export function share(value: number): string {
  return Number.isNaN(value) ? '-' : value.toFixed(2).replace(/^(-?)0\./, '$1.');
}

/** Scores of a set of faults in one line. */
export function summaryText(name: string, summary: SummaryResult): string {
  const { cases, foundCases, rightCases, openedAfter, namedAfter } = summary;
  return (
    `${name}: ${cases} faults, found ${foundCases} ${figureText(summary.found)}, AC@1 ${rightCases} ${figureText(summary.ac1)}, ` +
    `AC@3 ${figureText(summary.ac3)}, MRR ${figureText(summary.mrr)}, right of found ${figureText(summary.rightOfFound)}, ` +
    `AC@1 by service ${figureText(summary.macroAc1)}; opened after ${seconds(openedAfter)}, right name after ${seconds(namedAfter)} (medians)`
  );
}

/** False alarms in one line. */
export function alarmText({ falseAlarms, lasting, stuck, quietMinutes }: AlarmsResult): string {
  return (
    `${falseAlarms} false alarms in ${quietMinutes} quiet minutes, ${lasting} of them open for more than 10 min; ` +
    `${stuck} incidents still open 10 min after their fault`
  );
}

/** Cases, found and right of each kind: `cpu_contention 4/3/3`. */
export function kindsText(kinds: readonly KindResult[]): string {
  return `of each kind cases/found/right: ${kinds.map(({ kind, cases, found, right }) => `${kind} ${cases}/${found}/${right}`).join('  ')}`;
}

/** Every case and every false alarm, a line each. */
export function casesText({ verdicts, falseAlarms }: Judgement): string[] {
  return [
    ...verdicts.map((verdict) => {
      const { case: planned, incident, ranking, rank, openedAfter, namedAfter, claims } = verdict;
      const unseen = planned.visible === false ? ' (not visible)' : '';
      const mark = incident === undefined ? 'missed' : rank === 1 ? 'right ' : 'wrong ';
      const two = planned.also === undefined ? '' : ` and ${planned.also.fault} ${planned.also.service}`;
      const answer =
        incident === undefined
          ? ''
          : ` -> ${ranking.slice(0, 4).join(', ') || 'nobody'} (${claims.map(({ confidence }) => share(confidence)).join(', ')}) ` +
            `opened ${seconds(openedAfter)}, named ${seconds(namedAfter)}: ${incident.title} [${incident.id}]`;
      return `${mark} ${planned.case_id} ${planned.fault} ${planned.service}${two}${unseen}${answer}`;
    }),
    ...falseAlarms.map((incident) => {
      const { id, title, severity, openedAtMs, throughMs, resolvedAtMs } = incident;
      const openFor = ((resolvedAtMs ?? throughMs) - openedAtMs) / 1000;
      const at = new Date(openedAtMs).toISOString().slice(11, 19);
      return `false  ${at} ${title}, ${severity}, open for ${seconds(openFor)} -> ${rankingOf(incident).slice(0, 3).join(', ') || 'nobody'} [${id}]`;
    }),
  ];
}

/** `12 s`; `-` for nothing. */
export function seconds(value: number | undefined): string {
  return value === undefined ? '-' : `${Math.round(value)} s`;
}
