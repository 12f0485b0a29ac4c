import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { platform } from '../../main';
import { evidenceOf } from './evidence';
import { answer, everyService, useCases } from './index';
import { useCasesPage } from './page';

const root = join(__dirname, '..', '..');
const app = platform(everyService);
const answered = answer(app, useCases);

/** Those whose row names Alertmanager. */
const toldOf = [
  ...['CPU Alerts', 'Disk Alerts', 'System down', 'Container Alerts', 'Monitor Error Rate', 'Alert on High Latency'],
  ...[
    'Alert on Error Rate Spikes',
    'Custom Alert Conditions',
    'Alert on 5xx Status Codes',
    'Timeout and Latency Alerts',
  ],
  ...[
    'Alert on Error Patterns',
    'Alert on Volume Spikes',
    'High Latency, Link Failure Alerts',
    'SSL Certificate Expiry',
  ],
  'Failed Login Tracking',
];

describe('The use cases of document 004', () => {
  it('are all of its 57 rows, by category', () => {
    const counts: Record<string, number> = {};
    for (const { category } of useCases) counts[category] = (counts[category] ?? 0) + 1;
    expect(counts).toEqual({
      'Infrastructure Monitoring': 14,
      'Application Monitoring': 10,
      'Services Monitoring': 10,
      'Log Monitoring': 10,
      'Network Monitoring': 5,
      'Security Monitoring': 2,
      'Database Monitoring': 3,
      'Integration Monitoring': 3,
    });
    expect(useCases).toHaveLength(57);
  });

  it.each(answered.map((each) => [`${each.category}: ${each.name}`, each] as const))('%s is answered', (_, each) => {
    expect(each.shown.length).toBeGreaterThan(0);
    for (const { queries } of each.shown) expect(queries.length).toBeGreaterThan(0);
  });

  it.each(toldOf)('%s is told by a rule', (name) => {
    const cases = answered.filter((each) => each.name === name);
    expect(cases).toHaveLength(1);
    expect(cases[0]?.rules.length).toBeGreaterThan(0);
  });

  it('name what is there, and are refused where a panel or a rule is not', () => {
    const [first] = useCases;
    if (first === undefined) throw new RangeError('there are use cases');
    const wrong = (other: Partial<typeof first>) => () => answer(app, [{ ...first, ...other }]);
    expect(wrong({ panels: [{ dashboard: 'Nodes', panel: 'Nothing' }] })).toThrow('Nodes has 0 panels Nothing');
    expect(wrong({ panels: [{ dashboard: 'Nowhere', panel: 'CPU' }] })).toThrow('there is no dashboard Nowhere');
    expect(wrong({ alerts: ['NothingFires'] })).toThrow('there is no rule NothingFires');
  });

  it('say of every panel which test has seen it with rows, or why none can', () => {
    for (const { shown } of answered) {
      for (const { dashboard, panel } of shown) {
        const { seenBy, cannot } = evidenceOf(dashboard, panel);
        if (seenBy !== undefined) expect([seenBy, existsSync(join(root, seenBy))]).toEqual([seenBy, true]);
        else expect(cannot).toMatch(/\w+/);
      }
    }
    expect(() => evidenceOf('Nowhere', 'CPU')).toThrow('nobody said who has seen rows of Nowhere: CPU');
  });

  it('have a page with every query and every rule', () => {
    const page = useCasesPage(app);
    for (const { name, shown, rules } of answered) {
      expect(page).toContain(`### ${name}\n`);
      for (const { queries } of shown) for (const { text } of queries) expect(page).toContain(text);
      for (const { expr } of rules) expect(page).toContain(expr);
    }
  });
});
