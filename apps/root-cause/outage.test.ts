import type { Incident } from '@plumbline/wire';
import { analyse, config, faultMs, startMs, tracesOf } from './testing/scenario';
import { runShop, type Fault, type SimulatedTrace } from './testing/shop';

/** From when on nothing comes, as when the broker is away: after a minute of the fault. */
const outageMs = faultMs + 60_000;
/** How long the fault goes on after the outage. */
const afterwardsMs = 90_000;

const faults: readonly Fault['kind'][] = ['slow', 'errors'];
const outages = faults.flatMap((kind) => [40, 90, 240].map((seconds) => [kind, seconds] as const));

function faulty(kind: Fault['kind'], seconds: number): SimulatedTrace[] {
  const faultMsLong = 60_000 + seconds * 1000 + afterwardsMs;
  return tracesOf({ kind, service: 'payment' }, { faultMsLong, afterMs: 60_000 });
}

/** Without what ended or began in the outage. */
function lost(traces: readonly SimulatedTrace[], untilMs: number): SimulatedTrace[] {
  return traces.filter(({ startMs: beganMs, endMs }) => endMs < outageMs || beganMs >= untilMs);
}

/** All of the outage at its end at once, told as late as may be, as preprocessing does with what comes too late. */
function heldBack(traces: readonly SimulatedTrace[], untilMs: number): SimulatedTrace[] {
  return traces.map((trace) => {
    if (trace.endMs < outageMs || trace.startMs >= untilMs) return trace;
    const by = untilMs - 1000 + (trace.index % 900) - trace.endMs;
    const spans = trace.spans.map((span) => ({ ...span, startMs: span.startMs + by, endMs: span.endMs + by }));
    return { ...trace, startMs: trace.startMs + by, endMs: trace.endMs + by, spans };
  });
}

function expectOneThatEndsWithItsFault(incidents: readonly Incident[], seconds: number): void {
  const endMs = outageMs + seconds * 1000 + afterwardsMs;
  expect(new Set(incidents.map(({ id }) => id)).size).toBe(1);
  expect(incidents.filter(({ state }) => state === 'resolved')).toHaveLength(1);
  const last = incidents.at(-1);
  expect(last?.startedAtMs).toBe(faultMs);
  expect(last?.resolvedAtMs).toBeGreaterThanOrEqual(endMs + config.resolveAfterMs);
  expect(last?.resolvedAtMs).toBeLessThanOrEqual(endMs + config.resolveAfterMs + 15_000);
}

describe('a fault that goes on while nothing is heard is one incident', () => {
  test.each(outages)('which ends when the fault does: %s, %d s of which are lost', (kind, seconds) => {
    const traces = lost(faulty(kind, seconds), outageMs + seconds * 1000);
    expectOneThatEndsWithItsFault(analyse(traces), seconds);
  });

  test.each(outages)('which ends when the fault does: %s, %d s of which come at once', (kind, seconds) => {
    const traces = heldBack(faulty(kind, seconds), outageMs + seconds * 1000);
    expectOneThatEndsWithItsFault(analyse(traces), seconds);
  });

  test('which rests as long as any other when the fault ended meanwhile', () => {
    const untilMs = outageMs + 120_000;
    const traces = tracesOf({ kind: 'errors', service: 'payment' }, { faultMsLong: 90_000, afterMs: 180_000 });
    const incidents = analyse(lost(traces, untilMs));
    expect(new Set(incidents.map(({ id }) => id)).size).toBe(1);
    expect(incidents.at(-1)?.resolvedAtMs).toBe(untilMs + config.resolveAfterMs);
  });
});

describe('no incident', () => {
  const traces = runShop({ seed: 5, fromMs: startMs, toMs: startMs + 300_000 });

  test.each([20, 60, 150])('is of an outage of %d s', (seconds) => {
    expect(analyse(lost(traces, outageMs + seconds * 1000))).toEqual([]);
    expect(analyse(heldBack(traces, outageMs + seconds * 1000))).toEqual([]);
  });

  test.each(['GET /products', 'POST /orders'])('is of an outage after which %s comes first', (operation) => {
    const untilMs = outageMs + 60_000;
    // Three windows: as long as a collector waits at most before it asks again, where windows have 10 s.
    const later = heldBack(traces, untilMs + 15_000);
    const first = heldBack(traces, untilMs);
    const some = first.map((trace, i) => (trace.spans[0]?.operation === operation ? trace : (later[i] ?? trace)));
    expect(analyse(some)).toEqual([]);
  });
});
