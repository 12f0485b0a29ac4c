import type { SimulatedSpan, SimulatedTrace } from './shop';

/** The same traces with what their spans' resources say, and how many requests each stands for. */
export function labelled(
  traces: readonly SimulatedTrace[],
  of: (
    service: string,
    trace: SimulatedTrace,
  ) => { readonly resource?: Readonly<Record<string, string>>; readonly weight?: number },
): SimulatedTrace[] {
  return traces.map((trace) => ({
    ...trace,
    spans: trace.spans.map((span): SimulatedSpan => ({ ...span, ...of(span.service, trace) })),
  }));
}
