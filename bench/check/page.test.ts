import { checkPage } from './page';
import type { CheckedFault, CheckResult } from './result';
import { faultLine } from './text';

const found: CheckedFault = {
  shop: 1,
  kind: 'own-time',
  service: 'cart',
  size: { addedMs: 20 },
  fault: 'slow-dependency',
  asSaid: true,
  afterSeconds: 23,
  named: 'shop/cart',
  alongside: false,
};
const late: CheckedFault = {
  shop: 2,
  kind: 'errors',
  service: 'payment',
  of: 'POST /charges',
  size: { share: 0.5 },
  fault: 'errors',
  asSaid: false,
  lateSeconds: 70,
  alongside: true,
};
const result: CheckResult = {
  command: 'npm run bench:check -- --seed 1',
  seed: 1,
  node: 'v20',
  cpus: 2,
  loadPerCpu: 0.7,
  shops: 3,
  rate: 8,
  normalMinutes: 12,
  brokenSeconds: 80,
  asSaid: 1,
  total: 2,
  passed: false,
  faults: [found, late],
  quiet: { minutes: 30, falseAlarms: 1 },
  leftAside: [{ kind: 'left-out', service: 'shop/gateway', of: 'shop/catalog', reason: 'cannot be left out' }],
};

describe('the page', () => {
  it('tells the share, the false alarms, and what became of each fault', () => {
    const text = checkPage(result);
    expect(text).toContain('1 of 2 (50 %) were found as check said; 1 false alarms in 30 min without a fault');
    expect(text).toMatch(
      /\| 1 +\| own-time +\| cart +\| \+20 ms +\| slow-dependency +\| 23 +\| shop\/cart +\| yes +\| +\|/,
    );
    expect(text).toMatch(
      /\| 2 +\| errors +\| payment +\| 50 % +\| errors +\| 70, too late +\| +\| \*\*no\*\* +\| yes +\|/,
    );
  });

  it('tells what was not injected, and why', () => {
    expect(checkPage(result)).toContain('cannot be left out');
    expect(checkPage({ ...result, leftAside: [] })).not.toContain('## Not injected');
  });

  it('tells what to run where nothing was measured', () => {
    expect(checkPage(undefined)).toContain('Nothing has been measured yet: run `npm run bench:check`');
  });
});

describe('a line of the terminal', () => {
  it('tells what was said and what happened', () => {
    expect(faultLine(found)).toMatch(/^own-time +cart +\+20 ms +23 +as said +shop\/cart$/);
    expect(faultLine(late)).toMatch(/70, too late +NOT as said +an incident was still open$/);
  });
});
