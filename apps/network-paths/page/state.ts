import type { TargetHistory } from '../routes/target-history';

/** How a target is, in a word, and the class of its colour. */
export interface State {
  readonly word: 'answers' | 'loses packets' | 'does not answer' | 'not measured' | 'waiting';
  readonly tone: 'ok' | 'warn' | 'bad' | 'quiet';
}

/** Share of packets to a target whose loss people notice: below, one packet of a measurement was late. */
export const noticedLoss = 0.05;

export function stateOf({ current, failure }: TargetHistory): State {
  if (failure !== undefined) return { word: 'not measured', tone: 'bad' };
  if (current === undefined) return { word: 'waiting', tone: 'quiet' };
  if (!current.reached) return { word: 'does not answer', tone: 'bad' };
  const lost = current.hops.at(-1)?.loss ?? 0;
  return lost > noticedLoss ? { word: 'loses packets', tone: 'warn' } : { word: 'answers', tone: 'ok' };
}
