import { objectionsTo } from './gate';
import { manifestOf, type ManifestChoice } from './testing';

const champion = manifestOf({ version: 'champion', recall: 0.9, incidents: 10, incidentsOfProfile: 10 });
const objections = (choice: Omit<ManifestChoice, 'version'>) =>
  objectionsTo(manifestOf({ version: 'new', ...choice }), champion);

describe('what is said against a version beside the champion', () => {
  it.each<[string, Omit<ManifestChoice, 'version'>]>([
    ['it is as good', {}],
    ['recall is a hundredth lower, which chance explains', { recall: 0.89 }],
    ['it opens two more of ten, less than a quarter', { incidents: 12 }],
    ['it opens more, as does the profile on its window', { incidents: 40, incidentsOfProfile: 40 }],
  ])('nothing, where %s', (_name, choice) => {
    expect(objections(choice)).toEqual([]);
  });

  it.each<[string, Omit<ManifestChoice, 'version'>, string]>([
    ['recall', { recall: 0.88 }, 'its recall at alarm rate 0.001 is 0.88, that of champion champion 0.9'],
    ['incidents', { incidents: 13 }, 'its backtest opened 13 incidents, that of champion champion 10'],
    [
      'incidents on a window with half as much in it',
      { incidents: 10, incidentsOfProfile: 5 },
      'its backtest opened 10 incidents, that of champion champion 10, 5 on a window as eventful',
    ],
    ['a backtest that is missing', { backtest: false }, 'it has no backtest to compare with that of champion champion'],
    ['another alarm budget', { alarmRate: 0.01, recall: 0.99 }, 'cannot be compared with 0.001'],
    ['scores that decide nothing', { role: 'shadow' }, 'its scores would decide nothing'],
  ])('%s', (_name, choice, says) => {
    expect(objections(choice)).toEqual([expect.stringContaining(says)]);
  });

  it('does not count one incident more where there were none', () => {
    const quiet = manifestOf({ version: 'champion', incidents: 0, incidentsOfProfile: 0 });
    const beside = (incidents: number) =>
      objectionsTo(manifestOf({ version: 'new', incidents, incidentsOfProfile: 0 }), quiet);
    expect(beside(1)).toEqual([]);
    expect(beside(2)).toHaveLength(1);
  });
});

describe('what is said against the first version', () => {
  const beside = (choice: Omit<ManifestChoice, 'version'>) =>
    objectionsTo(manifestOf({ version: 'new', ...choice }), undefined);

  it('is in what it is worse than the profile alone', () => {
    expect(beside({})).toEqual([]);
    expect(beside({ backtest: false })).toEqual([]);
    expect(beside({ recall: 0.6 })).toEqual([expect.stringContaining('that of the profile alone 0.7')]);
    expect(beside({ incidents: 20 })).toEqual([expect.stringContaining('20 incidents, the profile alone 10')]);
  });

  it('is nothing where it decides nothing', () => {
    expect(beside({ role: 'shadow', recall: 0.1, incidents: 99 })).toEqual([]);
  });
});
