import { PartitionCount } from './partition-count';

const minute = 60_000;

function asked(...answers: readonly (number | Error)[]): {
  readonly count: PartitionCount;
  readonly times: () => number;
} {
  let times = 0;
  const partitions = (): Promise<number> => {
    const answer = answers[times] ?? new Error('asked too often');
    times += 1;
    return typeof answer === 'number' ? Promise.resolve(answer) : Promise.reject(answer);
  };
  return { count: new PartitionCount({ partitions }, 'traces'), times: () => times };
}

test('a topic that grew is noticed within a minute', async () => {
  const { count, times } = asked(4, 8, 8);
  expect(await count.ask()).toBe(4);
  expect(await count.refresh(0)).toBe(false);
  expect(await count.refresh(minute - 1)).toBe(false);
  expect(times()).toBe(1);
  expect(await count.refresh(minute)).toBe(true);
  expect(count.count).toBe(8);
  expect(await count.refresh(2 * minute)).toBe(false);
});

test('what is known is kept while nobody answers', async () => {
  const { count } = asked(4, new Error('no broker'), 4, 2);
  await count.ask();
  await count.refresh(0);
  expect(await count.refresh(minute)).toBe(false);
  expect(count.count).toBe(4);
  expect(await count.refresh(2 * minute)).toBe(false);
  expect(await count.refresh(3 * minute)).toBe(true);
  expect(count.count).toBe(2);
});

test('the first answer is waited for, and without one nothing begins', async () => {
  const { count } = asked(new Error('no broker'));
  await expect(count.ask()).rejects.toThrow('no broker');
});
