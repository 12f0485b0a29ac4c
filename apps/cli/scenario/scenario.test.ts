import { stripVTControlCharacters } from 'node:util';
import { failed, passed, unknown, type Outcome } from '../verify/check';
import type { StoredSpan } from '../verify/tempo';
import { contextOf } from '../verify/testing';
import { Progress } from '../output/progress';
import { playScenario } from './play';
import type { Scenario } from './scenario';
import { drawTrace } from './waterfall';

describe('a scenario', () => {
  const printed: string[] = [];
  beforeEach(() => {
    printed.splice(0);
    jest.spyOn(console, 'log').mockImplementation((text: string) => printed.push(stripVTControlCharacters(text)));
  });
  afterEach(() => jest.restoreAllMocks());

  /** Plays steps with these outcomes; how often it was ended. */
  async function play(outcomes: readonly (Outcome | Error)[], json = true) {
    let ended = 0;
    const scenario: Scenario = {
      name: 'test',
      title: 'Test',
      shows: 'that it works',
      start: () => ({
        steps: outcomes.map((outcome, index) => ({
          does: `step ${index + 1}`,
          expects: 'that it comes',
          run: () => (outcome instanceof Error ? Promise.reject(outcome) : Promise.resolve(outcome)),
        })),
        result: () => ['what it gave'],
        end: () => Promise.resolve(void (ended += 1)),
      }),
    };
    const exitCode = await playScenario(scenario, { context: contextOf({}), about: 'here' }, json, new Progress());
    return { exitCode, ended };
  }

  it('says of each step what is done, expected and seen, and ends with 0 when all came', async () => {
    expect(await play([passed('it came'), passed('that too')], false)).toEqual({ exitCode: 0, ended: 1 });
    expect(printed).toEqual([
      '[ok] step 1\n     expected: that it comes\n     it came',
      '[ok] step 2\n     expected: that it comes\n     that too',
      '\nwhat it gave',
      '\nTest: all 2 steps came out as expected.',
    ]);
  });

  it('leaves out what stands on a step that did not come out, with 1, and clears up', async () => {
    expect(await play([failed('nothing', 'look'), passed('x'), passed('x')], false)).toEqual({ exitCode: 1, ended: 1 });
    expect(printed.at(-1)).toBe('\nTest: step 1 of 3 did not come out as expected; 2 left out.');
  });

  it('ends with 3 when a step could not be told', async () => {
    expect(await play([passed('x'), unknown('no way', 'look')])).toEqual({ exitCode: 3, ended: 1 });
    expect(await play([new TypeError('of undefined')])).toEqual({ exitCode: 3, ended: 1 });
    expect(JSON.parse(printed.at(-1) ?? '')).toMatchObject({
      scenario: 'test',
      exitCode: 3,
      steps: [{ does: 'step 1' }],
    });
  });
});

describe('a trace that is drawn', () => {
  const span = (spanId: string, parentSpanId: string, startMs: number, durationMs: number): StoredSpan => ({
    service: 'shop',
    name: spanId,
    spanId,
    parentSpanId,
    start: BigInt(startMs) * 1_000_000n,
    durationMs,
    failed: spanId === 'b',
  });

  it('has children below their parents, by start, each with a bar where it was', () => {
    const rows = drawTrace([
      span('b', 'root', 50, 50),
      span('root', '', 0, 100),
      span('a', 'root', 0, 25),
      span('c', 'b', 75, 25),
    ]);
    expect(rows.map((row) => row.replace(/\s*\|/, '|').trim())).toEqual([
      `shop root|${'#'.repeat(32)}|    100.0 ms`,
      `shop a|${'#'.repeat(8)}${' '.repeat(24)}|     25.0 ms`,
      `shop b|${' '.repeat(16)}${'#'.repeat(16)}|     50.0 ms  error`,
      `shop c|${' '.repeat(24)}${'#'.repeat(8)}|     25.0 ms`,
    ]);
  });

  it('has orphans as roots, and is cut when it is long', () => {
    expect(drawTrace([span('a', 'elsewhere', 0, 1)])).toHaveLength(1);
    const many = Array.from({ length: 60 }, (_, index) => span(`s${index}`, '', index, 1));
    expect(drawTrace(many).at(-1)).toBe('  and 20 more spans');
    expect(drawTrace([])).toEqual([]);
  });
});
