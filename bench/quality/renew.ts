import type { Measured, Part, QualityRun } from './result';

/** Where the result of a part stands. */
const fields = {
  streams: 'streams',
  simulator: 'simulator',
  days: 'days',
  rank: 'rank',
  traces: 'traces',
  models: 'models',
  'one-trace': 'oneTrace',
} as const satisfies Record<Part, keyof Measured>;

/**
 * A result in which some parts are measured anew: the others stay, each with the run that it is from.
 *
 * @param known what was measured before
 * @param fresh what was measured now; a part that it asked for and does not have is gone
 */
export function renewed(known: Measured | undefined, fresh: Measured): Measured {
  if (known === undefined) return fresh;
  const again = new Set(fresh.runs.flatMap(({ parts }) => parts));
  const kept = Object.values(fields).filter((field) => ![...again].some((part) => fields[part] === field));
  const runs = known.runs
    .map((run): QualityRun => ({ ...run, parts: run.parts.filter((part) => !again.has(part)) }))
    .filter(({ parts }) => parts.length > 0);
  const old = Object.fromEntries(kept.flatMap((field) => (known[field] === undefined ? [] : [[field, known[field]]])));
  return { ...old, ...fresh, runs: [...runs, ...fresh.runs] };
}
