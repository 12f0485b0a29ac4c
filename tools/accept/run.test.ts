import { outcomeOf, runParts, type Outcome, type Part } from './run';

const part = (...outcomes: readonly Outcome[]): Part =>
  async function* () {
    yield* await Promise.resolve(outcomes);
  };

async function run(parts: Readonly<Record<string, Part>>, ...names: readonly string[]) {
  const lines: string[] = [];
  const code = await runParts(parts, names, (line) => lines.push(line));
  return { code, lines };
}

describe('The parts of the acceptance', () => {
  it('run one after the other, and are counted', async () => {
    const parts = { minors: part({ what: 'applied' }), node: part({ what: 'runs' }, { what: 'drains' }) };
    expect(await run(parts)).toEqual({
      code: 0,
      lines: ['ok     minors: applied', 'ok     node: runs', 'ok     node: drains', '3 passed, 0 failed'],
    });
  });

  it('run alone when they are named', async () => {
    const parts = { minors: part({ what: 'applied' }), node: part({ what: 'runs' }) };
    expect((await run(parts, 'node')).lines).toEqual(['ok     node: runs', '1 passed, 0 failed']);
    await expect(run(parts, 'nodes')).rejects.toThrow('There is no part "nodes"; known are minors, node');
  });

  it('fail when something does not hold, and say why', async () => {
    expect(await run({ minors: part({ what: 'applied', failure: 'no such field\nspec.x' }) })).toEqual({
      code: 1,
      lines: ['FAILED minors: applied\n         no such field\n         spec.x', '0 passed, 1 failed'],
    });
  });

  it('fail when one of them breaks down, and go on with the others', async () => {
    const broken: Part = async function* () {
      yield await Promise.resolve({ what: 'applied' });
      throw new Error('no server');
    };
    expect(await run({ broken, node: part({ what: 'runs' }) })).toEqual({
      code: 1,
      lines: [
        'ok     broken: applied',
        'FAILED broken: runs to its end\n         no server',
        'ok     node: runs',
        '2 passed, 1 failed',
      ],
    });
  });

  it('fail when nothing was looked at', async () => {
    expect(await run({ minors: part() })).toEqual({ code: 1, lines: ['0 passed, 0 failed'] });
  });
});

describe('outcomeOf', () => {
  it('turns a rejection into a failure', async () => {
    expect(await outcomeOf('applied', () => Promise.resolve())).toEqual({ what: 'applied' });
    expect(await outcomeOf('applied', () => Promise.reject(new Error('refused')))).toEqual({
      what: 'applied',
      failure: 'refused',
    });
  });
});
