import { decodeAnalysisProgress, maxNamedIncidents, progressStepMs, type Incident } from '@plumbline/wire';
import type { OutgoingRecord, StreamRecord } from '@plumbline/worker';
import { exampleIncident } from '../wire/incident.testing';
import { Progress } from './progress';
import { Bench } from './testing/bench';
import { detect } from './testing/messages';
import { faultMs, profileOf, startMs, tracesOf } from './testing/scenario';

const told = (records: readonly OutgoingRecord[]) =>
  records.map(({ value }) => decodeAnalysisProgress(value ?? new Uint8Array()));

describe('progress', () => {
  test('is told by steps, and not while nothing can be judged', () => {
    const progress = new Progress();
    expect(progress.advance('acme', 5 * progressStepMs)).toEqual([]);
    progress.judge('acme');
    expect(progress.advance('shop', 5 * progressStepMs)).toEqual([]);
    expect(told(progress.advance('acme', 5.5 * progressStepMs))).toEqual([
      { tenant: 'acme', throughMs: 5 * progressStepMs, incidents: [] },
    ]);
    expect(progress.advance('acme', 5.9 * progressStepMs)).toEqual([]);
    expect(progress.advance('acme', -Infinity)).toEqual([]);
    expect(told(progress.advance('acme', 6 * progressStepMs))[0]?.throughMs).toBe(6 * progressStepMs);
  });

  test('is not taken back after a restart', () => {
    const before = new Progress();
    before.judge('acme');
    const [record] = before.advance('acme', 8 * progressStepMs);
    const after = new Progress();
    after.restore({ ...(record as OutgoingRecord), offset: 0, timestampMs: 0 } as StreamRecord);
    after.judge('acme');
    expect(after.advance('acme', 8.5 * progressStepMs)).toEqual([]);
    expect(after.advance('acme', 9 * progressStepMs)).toHaveLength(1);
  });

  test('decides what need not be looked at again, unless an incident it names never got to its topic', () => {
    const before = new Progress();
    before.judge('acme');
    const incident = exampleIncident({ tenant: 'acme', revision: 2 });
    before.note(incident);
    const [record] = before.advance('acme', 8 * progressStepMs);
    const after = (known?: Incident): number => {
      const progress = new Progress();
      if (known !== undefined) progress.note(known);
      progress.restore({ ...(record as OutgoingRecord), offset: 0, timestampMs: 0 } as StreamRecord);
      return progress.decidedThrough('acme');
    };
    expect(after(incident)).toBe(8 * progressStepMs);
    expect(after({ ...incident, revision: 1 })).toBe(-Infinity);
    expect(after()).toBe(-Infinity);
  });

  test('names the newest incidents of its tenant, each with its last revision, and forgets what was taken off', () => {
    const progress = new Progress();
    progress.judge('acme');
    for (let i = 1; i <= maxNamedIncidents + 2; i += 1) {
      progress.note(exampleIncident({ tenant: 'acme', id: i.toString(16).padStart(12, '0'), revision: 1 }));
    }
    progress.note(exampleIncident({ tenant: 'acme', id: '000000000003', revision: 2 }));
    progress.forget('000000000004');
    const [{ incidents } = { incidents: [] }] = told(progress.advance('acme', 1e12));
    expect(incidents).toHaveLength(maxNamedIncidents - 1);
    expect(incidents[0]?.id).toBe('000000000005');
    expect(incidents.at(-1)).toEqual({ id: '000000000003', revision: 2 });
  });
});

describe('root cause over a log', () => {
  const records = detect(tracesOf({ kind: 'errors', service: 'inventory' }, { afterMs: 60_000 }), profileOf());

  test('tells how far it has looked, and by when an incident is known', async () => {
    const bench = await Bench.open();
    await bench.append(records);
    await bench.run();
    const progress = await bench.progress();
    expect(progress.map(({ throughMs }) => throughMs % progressStepMs)).toEqual(progress.map(() => 0));
    expect(progress.at(-1)?.throughMs).toBeGreaterThanOrEqual(startMs + 120_000);
    const [opened] = await bench.published();
    const since = progress.filter(({ throughMs }) => throughMs >= faultMs + 40_000);
    for (const { incidents } of since) expect(incidents.map(({ id }) => id)).toEqual([opened?.id]);
    await bench.stop();
  });

  test('tells nothing twice when it was killed in between', async () => {
    const bench = await Bench.open();
    for (let i = 0; i < records.length; i += 10) {
      await bench.append(records.slice(i, i + 10));
      await bench.run();
      await bench.stop();
    }
    const through = (await bench.progress()).map(({ throughMs }) => throughMs);
    expect(through.length).toBeGreaterThan(4);
    expect(through).toEqual([...new Set(through)].sort((a, b) => a - b));
  });
});
