import type { LearnedVerdict, Verdict } from '@plumbline/wire';
import pc from 'picocolors';
import type { LearnedReckoning } from './learned';

/** What each model says of a trace, and what follows from it, for a terminal. */
export function formatLearned(
  { traceId, revision, entryService, entryOperation, bundle }: Verdict,
  learned: LearnedVerdict,
  { again, difference }: LearnedReckoning,
  alarmRate: number,
): string {
  const scores = Object.entries({ profile: again.profile, ...again.scores });
  const p = new Map(Object.entries(again.p));
  const service = entryService.split('/').at(-1) ?? entryService;
  return [
    pc.bold(`TRACE ${traceId}, revision ${revision}: ${entryOperation} of ${service}.`),
    `Scored by models ${learned.version}, the ${learned.role}, from ${again.features.length} features beside bundle ${bundle}.`,
    '',
    `    ${'scorer'.padEnd(18)}${'score'.padStart(12)}${'p'.padStart(12)}`,
    ...scores.map(([name, score]) => {
      const ofName = p.get(name);
      return `    ${name.padEnd(18)}${number(score).padStart(12)}${(ofName === undefined ? '' : number(ofName)).padStart(12)}`;
    }),
    `    ${'together'.padEnd(18)}${number(again.score).padStart(12)}${number(again.combinedP).padStart(12)}`,
    '',
    `p is the share of normal requests of the operation, or of all, that score as much; together it is that of the least of them.`,
    `It is ${again.exceeds ? 'at most' : 'above'} the alarm rate of ${number(alarmRate)}: ${conclusion(learned)}`,
    `It is what was published to within ${difference < 1e-12 ? '1e-12' : difference.toExponential(1)}.`,
  ].join('\n');
}

function conclusion({ exceeds, decided }: LearnedVerdict): string {
  if (decided) return 'the models alone made the trace anomalous.';
  return exceeds ? 'the profile found it anomalous too.' : 'the profile found it anomalous, the models did not.';
}

/** Five significant digits. */
function number(value: number): string {
  return String(Number(value.toPrecision(5)));
}
