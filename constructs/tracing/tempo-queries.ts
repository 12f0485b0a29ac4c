import { rate } from '../core/promql';

/** Spans that a Tempo drops a second, by reason; as its alerts and its dashboard ask. @param of matchers of its series */
export function discarded(of: string, range: string): string {
  return rate(`tempo_discarded_spans_total{${of}}`, range, 'job', 'reason');
}
