import { soundObjects } from '../constructs/invariants/fixtures';
import { exceptionTable } from './exceptions';

describe('The list of exceptions', () => {
  it('counts them and says what each may, and why', () => {
    const [count, , head, , ...rows] = exceptionTable(soundObjects()).split('\n');
    expect(count).toBe('2 exceptions.');
    expect(head).toMatch(/^\| Namespace \| Object +\| Profile +\| May +\| Why +\|$/);
    expect(rows).toEqual([
      expect.stringMatching(
        /^\| +\| `ClusterRole secret-maker` +\| cluster rights \| `get, create, patch secrets` +\| one role for the Job/,
      ),
      expect.stringMatching(
        /^\| nodes +\| `DaemonSet probe` +\| agent +\| `capability NET_RAW`, `host path \/proc`, .*\| it measures the node/,
      ),
    ]);
  });

  it('says when there is none', () => {
    expect(exceptionTable([])).toBe('0 exceptions.');
  });
});
