import { firstLateRevision, spanFlags, traceFlags } from '@plumbline/wire';
import { silentLog, type OutgoingRecord } from '@plumbline/worker';
import { testEpochMs, type SpanToSend } from './testing';
import { outline, StageUnderTest } from './testing-stage';

/** Its parent never comes, so it is put out after ten seconds. */
const first: SpanToSend = { id: 'a', parent: 'f' };
const second: SpanToSend = { id: 'b', parent: 'f' };
const third: SpanToSend = { id: 'c', parent: 'f' };

/** What a process put out that read some spans, each at a second, and lived for so long. */
async function putOut(
  sent: readonly (readonly [atSeconds: number, ...spans: SpanToSend[]])[],
  throughSeconds: number,
  settings: Readonly<Record<string, string>> = {},
): Promise<readonly OutgoingRecord[]> {
  const stage = new StageUnderTest(settings);
  for (const [atSeconds, ...spans] of sent) await stage.send(atSeconds, ...spans);
  await stage.pass(throughSeconds);
  return stage.records;
}

/** Ids of the spans of a trace that statistics do not count again. */
const counted = (stage: StageUnderTest) =>
  stage.traces.map(({ spans }) =>
    spans
      .filter(({ flags }) => (flags & spanFlags.counted) !== 0)
      .map(({ spanId }) => spanId.replace(/^0+/, ''))
      .join(''),
  );

describe('After a restart, a trace', () => {
  it('that was put out is not put out again', async () => {
    const stage = new StageUnderTest({}, 0, { before: await putOut([[0, first]], 11) });
    await stage.send(0, first);
    await stage.pass(60);
    expect(stage.traces).toEqual([]);
  });

  it('goes on from what was put out, though now its spans come together', async () => {
    const stage = new StageUnderTest({}, 0, { before: await putOut([[0, first]], 11) });
    await stage.send(0, first);
    await stage.send(5, second);
    await stage.pass(30);
    expect(outline(stage.traces)).toEqual([[2, 'ab']]);
    expect(counted(stage)).toEqual(['a']);
  });

  it('waits for spans that were put out before it says that its beginning is missing', async () => {
    const before = await putOut(
      [
        [0, first],
        [11, second],
      ],
      40,
    );
    const stage = new StageUnderTest({}, 0, { before });
    await stage.send(0, first);
    await stage.send(11, second);
    await stage.send(35, third);
    await stage.pass(60);
    expect(outline(stage.traces)).toEqual([[3, 'abc']]);
    expect(counted(stage)).toEqual(['ab']);
  });

  it('whose beginning is not read again is late, and says only what is new', async () => {
    const stage = new StageUnderTest({}, 0, { before: await putOut([[0, first, second]], 11) });
    await stage.send(1, second);
    await stage.send(20, third);
    await stage.pass(60);
    expect(outline(stage.traces)).toEqual([[firstLateRevision, 'bc']]);
    expect(counted(stage)).toEqual(['b']);
    expect((stage.traces[0]?.flags ?? 0) & traceFlags.late).toBe(traceFlags.late);
    expect(await stage.counted('late_spans')).toBe(1);
  });

  it('of which nothing is read again is late', async () => {
    const stage = new StageUnderTest({}, 0, { before: await putOut([[0, first]], 11) });
    await stage.send(50, second);
    await stage.pass(70);
    expect(outline(stage.traces)).toEqual([[firstLateRevision, 'b']]);
  });

  it('that was late goes on behind its late revision', async () => {
    const before = await putOut(
      [
        [0, first],
        [45, second],
      ],
      60,
    );
    const stage = new StageUnderTest({}, 0, { before });
    await stage.send(45, second);
    await stage.send(50, third);
    await stage.pass(80);
    expect(outline(stage.traces)).toEqual([[firstLateRevision + 1, 'bc']]);
    expect(counted(stage)).toEqual(['b']);
  });

  it('that was taken back when the process ended is said anew', async () => {
    const root: SpanToSend = { id: 'a' };
    const child: SpanToSend = { id: 'b', parent: 'a' };
    const sent = [
      [0, root],
      [2, child],
    ] as const;
    // A message for each: the retraction is there, what was to take its place is not.
    const before = await putOut(sent, 5, { MAX_MESSAGE_BYTES: '1' });
    expect(before).toHaveLength(3);
    const stage = new StageUnderTest({}, 0, { before: before.slice(0, -1) });
    for (const [at, span] of sent) await stage.send(at, span);
    await stage.pass(60);
    expect(outline(stage.traces)).toEqual([
      [2, 'a'],
      [-2, 'a'],
      [3, 'ab'],
    ]);
    expect(counted(stage)).toEqual(['', '', '']);
  });

  it('is in no window that was closed before it', async () => {
    const quiet = new StageUnderTest();
    await quiet.send(0, first);
    for (let second = 0; second <= 100; second += 1) await quiet.tick(second);
    expect(quiet.watermarks.at(-1)).toBe(90);
    const stage = new StageUnderTest({}, 0, { before: quiet.records });
    await stage.send(20, { ...second, trace: '2', startMs: testEpochMs });
    await stage.pass(60);
    expect(stage.traces.map(({ eventTimeMs }) => eventTimeMs - testEpochMs)).toEqual([90_000]);
  });
});

describe('What was put out', () => {
  it('is read back once for all partitions, unless one of them begins earlier', async () => {
    const stage = new StageUnderTest();
    await stage.assign(3);
    const from = async (partition: number, seconds: number) =>
      stage.stage.recall({ topic: 'traces', partition }, testEpochMs + seconds * 1000);
    await from(1, 0);
    await from(0, -80);
    expect(stage.asked).toEqual([{ partitions: [0, 1, 2], sinceMs: testEpochMs - 90_000 }]);
    await from(2, -100);
    expect(stage.asked.slice(1)).toEqual([{ partitions: [2], sinceMs: testEpochMs - 190_000 }]);
  });

  it('is recalled as far as there is memory, and said where there is not', async () => {
    const warnings: unknown[] = [];
    const spans = Array.from({ length: 8000 }, (_, i) => ({ ...first, id: (i + 1).toString(16) }));
    const records = await putOut(
      Array.from({ length: 14 }, (_, i) => [i, ...spans.map((span) => ({ ...span, trace: `${i + 1}` }))] as const),
      60,
    );
    const log = { ...silentLog, warn: (context: object) => warnings.push(context) };
    const stage = new StageUnderTest({ MAX_RECALLED_BYTES: '1048576' }, 0, { before: records, log });
    await stage.send(0, first);
    expect(warnings).toEqual([expect.objectContaining({ maxBytes: 1_048_576 })]);
  });
});
