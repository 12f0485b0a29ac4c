import { Hanging } from './wait';

const pending = (why: string) => ({ done: 1, total: 2, pending: [{ what: 'a/Deployment/b', why, isFailed: false }] });

describe('what hangs', () => {
  it('is told once, after a while, and again when the reason changes', () => {
    const hanging = new Hanging();
    expect(hanging.told(pending('starts'), 0)).toEqual([]);
    expect(hanging.told(pending('starts'), 14_000)).toEqual([]);
    expect(hanging.told(pending('starts'), 16_000)).toEqual(['a/Deployment/b: starts']);
    expect(hanging.told(pending('starts'), 60_000)).toEqual([]);
    expect(hanging.told(pending('crashes'), 61_000)).toEqual([]);
    expect(hanging.told(pending('crashes'), 77_000)).toEqual(['a/Deployment/b: crashes']);
  });

  it('counts anew when it was away', () => {
    const hanging = new Hanging();
    hanging.told(pending('starts'), 0);
    hanging.told({ done: 2, total: 2, pending: [] }, 10_000);
    expect(hanging.told(pending('starts'), 16_000)).toEqual([]);
  });
});
