import { ConfigError } from '@plumbline/worker';
import { UsageError } from '../errors';
import { parseAssignments, pipelineSettings, settingNames } from './pipeline-settings';

describe('settings of a replay', () => {
  it('are those of the workers that find incidents, and none of those that tell people or name buckets', () => {
    expect(settingNames()).toEqual(
      expect.arrayContaining(['WINDOW_SECONDS', 'RESOLVE_AFTER_SECONDS', 'LEARN_MIN_TRACES']),
    );
    expect(settingNames().filter((name) => /WEBHOOK|BUCKET$|_PORT|ROUTING/.test(name))).toEqual([]);
  });

  it('are taken from an environment, but not what is empty or of others', () => {
    const environment = {
      WINDOW_SECONDS: '5',
      RESOLVE_AFTER_SECONDS: '',
      DISCORD_WEBHOOK_URL: 'https://nowhere',
      PATH: '/',
    };
    expect(pipelineSettings(environment)).toEqual({ WINDOW_SECONDS: '5' });
  });

  it('are refused with name and value when they cannot be', () => {
    expect(() => pipelineSettings({ WINDOW_SECONDS: 'five' })).toThrow(ConfigError);
    expect(() => pipelineSettings({ WINDOW_SECONDS: 'five' })).toThrow(/WINDOW_SECONDS="five"/);
  });

  it('may be given as assignments', () => {
    expect(parseAssignments(['RESOLVE_AFTER_SECONDS=60', 'LEARN_ALPHA=0.05'])).toEqual({
      RESOLVE_AFTER_SECONDS: '60',
      LEARN_ALPHA: '0.05',
    });
  });

  it.each([
    ['RESOLVE_AFTER_SECOND=60', /RESOLVE_AFTER_SECOND"; did you mean RESOLVE_AFTER_SECONDS\?/],
    ['window_seconds=60', /did you mean WINDOW_SECONDS\?/],
    ['QQQ=1', /no setting is called "QQQ"$/],
    ['WINDOW_SECONDS', /WINDOW_SECONDS needs a value/],
    ['WINDOW_SECONDS=', /WINDOW_SECONDS needs a value/],
  ])('%s is refused', (assignment, message) => {
    expect(() => parseAssignments([assignment])).toThrow(UsageError);
    expect(() => parseAssignments([assignment])).toThrow(message);
  });
});
