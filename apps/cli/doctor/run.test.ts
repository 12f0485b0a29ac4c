import { VerifyError } from '../verify/check';
import { error, warning, type DoctorCheck, type Finding } from './check';
import { doctorContext } from './context';
import { examine, exitCodeOfDoctor, formatDoctorReport, formatDoctorSummary } from './run';
import { environmentOf } from './testing';
import { thisMachine } from './laptop';

const context = doctorContext({ rendered: environmentOf(), laptop: thisMachine });
const check = (name: string, run: () => Promise<readonly Finding[]>): DoctorCheck => ({
  name,
  claim: `${name} holds`,
  symptom: 'it shows',
  needsCluster: false,
  run: async () => ({ seen: '1 thing', findings: await run() }),
});

const well = check('well', () => Promise.resolve([]));
const warned = check('warned', () => Promise.resolve([warning('may not last', 'here', 'kubectl get it')]));
const broken = check('broken', () => Promise.resolve([error('is not there', 'shop/Secret/a', 'kubectl create it')]));
const untold = check('untold', () => Promise.reject(new VerifyError('may not be listed', 'use another context')));
const faulty = check('faulty', () => Promise.reject(new TypeError('of undefined')));

const run = (...checks: readonly DoctorCheck[]) =>
  examine(checks, context, new AbortController().signal, { onStart: () => undefined, onEnd: () => undefined });

describe('what the doctor found', () => {
  it.each([
    { checks: [well], code: 0, says: 'Nothing is wrong in 1 check.' },
    { checks: [well, warned], code: 0, says: '1 warning.' },
    { checks: [warned, broken, broken], code: 1, says: '2 errors; 1 warning.' },
    { checks: [well, untold], code: 3, says: 'could not be told: untold' },
    { checks: [untold, broken], code: 1, says: '1 error; could not be told: untold.' },
  ])('ends with $code and "$says"', async ({ checks, code, says }) => {
    const reports = await run(...checks);
    expect(exitCodeOfDoctor(reports)).toBe(code);
    expect(formatDoctorSummary(reports)).toContain(says);
  });

  it('is told with where it is and what to do, also of a check that is itself at fault', async () => {
    const [first = '', second = '', third = ''] = (await run(broken, untold, faulty)).map(formatDoctorReport);
    expect(first).toMatch(
      /\[!!\].* broken: broken holds\n {5}- shop\/Secret\/a: is not there\n {7}do: kubectl create it$/,
    );
    expect(second).toMatch(/could not be told: may not be listed\n {5}do: use another context$/);
    expect(third).toContain('TypeError: of undefined');
  });

  it('is never "ok" where a part of it could not be told', async () => {
    const partly: DoctorCheck = {
      ...well,
      name: 'partly',
      run: () => Promise.resolve({ seen: '3 pods', findings: [], unknown: ['shop/Pod/a does not answer'] }),
    };
    const reports = await run(partly);
    expect(exitCodeOfDoctor(reports)).toBe(3);
    expect(formatDoctorSummary(reports)).toContain('could not be told: partly');
    expect(reports.map(formatDoctorReport).join()).toMatch(/\[\?\?\].* partly[^]*could not be told: shop\/Pod\/a does/);
    expect(exitCodeOfDoctor(await run(partly, broken))).toBe(1);
  });

  it('ends early when it is interrupted', async () => {
    const interruption = new AbortController();
    const interrupting = check('first', () => {
      interruption.abort();
      return Promise.resolve([]);
    });
    const looked = jest.fn();
    const second = check('second', looked);
    const observer = { onStart: () => undefined, onEnd: () => undefined };
    await expect(examine([interrupting, second], context, interruption.signal, observer)).rejects.toThrow();
    expect(looked).not.toHaveBeenCalled();
  });
});
