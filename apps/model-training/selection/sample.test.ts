import { hashOf, sampleByGroup, type Candidate } from './sample';

function candidates(group: string, count: number): Candidate[] {
  return Array.from({ length: count }, (_, i) => ({ traceId: `${group}${i}`, group }));
}

describe('A sample of traces', () => {
  it('takes of what is rare as many as of what is common, as far as there are', () => {
    const taken = sampleByGroup([...candidates('common', 1000), ...candidates('rare', 5)], 100, 'seed');
    expect(taken).toHaveLength(100);
    expect(taken.filter(({ group }) => group === 'rare')).toHaveLength(5);
  });

  it('is the same in whatever order traces come, and another one with another seed', () => {
    const all = [...candidates('a', 50), ...candidates('b', 50)];
    const ids = (list: readonly Candidate[]) => list.map(({ traceId }) => traceId);
    expect(ids(sampleByGroup([...all].reverse(), 20, 'x'))).toEqual(ids(sampleByGroup(all, 20, 'x')));
    expect(ids(sampleByGroup(all, 20, 'y'))).not.toEqual(ids(sampleByGroup(all, 20, 'x')));
  });

  it('counts a trace that comes twice once', () => {
    const twice = [...candidates('a', 3), ...candidates('a', 3)];
    expect(sampleByGroup(twice, 10, 'x')).toHaveLength(3);
  });

  it('hashes as SQL does: SHA-256 of seed, colon and id', () => {
    expect(hashOf('seed', 'id')).toBe('07dd78c8f16d0f18084f778bb97975f6ac3037db7f51b6c200995a5cf9b59e74');
  });
});
