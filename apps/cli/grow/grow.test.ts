import { UsageError } from '../errors';
import { thesis } from '../verify/testing';
import { inWords, obstaclesOf, stepsOf } from './judge';
import { ordinalOf, type GrowClaim, type GrowState } from './state';
import { growTargets, howToRender, targetOf } from './target';

const gibibytes = (size: number) => size * 2 ** 30;
const rendered = thesis();
const target = targetOf(rendered, 'prometheus');

function claim(more: Partial<GrowClaim> = {}): GrowClaim {
  return {
    name: 'data-prometheus-0',
    storageClass: 'standard',
    allowsExpansion: true,
    phase: 'Bound',
    requested: gibibytes(2),
    capacity: gibibytes(2),
    waitsForPod: false,
    ...more,
  };
}
function state(more: Partial<GrowState> = {}): GrowState {
  return { set: undefined, isForeign: false, templateSize: gibibytes(2), claims: [claim()], pods: [], ...more };
}

describe('the claim that is meant', () => {
  it.each(['prometheus', 'data-prometheus', 'data-prometheus-0', 'plumbline/data-prometheus', 'plumbline/prometheus'])(
    'is found as %s',
    (wanted) => {
      expect(targetOf(rendered, wanted)).toMatchObject({
        namespace: 'plumbline',
        name: 'prometheus',
        template: 'data',
        size: '2Gi',
      });
    },
  );

  it('is told where there is none of that name, or none that has to be grown so', () => {
    expect(() => targetOf(rendered, 'data-prometeus')).toThrow('did you mean data-prometheus?');
    expect(() => targetOf(rendered, 'tempo/prometheus')).toThrow(UsageError);
    expect(() => targetOf(rendered, 'grafana-data')).toThrow('plumbline up makes it larger');
  });

  it('has a value of the environment, whichever it is', () => {
    const fields = growTargets(rendered).map((each) => howToRender(each, '4Gi'));
    expect(fields.filter((text) => !/^set [a-z.A-Z]+\.volume to \{ size: Size\.gibibytes\(4\) \}/.test(text))).toEqual(
      [],
    );
    expect(howToRender(target, '1536Mi')).toContain('Size.mebibytes(1536)');
  });
});

describe('what is in the way', () => {
  const problems = (more: Partial<GrowState>, size = 4) =>
    obstaclesOf(target, state(more), gibibytes(size)).map(({ problem }) => problem);

  it('is nothing where claims are bound and their class lets them grow, or where they did already', () => {
    expect(problems({})).toEqual([]);
    expect(problems({ claims: [claim({ requested: gibibytes(4), allowsExpansion: false })] })).toEqual([]);
  });

  it.each([
    { what: 'somebody else’s', more: { isForeign: true }, says: 'is not ours' },
    { what: 'no claim', more: { claims: [] }, says: 'there is no claim' },
    {
      what: 'a smaller size',
      more: { claims: [claim({ requested: gibibytes(8) })] },
      says: 'asks for 8Gi, and volumes never shrink',
    },
    { what: 'a claim without a volume', more: { claims: [claim({ phase: 'Pending' })] }, says: 'is Pending' },
    {
      what: 'a class that does not grow',
      more: { claims: [claim({ allowsExpansion: false })] },
      says: 'StorageClass standard cannot grow',
    },
  ])('is $what', ({ more, says }) => {
    expect(problems(more)).toEqual([expect.stringContaining(says)]);
  });
});

describe('what is left to be done', () => {
  it('is only what was not done before', () => {
    const second = claim({ name: 'data-prometheus-1', requested: gibibytes(4) });
    const { patch, replace, await: waited } = stepsOf(state({ claims: [claim(), second] }), gibibytes(4));
    expect(patch.map(({ name }) => name)).toEqual(['data-prometheus-0']);
    // There is no StatefulSet, so it is made again.
    expect([replace, waited.length]).toEqual([true, 2]);
  });

  it('is told in the units of Kubernetes', () => {
    expect([gibibytes(50), 1536 * 2 ** 20, 2 ** 40, 1000, 0].map(inWords)).toEqual([
      '50Gi',
      '1536Mi',
      '1Ti',
      '1000',
      '0',
    ]);
  });

  it('is about claims and pods with a number, and no others', () => {
    expect([
      ordinalOf('data-a-0', 'data-a'),
      ordinalOf('data-a-12', 'data-a'),
      ordinalOf('data-a-b-0', 'data-a'),
    ]).toEqual([0, 12, undefined]);
  });
});
