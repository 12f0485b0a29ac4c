import { environments } from '../../environments';
import { exceptions } from './exceptions';

const names = exceptions.map(({ checker, check, message, covers }) =>
  JSON.stringify([checker, check, message, covers]),
);

describe.each(exceptions.map((exception) => [`${exception.checker} ${exception.check}`, exception] as const))(
  'The exception from %s',
  (_name, { covers, count, reason }) => {
    it('says in a sentence why, what it covers, and how much of which environment', () => {
      expect(reason).toMatch(/^[A-Z].{20,}\.$/s);
      expect(covers).not.toHaveLength(0);
      const known = environments.map(({ name }) => name);
      expect(Object.keys(count)).not.toHaveLength(0);
      for (const [environment, findings] of Object.entries(count)) {
        expect(known).toContain(environment);
        expect(findings).toBeGreaterThan(0);
      }
    });
  },
);

describe('The exceptions', () => {
  it('are each there once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it('name each object once, and none with the hash of its contents', () => {
    for (const { covers } of exceptions) {
      if (covers === 'all') continue;
      expect(new Set(covers).size).toBe(covers.length);
      for (const object of covers) expect(object).toMatch(/^[A-Z][A-Za-z]+\/[a-z0-9-]+(?<!-[0-9a-f]{10})$/);
    }
  });
});
