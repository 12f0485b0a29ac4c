import fc from 'fast-check';
import { testEpochMs, type SpanToSend } from '../testing';
import { StageUnderTest, tracesOf } from '../testing-stage';

const root: SpanToSend = { id: 'a', service: 'gateway', name: 'GET /cart', kind: 2, durationMs: 100 };

describe('event time', () => {
  it.each([
    ['the start of the entry span', -9, -9],
    ['what the watermark allows, when the start is up to two minutes before record time', -120, -10],
    ['record time, when the start is earlier than that', -121, 0],
    ['the start, ten seconds ahead of record time', 10, 10],
    ['record time, when the start is further ahead', 11, 0],
    ['record time, when the clock is a year off', 365 * 86_400, 0],
  ])('is %s', async (_, startSeconds, expectedSeconds) => {
    const stage = new StageUnderTest();
    await stage.send(0, { ...root, startMs: testEpochMs + startSeconds * 1000 });
    await stage.pass(1);
    expect(stage.traces[0]?.eventTimeMs).toBe(testEpochMs + expectedSeconds * 1000);
    expect(await stage.counted('replaced_event_times')).toBe(startSeconds === expectedSeconds ? 0 : 1);
  });

  it.each([
    ['half the lag before the end of a request that took longer', 90, 0, -5],
    ['the same for one that took longer than clocks may be off', 180, 0, -5],
    ['the start of one that took less', 4, 0, -4],
    ['what the watermark allows, when the spans of a long one come late', 90, 7, -10],
    ['the start, where the end is in the future', 60, -55, -5],
  ])('is %s', async (_, durationSeconds, delaySeconds, expectedSeconds) => {
    const stage = new StageUnderTest();
    const startMs = testEpochMs - (durationSeconds + delaySeconds) * 1000;
    await stage.send(0, { ...root, startMs, durationMs: durationSeconds * 1000 });
    await stage.pass(1);
    expect(stage.traces[0]?.eventTimeMs).toBe(testEpochMs + expectedSeconds * 1000);
  });

  it('never lies before a watermark that was sent earlier, however long traces take and late their spans come', async () => {
    const sent = fc.record({
      atSeconds: fc.nat(1200).map((tenths) => tenths / 10),
      seconds: fc.nat(180),
      delaySeconds: fc.nat(30),
      trace: fc.nat(6),
      id: fc.nat(4),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(sent, { maxLength: 40 }), async (all) => {
        const stage = new StageUnderTest({ MAX_MESSAGE_BYTES: '1' });
        for (const { atSeconds, seconds, delaySeconds, trace, id } of all.sort((a, b) => a.atSeconds - b.atSeconds)) {
          const startMs = testEpochMs + (atSeconds - delaySeconds - seconds) * 1000;
          const span = { trace: `${trace + 1}`, id: `${id + 1}`, startMs, durationMs: seconds * 1000 };
          await stage.send(atSeconds, id === 0 ? span : { ...span, parent: `${id}` });
        }
        await stage.pass(300);
        let watermark = -Infinity;
        for (const [i, batch] of stage.batches.entries()) {
          for (const trace of tracesOf(batch)) {
            expect(trace.eventTimeMs - testEpochMs).toBeGreaterThanOrEqual(Math.round(watermark * 1000));
          }
          watermark = stage.watermarks[i] ?? watermark;
        }
      }),
      { numRuns: 100 },
    );
  });
});
