import { smallestFound, trialsOf } from './smallest';

/** Searches `sizes` of which some are found; tells what was named, and what was tried in which order. */
function search(sizes: number, isFound: (index: number, times: number) => boolean): { named: number; tried: number[] } {
  const tried: number[] = [];
  const trials = smallestFound<never>(sizes, function* (index) {
    const times = tried.filter((earlier) => earlier === index).length;
    tried.push(index);
    return yield* answer(isFound(index, times));
  });
  for (;;) {
    const { done, value } = trials.next();
    if (done === true) return { named: value, tried };
  }
}

function* answer(found: boolean): Generator<never, boolean> {
  yield* [];
  return found;
}

describe('the search for the smallest size', () => {
  it.each([0, 1, 2, 3, 4, 5, 6, 7])('names what is found always, from size %i of 7 on, in few trials', (least) => {
    const { named, tried } = search(7, (index) => index >= least);
    expect(named).toBe(least);
    expect(tried.length).toBeLessThanOrEqual(trialsOf(7));
  });

  it('tries what it names twice', () => {
    expect(search(7, (index) => index >= 3).tried.filter((index) => index === 3)).toHaveLength(2);
  });

  it('goes on to the next size when one is not found again', () => {
    const { named, tried } = search(7, (index, times) => (index === 3 ? times === 0 : index > 3));
    expect(named).toBe(4);
    expect(tried.filter((index) => index === 4)).toHaveLength(2);
  });

  it('names none when the largest is not found again', () => {
    expect(search(7, (index, times) => index === 6 && times === 0).named).toBe(7);
  });

  it('has nothing to name where there are no sizes', () => {
    expect(search(0, () => true)).toEqual({ named: 0, tried: [] });
  });
});
