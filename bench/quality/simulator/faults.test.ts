import { culpritsFor } from './cases';
import { drawSystem } from './draw';
import { faultKinds, intensity, type Fault } from './faults';
import { SystemError, outcomes, spanKinds, type Edge, type SimSpan, type System } from './system';
import { compare, faultFor, growth, minuteOf, type Pair } from './testing';

const system = drawSystem(4, { family: 'hub', services: 14, tracesPerSecond: 8 });

describe('a fault', () => {
  it('slow-work makes the work of its service longer, and that of no other', () => {
    const { fault, pairs, gone, added } = strike('slow-work', { magnitude: 3 });
    const struck = pairs.filter(({ before }) => isServerOf(before, fault) && isOperation(before, fault));
    expect(growth(struck)).toBeGreaterThan(1000);
    expect(growth(pairs.filter(({ before }) => serviceOf(before) !== fault.service))).toBeCloseTo(0, -1);
    expect(gone).toHaveLength(0);
    expect(added).toHaveLength(0);
  });

  it('slow-work makes callers wait, though they work no longer', () => {
    const leaf = system.operations.find(({ steps, visitsPerSecond }) => steps.length < 4 && visitsPerSecond > 1);
    const service = system.services[leaf?.service ?? -1];
    const { fault } = faultFor(system, { fault: 'slow-work', service: service?.name ?? '', magnitude: 6 });
    const { operation: _, ...everywhere } = fault;
    const { pairs } = compare(system, 3, everywhere);
    const calls = pairs.filter(({ before }) => calleeOf(before) === service?.index);
    expect(calls.length).toBeGreaterThan(20);
    expect(lengthened(calls)).toBeGreaterThan(0.5);
    expect(growth(calls)).toBeCloseTo(0, -1);
  });

  it('slow-network lengthens the calls to and from its service, and no work', () => {
    const { fault, pairs } = strike('slow-network', { magnitude: 40 });
    const edges = pairs.filter(
      ({ before }) => isClient(before) && [serviceOf(before), calleeOf(before)].includes(fault.service),
    );
    expect(growth(edges) / 1000).toBeGreaterThan(25);
    expect(growth(edges) / 1000).toBeLessThan(60);
    const elsewhere = pairs.filter(
      ({ before }) => !isClient(before) || ![serviceOf(before), calleeOf(before)].includes(fault.service),
    );
    expect(growth(elsewhere)).toBeCloseTo(0, -1);
  });

  it('failing makes visits of one operation fail, and adds no failures that do not come from there', () => {
    const { fault, pairs, added } = strike('failing', { magnitude: 0.5 });
    const struck = pairs.filter(({ before }) => isServerOf(before, fault) && isOperation(before, fault));
    const failed = struck.filter(({ after }) => after.outcome === outcomes.failed).length / struck.length;
    expect(failed).toBeGreaterThan(0.35);
    expect(failed).toBeLessThan(0.65);
    const elsewhere = pairs.filter(
      ({ before, after }) =>
        before.outcome === outcomes.ok && after.outcome === outcomes.failed && !isServerOf(before, fault),
    );
    const requests = new Set(
      [...pairs.map(({ after }) => after), ...added]
        .filter((span) => isServerOf(span, fault) && span.outcome === outcomes.failed)
        .map(({ request }) => request),
    );
    expect(elsewhere.every(({ before }) => requests.has(before.request))).toBe(true);
  });

  it('an exhausted pool makes the calls of its service wait, and no callee slower', () => {
    const caller = system.services.find(
      ({ index, pools }) => pools[0] !== undefined && remoteEdges(index).some(isBusy),
    );
    const { fault } = faultFor(system, { fault: 'pool', service: caller?.name ?? '', magnitude: 0.95 });
    const pool = { index: 0, limit: 1, holdMs: 120 };
    const { pairs } = compare(system, 3, { ...fault, pool });
    const own = pairs.filter(
      ({ before }) =>
        isClient(before) && remoteEdges(fault.service ?? -1).some(({ template }) => template === before.template),
    );
    expect(lengthened(own)).toBeGreaterThan(0.3);
    expect(growth(pairs.filter(({ before }) => !isClient(before) && serviceOf(before) !== fault.service))).toBeCloseTo(
      0,
      -1,
    );
  });

  it('slow-database lengthens the statements of all its users, and nothing else', () => {
    const { fault, pairs } = strike('slow-database', { magnitude: 8 });
    const statements = pairs.filter(({ before }) => peerOf(before) === fault.peer);
    expect(statements.length).toBeGreaterThan(10);
    expect(growth(statements)).toBeGreaterThan(1000);
    expect(growth(pairs.filter(({ before }) => peerOf(before) !== fault.peer))).toBeCloseTo(0, -1);
  });

  it('left-out takes calls away, with all below them, and leaves the rest as it was', () => {
    const { fault, pairs, gone, added } = strike('left-out', { magnitude: 1 });
    const [edge = -1] = fault.edges ?? [];
    const template = system.edges[edge]?.template;
    expect(gone.some((span) => span.template === template)).toBe(true);
    expect(pairs.some(({ before }) => before.template === template)).toBe(false);
    expect(added).toHaveLength(0);
    expect(pairs.every(({ before, after }) => before.outcome === after.outcome)).toBe(true);
    expect(growth(pairs)).toBeCloseTo(0, -1);
  });

  it('a wrong answer makes callers stop early, and no span of the culprit fail', () => {
    const { fault, pairs, gone } = strike('wrong-answer', { magnitude: 1 });
    const own = pairs.filter(({ before }) => isServerOf(before, fault) && isOperation(before, fault));
    expect(own.length).toBeGreaterThan(5);
    expect(
      own.filter(({ before, after }) => before.outcome === outcomes.ok && after.outcome === outcomes.failed),
    ).toHaveLength(0);
    expect(gone.some((span) => serviceOf(span) !== fault.service)).toBe(true);
    const shows =
      fault.shows === 'changed-answer'
        ? own.some(({ after }) => after.outcome === outcomes.wrong)
        : gone.some((span) => serviceOf(span) === fault.service && !isServerOf(span, fault));
    expect(shows).toBe(true);
  });

  it('a retry storm repeats the calls of its service, each with what is below it', () => {
    const { fault, pairs, gone, added } = strike('retry-storm', { magnitude: 3 });
    const calls = (spans: readonly SimSpan[]) =>
      spans.filter((span) => remoteEdges(fault.service ?? -1).some(({ template }) => template === span.template));
    const before = calls(pairs.map((pair) => pair.before)).length;
    expect(calls(added).length / before).toBeGreaterThan(2);
    expect(calls(added).length / before).toBeLessThan(4);
    expect(added.length).toBeGreaterThan(calls(added).length);
    expect(gone.length).toBeLessThan(0.01 * pairs.length);
  });

  it('one slow pod leaves the others of its service as they were', () => {
    const { fault, pairs } = strike('one-pod', { magnitude: 8 });
    const own = pairs.filter(({ before }) => isServerOf(before, fault));
    const pods = [...new Set(own.map(({ before }) => before.pod))].sort((a, b) => a - b);
    const grown = pods.map((pod) => growth(own.filter(({ before }) => before.pod === pod)));
    expect(pods.length).toBeGreaterThan(1);
    expect(grown.filter((us) => us > 1000)).toHaveLength(1);
    expect(grown[fault.pod ?? -1]).toBeGreaterThan(1000);
  });

  it('a hanging entry reports no spans any more, and the other entries go on', () => {
    const { fault, gone, added, pairs } = strike('hang', { magnitude: 1 });
    const roots = (spans: readonly SimSpan[]) =>
      spans.filter(({ parentHigh, parentLow }) => parentHigh === 0 && parentLow === 0);
    expect(roots(gone).length).toBeGreaterThan(0);
    expect(roots(gone).every((span) => isOperation(span, fault))).toBe(true);
    expect(roots(pairs.map(({ after }) => after)).some((span) => isOperation(span, fault))).toBe(false);
    expect(pairs.length).toBeGreaterThan(gone.length / 10);
    expect(added).toHaveLength(0);
  });

  it('changes nothing outside of its time', () => {
    const before = minuteOf(system, 3, []);
    for (const kind of faultKinds) {
      const { fault } = faultFor(system, { fault: kind });
      const later = { ...fault, fromUs: fault.untilUs, untilUs: fault.untilUs + 1 };
      const after = minuteOf(system, 3, [later]);
      expect(after.length).toBe(before.length);
      expect(after.filter(({ endUs }, index) => endUs !== before[index]?.endUs)).toEqual([]);
    }
  });

  it('has only culprits that can have it', () => {
    for (const kind of faultKinds) {
      const culprits = culpritsFor(system, kind);
      expect(culprits).toContain(faultFor(system, { fault: kind }).culprit);
    }
    expect(culpritsFor(system, 'slow-database').every((name) => name.endsWith('.data.local'))).toBe(true);
  });

  it('that has no place is refused with its name', () => {
    const service = system.services[0]?.name ?? '';
    expect(() => faultFor(system, { fault: 'slow-database', service })).toThrow(SystemError);
    expect(() => faultFor(system, { fault: 'slow-database', service })).toThrow(
      `no place for slow-database at ${service}`,
    );
  });
});

describe('the onset of a fault', () => {
  const fault: Fault = { kind: 'slow-work', onset: 'sharp', size: 'large', magnitude: 9, fromUs: 0, untilUs: 180e6 };

  it('is all at once, or grows for a minute, or comes and goes', () => {
    const at = (onset: Fault['onset'], seconds: number) => intensity({ ...fault, onset }, seconds * 1e6);
    expect([at('sharp', -1), at('sharp', 0), at('sharp', 179), at('sharp', 180)]).toEqual([0, 1, 1, 0]);
    expect([at('ramp', 0), at('ramp', 30), at('ramp', 90)]).toEqual([0, 0.5, 1]);
    expect([at('intermittent', 5), at('intermittent', 20), at('intermittent', 35)]).toEqual([1, 0, 1]);
  });
});

function strike(kind: Fault['kind'], spec: { magnitude: number }) {
  const { fault } = faultFor(system, { fault: kind, ...spec });
  return { fault, ...compare(system, 3, fault) };
}

function serviceOf(span: SimSpan): number | undefined {
  return system.templates[span.template]?.service;
}

function isClient(span: SimSpan): boolean {
  return system.templates[span.template]?.kind === spanKinds.client;
}

function isServerOf(span: SimSpan, fault: Fault): boolean {
  return system.templates[span.template]?.kind === spanKinds.server && serviceOf(span) === fault.service;
}

function isOperation(span: SimSpan, { operation }: Fault): boolean {
  return operation === undefined || system.operations[operation]?.template === span.template;
}

function edgeOf(span: SimSpan): Edge | undefined {
  return system.edges.find(({ template }) => template === span.template);
}

function calleeOf(span: SimSpan): number | undefined {
  const target = edgeOf(span)?.target;
  return target !== undefined && 'operation' in target ? system.operations[target.operation]?.service : undefined;
}

function peerOf(span: SimSpan): number | undefined {
  const target = edgeOf(span)?.target;
  return target !== undefined && 'peer' in target ? target.peer : undefined;
}

function remoteEdges(service: number, of: System = system): Edge[] {
  return of.edges.filter(
    ({ operation, target }) => 'operation' in target && of.operations[operation]?.service === service,
  );
}

function isBusy({ operation }: Edge): boolean {
  return (system.operations[operation]?.visitsPerSecond ?? 0) > 3;
}

/** Share of spans that lasted longer than before by at least a tenth. */
function lengthened(pairs: readonly Pair[]): number {
  const longer = pairs.filter(
    ({ before, after }) => after.endUs - after.startUs > 1.1 * (before.endUs - before.startUs),
  );
  return longer.length / pairs.length;
}
