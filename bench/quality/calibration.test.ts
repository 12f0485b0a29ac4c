import { calibration } from './calibration';
import { judge } from './judge';
import { planSchema } from './plan';

const times = { start_us: 0, inject_us: 60_000_000, end_us: 180_000_000 };

/** Verdicts on faults of `a`, each with one claim. */
function verdicts(claims: readonly { readonly confidence: number; readonly service: string }[]) {
  return claims.flatMap(({ confidence, service }, index) => {
    const plan = planSchema.parse({
      system: 's',
      minutes: 3,
      cases: [{ case_id: String(index), ...times, service: 'a', fault: 'x' }],
    });
    const incident = {
      id: 'i',
      state: 'open',
      severity: 'low',
      title: '',
      openedAtMs: 70_000,
      throughMs: 80_000,
      causes: [{ service, confidence }],
    };
    return judge(plan, { incidents: [incident], revisions: [] }).verdicts;
  });
}

describe('calibration', () => {
  const claims = [
    ...Array.from({ length: 8 }, () => ({ confidence: 0.85, service: 'a' })),
    ...Array.from({ length: 2 }, () => ({ confidence: 0.85, service: 'b' })),
    { confidence: 1, service: 'a' },
    { confidence: 0.1, service: 'b' },
  ];

  it('compares what was said with what was right, for claims of like confidence', () => {
    const { bins } = calibration(verdicts(claims));
    expect(bins.find(({ from }) => from === 0.8)).toMatchObject({ claims: 10, right: 0.8 });
    expect(bins.find(({ from }) => from === 0.9)).toMatchObject({ claims: 1, said: 1, right: 1 });
    expect(bins.find(({ from }) => from === 0)).toMatchObject({ claims: 1, right: 0 });
  });

  it('counts claims of .8 and more, and claims of false alarms as wrong', () => {
    expect(calibration(verdicts(claims)).confident).toMatchObject({ claims: 11, right: 9 / 11 });
    expect(calibration(verdicts(claims), [0.95]).confident).toMatchObject({ claims: 12, right: 9 / 12 });
  });
});
