import type { ManifestFacts } from './version';

/** Recall may be this much lower before it counts: a hundredth is less than what two draws of traces differ by. */
const recallTolerance = 0.01;
/** Incidents are markedly more from a quarter more on, and from two more, since one is an accident. */
const incidentFactor = 1.25;
const incidentMargin = 2;

/**
 * In what a version is worse than the champion, or than the profile alone where there is no champion; one sentence each.
 *
 * - **Recall** of the combination at the alarm budget, more than 0.01 lower. Budgets must be the same, since recall rises with them.
 * - **Incidents** of the backtest, at least two and a quarter more than the champion's. Both were backtested on windows of their own,
 *   which differ in length and in how much happened: so the champion's are scaled by what the profile opened on each.
 * - **Role**: a version of the shadow in place of one that decides.
 *
 * What the champion was measured by and the version was not counts as worse.
 */
export function objectionsTo(version: ManifestFacts, champion: ManifestFacts | undefined): string[] {
  return champion === undefined ? objectionsBesideProfile(version) : objectionsBeside(version, champion);
}

function objectionsBeside(version: ManifestFacts, champion: ManifestFacts): string[] {
  const objections: string[] = [];
  const name = `of champion ${champion.version}`;
  if (version.role === 'shadow' && champion.role === 'decides') {
    objections.push(`its scores would decide nothing, and those ${name} do`);
  }
  const { evaluation } = version;
  if (evaluation.alarmRate !== champion.evaluation.alarmRate) {
    objections.push(
      `it was evaluated at an alarm rate of ${evaluation.alarmRate}, which cannot be compared with ${champion.evaluation.alarmRate} ${name}`,
    );
  } else {
    const recall = evaluation.scorers.combined.recall;
    const other = champion.evaluation.scorers.combined.recall;
    if (recall < other - recallTolerance) {
      objections.push(
        `its recall at alarm rate ${evaluation.alarmRate} is ${rounded(recall)}, that ${name} ${rounded(other)}`,
      );
    }
  }
  const backtest = objectionToBacktest(version, champion, name);
  return backtest === undefined ? objections : [...objections, backtest];
}

/**
 * In what the backtest of a version is worse than another's; `undefined` where it is not, or the other has none.
 *
 * @param name the other's, as it follows "that"
 */
export function objectionToBacktest(
  version: Pick<ManifestFacts, 'backtest'>,
  other: Pick<ManifestFacts, 'backtest'>,
  name: string,
): string | undefined {
  const mine = version.backtest;
  const theirs = other.backtest;
  if (theirs === undefined) return undefined;
  if (mine === undefined) return `it has no backtest to compare with that ${name}`;
  const scale =
    mine.incidentsOfProfile > 0 && theirs.incidentsOfProfile > 0
      ? mine.incidentsOfProfile / theirs.incidentsOfProfile
      : 1;
  if (!markedlyMore(mine.incidents, theirs.incidents * scale)) return undefined;
  const scaled = scale === 1 ? '' : `, ${rounded(theirs.incidents * scale)} on a window as eventful`;
  return `its backtest opened ${mine.incidents} incidents, that ${name} ${theirs.incidents}${scaled}`;
}

/** A version of the shadow changes nothing, so nothing can be said against it. */
function objectionsBesideProfile({ role, evaluation, backtest }: ManifestFacts): string[] {
  if (role === 'shadow') return [];
  const objections: string[] = [];
  const { combined, profile } = evaluation.scorers;
  if (combined.recall < profile.recall - recallTolerance) {
    objections.push(
      `its recall at alarm rate ${evaluation.alarmRate} is ${rounded(combined.recall)}, that of the profile alone ${rounded(profile.recall)}`,
    );
  }
  if (backtest !== undefined && markedlyMore(backtest.incidents, backtest.incidentsOfProfile)) {
    objections.push(
      `its backtest opened ${backtest.incidents} incidents, the profile alone ${backtest.incidentsOfProfile}`,
    );
  }
  return objections;
}

function markedlyMore(incidents: number, than: number): boolean {
  return incidents > than * incidentFactor && incidents >= than + incidentMargin;
}

function rounded(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
