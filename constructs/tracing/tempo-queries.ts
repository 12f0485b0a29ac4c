import { rate, ratio } from '../core/promql';

/** Spans that a Tempo drops a second, by reason; as its alerts and its dashboard ask. @param of matchers of its series */
export function discarded(of: string, range: string): string {
  return rate(`tempo_discarded_spans_total{${of}}`, range, 'job', 'reason');
}

/** The share of what a member of several should have got and has not, by its address. @param of matchers of the series of all members */
export function failedCopies(of: string, range: string): string {
  const copies = (what: string) => rate(`tempo_distributor_ingester_${what}_total{${of}}`, range, 'job', 'ingester');
  return ratio(copies('append_failures'), copies('appends'));
}

/** Traces that are open, by tenant. @param copies of each, of which each member counts its own */
export function liveTraces(of: string, copies: number): string {
  const all = `sum by (tenant) (tempo_ingester_live_traces{${of}})`;
  return copies === 1 ? all : `${all} / ${copies}`;
}
