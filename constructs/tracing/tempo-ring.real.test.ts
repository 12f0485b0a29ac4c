import { setTimeout as sleep } from 'node:timers/promises';
import { newTraceId, TempoRing, type Taken } from './tempo-ring.testing';

const say = (text: string) => process.stdout.write(`${text}\n`);

/** Writes, kills the last member while it takes spans, and goes on writing. */
async function writeAndKill(ring: TempoRing, count: number): Promise<Taken> {
  const taken: Taken = { traceIds: [], sentAgain: 0 };
  const writing = ring.write(count, taken);
  while (taken.traceIds.length < count / 2) await sleep(5);
  await ring.kill(2);
  await writing;
  say(`${taken.traceIds.length} traces were taken, ${taken.sentAgain} requests were sent again`);
  return taken;
}

describe('Three Tempos as they are rendered, on a bucket', () => {
  let ring: TempoRing;

  beforeAll(async () => {
    ring = await TempoRing.start();
  });
  afterAll(async () => {
    await ring.stop();
  });

  it('are one: what one of them takes each finds, by its id and by TraceQL', async () => {
    for (const writer of ring.indexes) {
      const id = newTraceId();
      expect(await ring.send(writer, id)).toBe(true);
      for (const reader of ring.indexes) while ((await ring.missing(reader, [id])).length > 0) await sleep(100);
    }
    for (const reader of ring.indexes) {
      while ((await ring.searched(reader)) < 3) await sleep(200);
      expect(await ring.searched(reader)).toBe(3);
    }
  });

  it('have each span thrice, and in the metrics of one', async () => {
    const taken: Taken = { traceIds: [], sentAgain: 0 };
    await ring.write(500, taken);
    expect(taken.sentAgain).toBe(0);
    const [appends, failures] = [await ring.sum(appended), await ring.sum(notAppended)];
    say(`Of ${appends} copies ${failures} did not arrive`);
    expect(failures).toBeLessThan(appends / 100);
    // With those of the case before.
    const spans = await ring.sum('tempo_distributor_spans_received_total');
    expect(spans).toBeGreaterThanOrEqual(503);
    while ((await ring.measured(calls)) < spans) await sleep(1000);
    // Each writes what it counted every fifteen seconds.
    await sleep(30_000);
    expect(await ring.measured(calls)).toBe(spans);
    expect(await ring.measured('count(count by (source) (traces_spanmetrics_calls_total))')).toBeGreaterThan(1);
  });

  it('lose nothing that was taken when one is killed, and go on taking spans', async () => {
    const { traceIds } = await writeAndKill(ring, 500);
    await ring.settled();
    for (const reader of [0, 1]) expect(await ring.missing(reader, traceIds)).toEqual([]);
    await ring.restart(2);
    for (const reader of ring.indexes) {
      const start = performance.now();
      expect(await ring.missing(reader, traceIds)).toEqual([]);
      say(`${reader} found them in ${Math.round(performance.now() - start)} ms`);
    }
  });
});

describe('Three Tempos that answer as soon as two have a span', () => {
  let ring: TempoRing;

  beforeAll(async () => {
    ring = await TempoRing.start({
      'artificial_delay: 250ms': 'artificial_delay: 0s',
      'backend: s3': 'backend: s3\n    blocklist_poll: 5s',
    });
  });
  afterAll(async () => {
    await ring.stop();
  });

  it('have some spans in one place only when one is killed, and lose none: all are found once those that lived wrote their blocks', async () => {
    const { traceIds } = await writeAndKill(ring, 150);
    await ring.settled();
    await ring.restart(2);
    const missing = await Promise.all(ring.indexes.map((reader) => ring.missing(reader, traceIds)));
    say(`At first the members do not find ${missing.map(({ length }) => length).join(', ')} of them`);
    expect(await ring.sum(notAppended)).toBeGreaterThan(0);
    await ring.flush(0, 1);
    const start = performance.now();
    // Each reads lists of blocks by itself.
    for (const reader of [0, 1]) {
      let left = traceIds;
      while (left.length > 0) {
        await sleep(1000);
        left = (await ring.missing(reader, left)).map(({ traceId }) => traceId);
        say(
          `${Math.round((performance.now() - start) / 1000)} s after they were flushed ${reader} does not find ${left.length}`,
        );
      }
    }
  });
});

const calls = 'sum(traces_spanmetrics_calls_total{service="cart"})';
const appended = 'tempo_distributor_ingester_appends_total';
const notAppended = 'tempo_distributor_ingester_append_failures_total';
