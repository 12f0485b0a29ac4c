import type { CheckReport, TargetReport } from '@plumbline/standalone';
import { formatCheck } from './report';

const target = { kind: 'own-time' as const, culprits: ['shop/cart'], normalMs: 1.234, traces: 0.5 };
const missed = { size: { addedMs: 1000 }, right: false, ranking: [] };

function report(...targets: TargetReport[]): CheckReport {
  return {
    targets,
    quiet: { minutes: 720, falseAlarms: 1, falseAlarmsPerDay: 2 },
    learnt: { minutes: 30, traces: 3000 },
    judged: { minutes: 30, traces: 2900 },
    interrupted: false,
  };
}

describe('the report of a check', () => {
  it('tells the smallest size that was found and named right', () => {
    const text = formatCheck(report({ target, probes: [], found: { addedMs: 20 }, named: { addedMs: 50 } }));
    expect(text).toMatch(/shop\/cart +its own work slower +1.2 ms +\+50 ms$/m);
  });

  it('tells what was missed, and what was found under another name', () => {
    const named = { size: { addedMs: 500 }, right: false, afterMs: 20_000, ranking: ['shop/gateway'] };
    const text = formatCheck(
      report({ target, probes: [missed] }, { target, probes: [named, missed], found: { addedMs: 500 } }),
    );
    expect(text).toMatch(/not at \+1000 ms$/m);
    expect(text).toMatch(/not at \+1000 ms +found from \+500 ms, named shop\/gateway$/m);
  });

  it('tells on how much traffic it rests', () => {
    const text = formatCheck(report());
    expect(text).toContain('1 in 720 min without a fault, 2 a day');
    expect(text).toContain('3000 traces in 30 min learnt from, and 2900 in 30 min judged again and again');
    expect(text).toContain('up to 144 a day cannot be ruled out');
  });
});
