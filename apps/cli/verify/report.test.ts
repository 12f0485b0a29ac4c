import { stripVTControlCharacters } from 'node:util';
import { failed, passed, unknown, VerifyError, type Outcome } from './check';
import { formatReport, formatSummary } from './report';
import { exitCodeOfOutcomes, outcomeOf, runChecks, type CheckReport } from './run';
import { contextOf } from './testing';

const check = { name: 'claims', claim: 'all claims are bound', why: 'pods wait for them' };
const report = (outcome: Outcome, name = 'claims'): CheckReport => ({ check: { ...check, name }, outcome, seconds: 1 });

const shown = (each: CheckReport): string => stripVTControlCharacters(formatReport(each));
const summary = (...args: Parameters<typeof formatSummary>): string => stripVTControlCharacters(formatSummary(...args));

describe('what is printed of a check', () => {
  it('is what was seen, when it passed', () => {
    expect(shown(report(passed('3 claims bound')))).toBe('[ok] claims: all claims are bound\n     3 claims bound');
  });

  it('is each thing that is wrong and what to do, when it failed', () => {
    const outcome = failed('1 of 3 claims not bound', 'kubectl describe pvc', ['data is Pending']);
    expect(shown(report(outcome)).split('\n')).toEqual([
      '[!!] claims: all claims are bound',
      '     1 of 3 claims not bound',
      '     - data is Pending',
      '     do: kubectl describe pvc',
    ]);
  });

  it('counts what would be too much to list', () => {
    const details = Array.from({ length: 14 }, (_, index) => `claim ${index}`);
    expect(shown(report(failed('many', 'look', details)))).toContain('- claim 9\n     - and 4 more\n     do: look');
  });

  it('says that it could not be told', () => {
    expect(shown(report(unknown('no kubeconfig', 'name one')))).toBe(
      '[??] claims: all claims are bound\n     could not be told: no kubeconfig\n     do: name one',
    );
  });

  it('ends with the names of what did not pass', () => {
    const [bad, dark] = [report(failed('x', 'y'), 'jobs'), report(unknown('x', 'y'), 'trace')];
    expect(summary([report(passed('x')), bad, dark])).toBe(
      '1 of 3 checks passed; failed: jobs; could not be told: trace.',
    );
    expect(summary([report(passed('x'))])).toBe('All 1 check passed.');
  });
});

describe('checks that are run', () => {
  it('end with 0 only if all passed, with 1 if one failed, else with 3', () => {
    expect(exitCodeOfOutcomes([passed('x'), passed('x')])).toBe(0);
    expect(exitCodeOfOutcomes([passed('x'), unknown('x', 'y'), failed('x', 'y')])).toBe(1);
    expect(exitCodeOfOutcomes([passed('x'), unknown('x', 'y')])).toBe(3);
  });

  it('do not stand in the way of each other', async () => {
    const broken = { ...check, name: 'broken', run: () => Promise.reject(new VerifyError('no answer', 'look')) };
    const fine = { ...check, name: 'fine', run: () => Promise.resolve(passed('seen')) };
    const ended: string[] = [];
    const reports = await runChecks([broken, fine], contextOf({}), {
      onStart: () => undefined,
      onEnd: ({ check: { name } }) => ended.push(name),
    });
    expect(ended).toEqual(['broken', 'fine']);
    expect(reports.map(({ outcome }) => outcome)).toEqual([unknown('no answer', 'look'), passed('seen')]);
  });

  it('cannot be told when something unforeseen is thrown, and say what', async () => {
    const signal = new AbortController().signal;
    expect(await outcomeOf(() => Promise.reject(new TypeError('of undefined')), signal)).toMatchObject({
      result: 'unknown',
      seen: 'TypeError: of undefined',
    });
  });

  it('are left when they are interrupted', async () => {
    const context = { ...contextOf({}), signal: AbortSignal.abort(new Error('interrupted')) };
    const observer = { onStart: () => undefined, onEnd: () => undefined };
    const fine = { ...check, run: () => Promise.resolve(passed('seen')) };
    await expect(runChecks([fine], context, observer)).rejects.toThrow('interrupted');
  });
});
