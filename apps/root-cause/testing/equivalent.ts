import type { SimulatedSpan, SimulatedTrace } from './shop';
import { random } from './simulation';

/** The letters the other way round: `payment` becomes `kzbnvmg`. A bijection that turns the order of names around. */
export function mirrored(name: string): string {
  return name.replace(/[a-z]/g, (letter) => String.fromCharCode(219 - letter.charCodeAt(0)));
}

/** The same traces of a system in which every service, operation and database is called otherwise. */
export function renamed(traces: readonly SimulatedTrace[]): SimulatedTrace[] {
  return mapSpans(traces, (span) => ({
    ...span,
    service: mirrored(span.service),
    operation: mirrored(span.operation),
    // What kind of database it is does matter.
    peer: span.peer.replace(/\/.*$/, mirrored),
  }));
}

/** The same traces with everything in them taking `factor` times as long; requests begin when they did. */
export function scaled(traces: readonly SimulatedTrace[], factor: number): SimulatedTrace[] {
  return mapSpans(traces, (span, { startMs }) => ({
    ...span,
    startMs: startMs + factor * (span.startMs - startMs),
    endMs: startMs + factor * (span.endMs - startMs),
  }));
}

/** The same traces, those of each window in another order: they exchange the times at which they begin. */
export function shuffled(traces: readonly SimulatedTrace[], windowMs: number, seed: number): SimulatedTrace[] {
  const windows = new Map<number, SimulatedTrace[]>();
  for (const trace of traces) {
    const window = Math.floor(trace.startMs / windowMs);
    const list = windows.get(window);
    if (list === undefined) windows.set(window, [trace]);
    else list.push(trace);
  }
  const next = random(seed);
  return [...windows.values()].flatMap((window) => {
    const starts = window.map(({ startMs }) => startMs);
    for (let i = starts.length - 1; i > 0; i -= 1) {
      const j = Math.floor(next() * (i + 1));
      [starts[i], starts[j]] = [starts[j] ?? 0, starts[i] ?? 0];
    }
    return window.flatMap((trace, i) => {
      const later = (starts[i] ?? trace.startMs) - trace.startMs;
      return mapSpans([trace], (span) => ({ ...span, startMs: span.startMs + later, endMs: span.endMs + later }));
    });
  });
}

/** Beside the traces those of as many systems that have nothing to do with them, each a copy under other names. */
export function accompanied(
  traces: readonly SimulatedTrace[],
  by: readonly (readonly SimulatedTrace[])[],
): SimulatedTrace[] {
  const others = by.flatMap((copy, i) =>
    mapSpans(copy, (span) => ({ ...span, service: `${span.service}-${i}`, peer: span.peer && `${span.peer}-${i}` })),
  );
  const all = [...traces, ...others].map((trace, i) => ({ ...trace, index: i + 1 }));
  return all.sort((a, b) => a.endMs - b.endMs || a.index - b.index);
}

function mapSpans(
  traces: readonly SimulatedTrace[],
  map: (span: SimulatedSpan, trace: SimulatedTrace) => SimulatedSpan,
): SimulatedTrace[] {
  return traces.map((trace) => {
    const spans = trace.spans.map((span) => map(span, trace));
    const [root] = spans;
    return { ...trace, spans, startMs: root?.startMs ?? trace.startMs, endMs: root?.endMs ?? trace.endMs };
  });
}
