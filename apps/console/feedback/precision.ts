import type { FeedbackVerdict } from '@plumbline/wire';

/** How often incidents named the right cause, by what people say. */
export interface Precision {
  /** Incidents that people agree on and that named a cause, those that were none among them. */
  readonly answered: number;
  /** Of these, whose first cause was the cause. */
  readonly right: number;
  /** Incidents that people say were none. */
  readonly notIncidents: number;
  /** Incidents that people do not agree on; they do not count. */
  readonly disputed: number;
  /** Answered incidents that named no cause; they do not count. */
  readonly unnamed: number;
  /** `right` of `answered`, with its 95 % interval; absent while nothing counts. */
  readonly share?: { readonly value: number; readonly low: number; readonly high: number };
}

export function precisionOf(verdicts: readonly FeedbackVerdict[]): Precision {
  const count = (holds: (verdict: FeedbackVerdict) => boolean): number => verdicts.filter(holds).length;
  const isDisputed = ({ verdict }: FeedbackVerdict): boolean => verdict === 'disputed';
  const named = ({ judged }: FeedbackVerdict): boolean => judged.shown.length > 0;
  const answered = count((each) => !isDisputed(each) && named(each));
  const right = count(({ verdict }) => verdict === 'right');
  return {
    answered,
    right,
    notIncidents: count(({ verdict }) => verdict === 'not-an-incident'),
    disputed: count(isDisputed),
    unnamed: count((each) => !isDisputed(each) && !named(each)),
    ...(answered === 0 ? {} : { share: { value: right / answered, ...wilson(right, answered) } }),
  };
}

/** 97.5th percentile of the normal distribution. */
const z = 1.959963984540054;

/** Score interval of a share (Wilson 1927), 95 %: honest where there are few, and never beyond 0 or 1. */
export function wilson(right: number, of: number): { readonly low: number; readonly high: number } {
  const share = right / of;
  const middle = (share + z ** 2 / (2 * of)) / (1 + z ** 2 / of);
  const half = (z / (1 + z ** 2 / of)) * Math.sqrt((share * (1 - share)) / of + z ** 2 / (4 * of ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/** `Of 41 answered incidents 34 named the right cause: 83 % (95 % interval 69 to 92 %).` */
export function precisionSentence({ answered, right, share, ...others }: Precision): string {
  const percent = (value: number): string => String(Math.round(value * 100));
  const { notIncidents, disputed, unnamed } = others;
  const apart = [
    ...(notIncidents > 0 ? [`${notIncidents} ${notIncidents === 1 ? 'was no incident' : 'were no incidents'}`] : []),
    ...(unnamed > 0 ? [`${unnamed} named no cause and ${unnamed === 1 ? 'does' : 'do'} not count`] : []),
    ...(disputed > 0 ? [`people do not agree on ${disputed}, which ${disputed === 1 ? 'does' : 'do'} not count`] : []),
  ].join('; ');
  const more = apart === '' ? '' : ` ${apart.charAt(0).toUpperCase()}${apart.slice(1)}.`;
  if (share === undefined) return `No incident that named a cause is answered yet.${more}`;
  const interval = `95 % interval ${percent(share.low)} to ${percent(share.high)} %`;
  const what = `${answered} answered ${answered === 1 ? 'incident' : 'incidents'}`;
  return `Of ${what} ${right} named the right cause: ${percent(share.value)} % (${interval}).${more}`;
}
