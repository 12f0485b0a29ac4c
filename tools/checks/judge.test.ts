import { checkedObject, type Finding } from './finding';
import { judge, type Exception } from './judge';

const finding: Finding = {
  checker: 'kube-score',
  check: 'container-resources',
  object: 'StatefulSet/tempo',
  namespace: 'tempo',
  part: 'tempo',
  message: 'CPU limit is not set',
};
const exception: Exception = {
  checker: 'kube-score',
  check: 'container-resources',
  covers: ['StatefulSet/tempo'],
  count: { thesis: 1 },
  reason: 'Because.',
};

describe('Findings and exceptions', () => {
  it('agree when each finding is excepted once and each count is right', () => {
    expect(judge('thesis', [finding], [exception])).toEqual([]);
    expect(judge('thesis', [finding], [{ ...exception, covers: 'all' }])).toEqual([]);
    expect(judge('thesis', [], [])).toEqual([]);
  });

  it('do not agree when a finding is not excepted', () => {
    expect(judge('thesis', [finding], [])).toEqual([
      'kube-score container-resources: StatefulSet/tempo in tempo, tempo: CPU limit is not set: not excepted: mend it, or except it with a reason',
    ]);
  });

  it.each<[string, Partial<Finding>]>([
    ['check', { check: 'container-image-tag' }],
    ['checker', { checker: 'checkov' }],
    ['object', { object: 'StatefulSet/prometheus' }],
    ['kind', { object: 'Deployment/tempo' }],
    ['message', { message: 'Memory limit is not set' }],
  ])('do not agree when what is excepted is another %s', (_what, change) => {
    const narrow = { ...exception, message: finding.message };
    expect(judge('thesis', [finding], [narrow])).toEqual([]);
    expect(judge('thesis', [finding, { ...finding, ...change }], [narrow])).toEqual([
      expect.stringContaining('not excepted'),
    ]);
  });

  it('do not agree when an exception covers nothing any more', () => {
    expect(judge('thesis', [], [exception])).toEqual([
      'the exception from kube-score container-resources of StatefulSet/tempo covers nothing in thesis any more: remove it',
    ]);
  });

  it('do not agree when an exception covers more or fewer than it says', () => {
    const more = [finding, { ...finding, part: 'init' }];
    expect(judge('thesis', more, [exception])).toEqual([
      'the exception from kube-score container-resources of StatefulSet/tempo covers 2 findings in thesis, and says 1: StatefulSet/tempo',
    ]);
    expect(judge('thesis', [finding], [{ ...exception, count: { thesis: 2 } }])).toEqual([
      expect.stringContaining('covers 1 findings in thesis, and says 2'),
    ]);
  });

  it('do not agree when two exceptions cover a finding, of which one could never be missed', () => {
    expect(judge('thesis', [finding], [exception, { ...exception, covers: 'all' }])).toEqual([
      expect.stringContaining('excepted 2 times'),
    ]);
  });

  it('are of the environments that an exception counts, and of no other', () => {
    expect(judge('production', [finding], [exception])).toEqual([expect.stringContaining('not excepted')]);
    expect(judge('production', [], [exception])).toEqual([]);
  });
});

describe('An object that was checked', () => {
  it('is named without what changes with its contents', () => {
    expect(checkedObject('Job', 'redpanda', 'redpanda-topics-011e6ec898').object).toBe('Job/redpanda-topics');
    expect(checkedObject('Deployment', 'plumbline', 'console').object).toBe('Deployment/console');
  });
});
