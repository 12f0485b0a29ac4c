import { ExpectedOffsets } from './expected-offsets';

const traces = { topic: 'traces', partition: 3 };

describe('a batch', () => {
  it('is read when it begins where the generation goes on, or before it', () => {
    const expected = new ExpectedOffsets([{ ...traces, offset: 100 }]);
    expect(expected.admit(traces, 100)).toEqual({ read: true, from: 100, lost: 0 });
    expect(expected.admit(traces, 90)).toEqual({ read: true, from: 100, lost: 0 });
  });

  it('that was fetched before a rebalance is not, and what is missing before it is asked for', () => {
    const expected = new ExpectedOffsets([{ ...traces, offset: 100 }]);
    expect(expected.admit(traces, 150)).toEqual({ read: false, from: 100 });
    expect(expected.admit(traces, 100)).toEqual({ read: true, from: 100, lost: 0 });
    expected.advance(traces, 149);
    expect(expected.admit(traces, 150)).toEqual({ read: true, from: 150, lost: 0 });
  });

  it('is read with a gap when the broker has nothing of it even when it is asked', () => {
    const expected = new ExpectedOffsets([{ ...traces, offset: 100 }]);
    expected.admit(traces, 150);
    expect(expected.admit(traces, 150)).toEqual({ read: true, from: 100, lost: 50 });
    expected.advance(traces, 160);
    // The next gap is asked about for itself.
    expect(expected.admit(traces, 170)).toEqual({ read: false, from: 161 });
  });

  it('of a partition of which nothing is known begins it', () => {
    const expected = new ExpectedOffsets();
    expect(expected.admit(traces, 7)).toEqual({ read: true, from: 7, lost: 0 });
    expected.advance(traces, 9);
    expect(expected.admit(traces, 12)).toEqual({ read: false, from: 10 });
  });

  it('of one partition says nothing of another', () => {
    const expected = new ExpectedOffsets([{ ...traces, offset: 100 }]);
    expect(expected.admit({ ...traces, partition: 4 }, 150).read).toBe(true);
    expect(expected.admit({ ...traces, topic: 'other' }, 150).read).toBe(true);
  });
});
