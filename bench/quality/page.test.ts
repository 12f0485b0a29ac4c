import { qualityPage } from './page';
import { qualitySchema } from './result';

const none = { value: null, low: null, high: null };
const some = { value: 0.75, low: 0.58, high: 0.92 };
const summary = {
  cases: 24,
  foundCases: 18,
  rightCases: 10,
  found: some,
  ac1: some,
  ac3: some,
  mrr: some,
  rightOfFound: none,
  macroAc1: some,
  openedAfter: 27.2,
};
const alarms = { falseAlarms: 2, lasting: 1, stuck: 0, quietMinutes: 170 };
const calibration = {
  bins: [
    { from: 0, to: 0.2, claims: 0, said: null, right: null },
    { from: 0.8, to: 0.9, claims: 7, said: 0.85, right: 0.8 },
  ],
  confident: { claims: 7, said: 0.85, right: 0.8 },
  brier: 0.1,
};
const kinds = [{ kind: 'network_delay', cases: 7, found: 6, right: 3 }];

const quality = qualitySchema.parse({
  full: true,
  runs: [
    {
      command: 'npm run bench:quality -- --full',
      commit: '1234567',
      node: 'v20.20.0',
      cpus: 2,
      seed: 1,
      seconds: 2400,
      parts: ['streams', 'rank'],
    },
    {
      command: 'npm run bench:quality -- --full --only days',
      commit: '89abcde',
      node: 'v20.20.0',
      cpus: 2,
      seed: 1,
      seconds: 600,
      parts: ['days'],
    },
  ],
  days: { systems: 3, spans: 8_000_000, alarms: { falseAlarms: 1, lasting: 0, stuck: 0, quietMinutes: 4320 } },
  streams: {
    runs: [{ system: 'nezha-ob', seed: 1, summary, kinds, alarms }],
    seeds: [{ seed: 1, summary, alarms }],
    calibration,
  },
  rank: {
    scores: [
      { system: 'nezha-tt', ranker: 'plumbline', cases: 23, ac1: some, ac3: some, mrr: some },
      { system: 'nezha-tt', ranker: 'gap', cases: 23, ac1: some, ac3: some, mrr: some },
    ],
    differences: [{ baseline: 'gap', ac1: some, mrr: some }],
    cases: [],
  },
  goals: [{ goal: 'streams: faults found of 47', needed: '≥ 33', reached: '18', met: false }],
});

describe('the page about quality', () => {
  it('says what to run while nothing has been measured, and still how it is measured and what goes wrong', () => {
    const text = qualityPage(undefined);
    expect(text).toContain('run `npm run bench:quality -- --full`');
    for (const heading of ['Method', 'Failure modes', 'References']) expect(text).toContain(`## ${heading}`);
  });

  it('has every table that was measured, missed goals in bold, and a dash for what there is none of', () => {
    const text = qualityPage(quality);
    expect(text).toMatch(/\| streams: faults found of 47 \| ≥ 33 +\| 18 +\| \*\*no\*\* \|/);
    expect(text).toMatch(/\| Online Boutique \| 1 +\| 24 +\| \.75 \[\.58, \.92\] .* - \[-, -\] .*\| 27 s +\| - +\|/);
    expect(text).toMatch(/\| Train Ticket \| Caller–callee gap \| .*\.75 \[\.58, \.92\]/);
    expect(text).toMatch(/\| \.80–\.90 +\| 7 +\| \.85 +\| \.80 +\|/);
  });

  it('says by which command and which code each part was measured', () => {
    const text = qualityPage(quality);
    expect(text).toMatch(/\| `npm run bench:quality -- --full` +\| streams, rank \| `1234567` +\| 40 +\|/);
    expect(text).toMatch(/\| `npm run bench:quality -- --full --only days` +\| days +\| `89abcde` +\| 10 +\|/);
  });

  it('tells of whole days', () => {
    expect(qualityPage(quality)).toMatch(/\| 3 +\| 3 +\| 8000000 +\| 1 +\| 0 +\|/);
  });

  it('leaves out what was not measured', () => {
    expect(qualityPage(quality)).not.toContain('## Simulated systems');
    expect(qualityPage(quality)).not.toContain('## Single traces');
  });

  it('says that the recordings are development data', () => {
    expect(qualityPage(quality)).toContain('These are development data');
  });
});
