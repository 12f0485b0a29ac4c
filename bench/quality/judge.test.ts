import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { judge, type JudgedIncident } from './judge';
import { planSchema } from './plan';
import { dataFolder, hasData } from './streams';

const minuteMs = 60_000;
const baseMs = 1_780_000_020_000;

function planned(number: number, startMinute: number, service: string, fault: string) {
  const startUs = (baseMs + startMinute * minuteMs) * 1000;
  const times = { start_us: startUs, inject_us: startUs + 60_000_000, end_us: startUs + 180_000_000 };
  return { case_id: `case-${number}`, ...times, service, fault };
}

const plan = planSchema.parse({
  system: 'made-up',
  minutes: 60,
  cases: [
    planned(1, 10, 'cart', 'network_delay'),
    planned(2, 20, 'search', 'exception'),
    planned(3, 30, 'mail', 'exception'),
    planned(4, 40, 'stock', 'network_delay'),
  ],
});

function incident(
  id: string,
  minute: number,
  openFor: number,
  services: readonly string[],
  whole?: readonly string[],
): JudgedIncident {
  const openedAtMs = baseMs + minute * minuteMs;
  const candidates = (names: readonly string[]) =>
    names.map((name, index) => ({ service: `default/production/shop/${name}`, confidence: 0.6 / (index + 1) }));
  return {
    id,
    state: 'resolved',
    severity: 'high',
    title: `High latency, ${id}`,
    openedAtMs,
    throughMs: openedAtMs + openFor * minuteMs,
    causes: candidates(services),
    ...(whole === undefined ? {} : { ranking: candidates(whole) }),
  };
}

const incidents = [
  // Opened 60 s before the label, and a second one for the same fault that has the answer: the first counts.
  incident('early', 10, 3, ['gateway']),
  incident('second', 12, 3, ['cart']),
  // The ranking goes before the claim.
  incident('ranked', 21.5, 4, ['gateway'], ['gateway', 'search']),
  // 90 s after the end of its minutes is still the fault's, a second more is not.
  incident('last moment', 34.5, 20, ['mail']),
  incident('too late', 44.6, 11, ['stock']),
  incident('long before', 2, 3, []),
];
const revisions = [
  { id: 'second', atMs: baseMs + 12 * minuteMs, first: 'cart' },
  { id: 'last moment', atMs: baseMs + 34.6 * minuteMs, first: 'stock' },
  { id: 'last moment', atMs: baseMs + 35 * minuteMs, first: 'mail' },
];

describe('the judge', () => {
  const judgement = judge(plan, { incidents, revisions });

  it('gives a fault the first incident that opened from 90 s before it to 90 s after its minutes', () => {
    expect(judgement.verdicts.map((verdict) => verdict.incident?.id)).toEqual([
      'early',
      'ranked',
      'last moment',
      undefined,
    ]);
  });

  it('takes the whole ranking for the answer where there is one, and what is claimed otherwise', () => {
    expect(judgement.verdicts.map(({ ranking }) => ranking)).toEqual([
      ['gateway'],
      ['gateway', 'search'],
      ['mail'],
      [],
    ]);
    expect(judgement.verdicts.map(({ rank }) => rank)).toEqual([undefined, 2, 1, undefined]);
  });

  it('counts every other incident as a false alarm, and those that stay open', () => {
    expect(judgement.falseAlarms.map(({ id }) => id)).toEqual(['too late', 'long before']);
    expect(judgement).toMatchObject({ lasting: 1, stuck: 1, quietMinutes: 48 });
  });

  it('tells how long it took until the incident opened and until it put the right service first', () => {
    expect(judgement.verdicts.map(({ openedAfter }) => openedAfter)).toEqual([-60, 30, 210, undefined]);
    expect(judgement.verdicts.map(({ namedAfter }) => namedAfter)).toEqual([undefined, undefined, 240, undefined]);
  });

  it('takes either of two faults at once for an answer, and says whether both are among the first three', () => {
    const [first] = plan.cases;
    const pair = (service: string) => ({
      ...plan,
      cases: first === undefined ? [] : [{ ...first, also: { service, fault: 'pool' } }],
    });
    const of = (service: string) =>
      judge(pair(service), { incidents: [incident('one', 11, 1, ['cart', 'mail', 'x', 'search'])], revisions: [] })
        .verdicts[0];
    expect(of('mail')).toMatchObject({ rank: 1, bothInThree: true });
    expect(of('search')).toMatchObject({ rank: 1, bothInThree: false });
  });

  /** What incidents.py, beside the recordings, says of the plan and the incidents above. */
  const saidByScript =
    'made-up: 2 false alarms in 48 quiet minutes; 4 cases, found 3 (0.75), AC@1 0.25, AC@3 0.50, right of found 0.33, ' +
    'median 30 s after the injection';

  it('says the same as incidents.py', () => {
    const { verdicts, falseAlarms, quietMinutes } = judgement;
    const found = verdicts.filter((verdict) => verdict.incident !== undefined);
    const right = verdicts.filter(({ rank }) => rank === 1).length;
    const three = verdicts.filter(({ rank = 9 }) => rank <= 3).length;
    expect(
      `made-up: ${falseAlarms.length} false alarms in ${quietMinutes} quiet minutes; ${verdicts.length} cases, ` +
        `found ${found.length} (${(found.length / 4).toFixed(2)}), AC@1 ${(right / 4).toFixed(2)}, AC@3 ${(three / 4).toFixed(2)}, ` +
        `right of found ${(right / found.length).toFixed(2)}, median 30 s after the injection`,
    ).toBe(saidByScript);
    // Where the script is, it has to say so still.
    if (hasData()) expect(scriptSays()).toBe(saidByScript);
  });

  function scriptSays(): string | undefined {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-judge-'));
    try {
      writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan));
      writeFileSync(join(folder, 'incidents.jsonl'), incidents.map((each) => JSON.stringify(each)).join('\n'));
      const args = ['incidents.py', 'plan.json', 'incidents.jsonl'].map((name, index) =>
        join(index === 0 ? dataFolder : folder, name),
      );
      const { stdout } = spawnSync('python3', args, { encoding: 'utf8' });
      return stdout.split('\n')[0];
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
