import { Duration } from 'cdk8s';
import type { Alert } from './alert';
import { ruleGroups, type IEvaluable } from './rule-groups';
import { Slo } from './slo';

const full: Alert = {
  name: 'CacheFull',
  expr: 'cache_used > 0.9',
  for: Duration.minutes(5),
  severity: 'warning',
  summary: '{{ $labels.instance }} is full',
  description: 'It forgets what is still asked for.',
};
const component = (parts: Partial<IEvaluable>): IEvaluable => ({
  name: 'cache',
  namespace: 'shop',
  alerts: [],
  recordingRules: [],
  slos: [],
  ...parts,
});
const options = { runbookUrl: 'https://example.org/runbooks/', sources: [] };
const groupsOf = (parts: Partial<IEvaluable>) => ruleGroups(component(parts), options);

describe('The rules of a component', () => {
  it('are a group of its own and one for each objective, what is recorded first', () => {
    const record = { record: 'cache:hits:rate5m', expr: 'rate(hits_total[5m])', labels: { of: 'cache' } };
    const slo = new Slo({ name: 'Hits', description: 'Hits.', objective: 99, errors: () => 'a', total: () => 'b' });
    const groups = groupsOf({ alerts: [full], recordingRules: [record], slos: [slo] });
    expect(groups.map(({ name, rules }) => [name, rules.length])).toEqual([
      ['cache', 2],
      ['cache-Hits', 9],
    ]);
    expect(groups[0]?.rules).toEqual([
      record,
      {
        alert: 'CacheFull',
        expr: 'cache_used > 0.9',
        for: '300s',
        labels: { severity: 'warning' },
        annotations: {
          summary: '{{ $labels.instance }} is full',
          description: 'It forgets what is still asked for.',
          runbook_url: 'https://example.org/runbooks/CacheFull.md',
        },
      },
    ]);
  });

  it('say of each alert whose it is, unless the alert itself does', () => {
    const other: Alert = { ...full, name: 'CacheOld', labels: { team: 'shop' } };
    const [group] = groupsOf({ team: 'platform', alerts: [full, other] });
    expect(group?.rules.map(({ labels }) => labels)).toEqual([
      { team: 'platform', severity: 'warning' },
      { team: 'shop', severity: 'warning' },
    ]);
  });

  it('are none where there are none', () => expect(groupsOf({})).toEqual([]));

  it('leave out what needs metrics that are not read', () => {
    const alerts: readonly Alert[] = [{ ...full, source: 'kubelet' }];
    expect(groupsOf({ alerts })).toEqual([]);
    expect(ruleGroups(component({ alerts }), { ...options, sources: ['kubelet'] })).toHaveLength(1);
  });

  it('take the runbook of somebody else', () => {
    const [group] = groupsOf({ alerts: [{ ...full, runbook: 'https://wiki.example.org/cache' }] });
    expect(group?.rules[0]?.annotations?.runbook_url).toBe('https://wiki.example.org/cache');
  });

  it('may have one name if their labels differ', () => {
    const alerts = ['a', 'b'].map((job): Alert => ({ ...full, labels: { job } }));
    expect(groupsOf({ alerts })[0]?.rules).toHaveLength(2);
    expect(() => groupsOf({ alerts: [full, full] })).toThrow('CacheFull');
  });

  it.each<[string, Partial<Alert>]>([
    ['alert of cache is "cache full", which is not a name in camel case', { name: 'cache full' }],
    ['for of CacheFull is "0 s", which is not a time', { for: Duration.seconds(0) }],
    ['expr of CacheFull of cache is "", which is not a text', { expr: '' }],
    ['summary of CacheFull of cache is " ", which is not a text', { summary: ' ' }],
    ['description of CacheFull of cache is "", which is not a text', { description: '' }],
  ])('cannot be: %s', (message, change) => {
    expect(() => groupsOf({ alerts: [{ ...full, ...change }] })).toThrow(message);
  });

  it('record under names that say of what and how', () => {
    expect(() => groupsOf({ recordingRules: [{ record: 'hits', expr: '1' }] })).toThrow('level:metric:operations');
  });
});
