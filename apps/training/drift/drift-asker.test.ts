import { silentLog } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { DriftAsker, sentenceOf } from './drift-asker';
import { exampleDrift } from './testing';
import { airflowTrigger, type TrainingAnswer, type TrainingAsk } from './training-trigger';

const drift = exampleDrift();
const nowMs = drift.throughMs + 1000;
const minute = 60_000;

/** One who asks, and one who answers in turn; a string that is no answer is a failure. */
function bench(...answers: readonly (TrainingAnswer | Error)[]) {
  const asked: TrainingAsk[] = [];
  const registry = new Registry();
  const left = [...answers];
  const trigger = {
    ask: (request: TrainingAsk): Promise<TrainingAnswer> => {
      asked.push(request);
      const answer = left.shift() ?? 'asked';
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  };
  const asker = new DriftAsker({ registry, log: silentLog, trigger });
  const tick = async (atMs: number): Promise<number> => {
    asker.tick(atMs);
    await asker.settled();
    return asked.length;
  };
  return { asker, asked, tick, outcome: outcomesOf(registry) };
}

function outcomesOf(registry: Registry) {
  return async (outcome: string): Promise<number | undefined> => {
    const metric = await registry.getSingleMetric('plumbline_training_asked_total')?.get();
    return metric?.values.find(({ labels }) => labels.outcome === outcome)?.value;
  };
}

test('a drift asks for one training, of a run that is named after it', async () => {
  const { asker, asked, tick, outcome } = bench();
  asker.observe(drift);
  await tick(nowMs);
  expect(asked).toEqual([{ reason: 'drift', event: sentenceOf(drift), runId: drift.id }]);
  asker.observe(drift);
  expect(await tick(nowMs + minute)).toBe(1);
  expect(await outcome('asked')).toBe(1);
});

test('it says what drifted, and when', () => {
  expect(sentenceOf(drift)).toBe(
    '000003-0123456789ab drifted by 0.31 from 2023-11-14T22:13:20.000Z to 2023-11-14T23:13:20.000Z: ' +
      'combined, own default/production//payment (1 features)',
  );
});

test('of several the newest is answered', async () => {
  const { asker, asked, tick } = bench();
  const next = exampleDrift(drift.fromMs + 3_600_000);
  for (const each of [drift, next, drift]) asker.observe(each);
  await tick(nowMs);
  expect(asked.map(({ runId }) => runId)).toEqual([next.id]);
});

test('who is away is asked again, later each time, and learning does not wait', async () => {
  const { asker, tick, outcome } = bench(new Error('away'), new Error('away'));
  asker.observe(drift);
  asker.tick(nowMs);
  // Nobody has answered yet, and time goes on.
  asker.tick(nowMs + 1000);
  await asker.settled();
  expect(await tick(nowMs + minute - 1)).toBe(1);
  expect(await tick(nowMs + minute)).toBe(2);
  expect(await tick(nowMs + 2 * minute)).toBe(2);
  expect(await tick(nowMs + 3 * minute)).toBe(3);
  expect([await outcome('failed'), await outcome('asked')]).toEqual([2, 1]);
});

test('drift of yesterday is asked for no more', async () => {
  const { asker, tick, outcome } = bench();
  asker.observe(drift);
  expect(await tick(drift.throughMs + 86_400_001)).toBe(0);
  expect(await outcome('stale')).toBe(1);
});

test('after a training a while ago it is asked once more, for whoever claimed it may have died', async () => {
  const { asker, tick, outcome } = bench('cooling', 'cooling');
  asker.observe(drift);
  expect(await tick(nowMs)).toBe(1);
  expect(await tick(nowMs + 14 * minute)).toBe(1);
  expect(await tick(nowMs + 15 * minute)).toBe(2);
  expect(await tick(nowMs + 60 * minute)).toBe(2);
  expect(await outcome('cooling')).toBe(1);
});

test('without anybody to ask it is counted', async () => {
  const registry = new Registry();
  const asker = new DriftAsker({ registry, log: silentLog });
  asker.observe(drift);
  asker.tick(nowMs);
  await asker.settled();
  expect(await outcomesOf(registry)('nobody to ask')).toBe(1);
});

test.each([
  ['started', 'asked'],
  ['present', 'already'],
  ['cooling down', 'cooling'],
] as const)('an Airflow that says %s has %s', async (said, answer) => {
  const start = jest.fn(() => Promise.resolve(said));
  expect(await airflowTrigger(start).ask({ reason: 'drift', event: 'e', runId: drift.id })).toBe(answer);
  expect(start).toHaveBeenCalledWith({ reason: 'drift', event: 'e', dagRunId: drift.id });
});
