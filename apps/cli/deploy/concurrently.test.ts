import { concurrently } from './concurrently';

describe('concurrently', () => {
  it('gives what came of each in order, with so many at once at most', async () => {
    let running = 0;
    let most = 0;
    const results = await concurrently([30, 1, 20, 2, 10], 2, async (ms) => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, ms));
      running -= 1;
      return ms * 2;
    });
    expect(results).toEqual([60, 2, 40, 4, 20]);
    expect(most).toBe(2);
  });

  it('begins nothing more after one has failed', async () => {
    const begun: number[] = [];
    const work = async (item: number) => {
      begun.push(item);
      await Promise.resolve();
      if (item === 0) throw new Error('refused');
    };
    await expect(concurrently([0, 1, 2, 3, 4, 5], 1, work)).rejects.toThrow('refused');
    expect(begun).toEqual([0]);
  });
});
