import { lifecycleRules } from './bucket-lifecycle';

describe('The lifecycle of a bucket', () => {
  it('is a rule for each thing that is asked, for all objects', () => {
    const rules = lifecycleRules({ archiveAfterDays: 90, expireAfterDays: 365, abortUploadsAfterDays: 7 });
    expect(rules.map(({ ID }) => ID)).toEqual(['plumbline-abort', 'plumbline-archive', 'plumbline-expire']);
    for (const rule of rules) expect(rule).toMatchObject({ Status: 'Enabled', Filter: { Prefix: '' } });
  });

  it('keeps the newest versions, and deletes those before them', () => {
    expect(lifecycleRules({ keepVersions: 10 })).toEqual([
      expect.objectContaining({
        NoncurrentVersionExpiration: { NoncurrentDays: 1, NewerNoncurrentVersions: 10 },
      }),
    ]);
  });

  it('is empty where nothing is asked', () => {
    expect(lifecycleRules({})).toEqual([]);
  });
});
