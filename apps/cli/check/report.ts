import type { CheckReport, TargetReport } from '@plumbline/standalone';
import { formatSize } from './sizes';

const faultNames = {
  'own-time': 'its own work slower',
  edges: 'its network slower',
  errors: 'fails',
  'left-out': 'does not call',
  peer: 'slower',
} as const;

/** A report for a terminal: a table of what would be found, and on what it rests. */
export function formatCheck(report: CheckReport): string {
  const rows = report.targets.map(rowOf);
  const header = ['', 'fault', 'normal', 'found and named right from', ''];
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(header), ...rows.map(line), '', ...basis(report)].join('\n');
}

function rowOf({ target, probes, found, named }: TargetReport): string[] {
  const { kind, culprits, of, normalMs } = target;
  const subject = kind === 'peer' ? (of ?? '') : (culprits[0] ?? '');
  const fault = kind === 'errors' || kind === 'left-out' ? `${faultNames[kind]} ${of ?? ''}` : faultNames[kind];
  const largest = probes[probes.length - 1];
  const miss = largest === undefined ? 'not tried' : `not at ${formatSize(largest.size)}`;
  const first = probes.find(({ afterMs }) => afterMs !== undefined)?.ranking[0];
  const otherwise = named === undefined && found !== undefined;
  return [
    subject,
    fault,
    normalMs === undefined ? '' : `${Number(normalMs.toPrecision(2))} ms`,
    named === undefined ? miss : formatSize(named),
    otherwise ? `found from ${formatSize(found)}, named ${first ?? 'nobody'}` : '',
  ];
}

/** Events in a time in which there were none that cannot be ruled out with 95 % confidence: the rule of three. */
const ruleOfThree = 3;

function basis({ quiet, learnt, judged, interrupted }: CheckReport): string[] {
  const perDay = quiet.falseAlarmsPerDay;
  const unseen = (ruleOfThree * 1440) / Math.max(judged.minutes, 1e-9);
  return [
    `False alarms: ${quiet.falseAlarms} in ${Math.round(quiet.minutes)} min without a fault, ${Number(perDay.toPrecision(2))} a day.`,
    `This rests on ${learnt.traces} traces in ${number(learnt.minutes)} min learnt from, and ${judged.traces} in ${number(judged.minutes)} min ` +
      'judged again and again.',
    `So little traffic knows no other hours and days: with no false alarm in ${number(judged.minutes)} min, up to ${Math.round(unseen)} a day ` +
      'cannot be ruled out.',
    'Each fault was put into every trace that it touches or the share given, and had a minute to be found; a size that is named was found twice.',
    ...(interrupted ? ['Interrupted: what is not listed was not tried.'] : []),
  ];
}

function number(value: number): string {
  return String(Number(value.toFixed(1)));
}
