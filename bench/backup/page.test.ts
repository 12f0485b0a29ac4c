import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderApp } from '../../constructs/testing';
import { production } from '../../environments/production';
import { platform } from '../../main';
import { lossesOf, productionLoad, volumesOf } from './facts';
import { recoveryPage } from './page';
import { backupFile, backupSchema, ways, works, type BackupResult } from './result';

const root = join(__dirname, '..', '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const objects = renderApp(platform(production));
const committed = existsSync(join(root, backupFile)) ? backupSchema.parse(JSON.parse(read(backupFile))) : undefined;

/** Every unit takes so many seconds. */
function resultWith(seconds: number): BackupResult {
  return {
    ...{ command: 'npm run bench:backup', node: 'v20', cpu: 'CPU', cpus: 2, loadPerCpu: 0 },
    amounts: {
      ...{ largeBytes: 1e9, largeObjectBytes: 64e6, smallObjects: 1_000, smallObjectBytes: 10_000 },
      ...{ records: 100_000, recordBytes: 300, databaseBytes: 1e9 },
    },
    measurements: works.flatMap((work) =>
      ways.map((way) => ({ work, way, seconds, rounds: [seconds], peakRssBytes: 100 * 2 ** 20 })),
    ),
  };
}

describe('the page of recovery', () => {
  it('is what `npm run docs` writes of the CronJobs as they are rendered', () => {
    const text = recoveryPage(committed, { losses: lossesOf(objects), volumes: volumesOf(productionLoad) });
    expect(read('docs/reference/recovery.md')).toBe(text);
  });

  it('says for each part how often its CronJob runs, and what its store holds back', () => {
    expect(lossesOf(objects).map(({ what, everyMinutes, heldMinutes }) => [what, everyMinutes, heldMinutes])).toEqual([
      ['incidents, feedback, what was delivered', 5, 0],
      ['dashboards, experiments, runs', 60, 0],
      ['models, anomalous traces', 15, 0],
      ['traces', 15, 30],
      ['logs', 15, 120],
      ['metrics', 15, 180],
    ]);
  });

  it('is another one where a schedule is', () => {
    const { backup } = production;
    if (backup === undefined) throw new Error('production has no backups');
    const slower = platform({ ...production, backup: { ...backup, schedules: { databases: '7 */6 * * *' } } });
    const losses = lossesOf(renderApp(slower));
    expect(losses.find(({ part }) => part === 'databases')?.everyMinutes).toBe(360);
    const volumes = volumesOf(productionLoad);
    expect(recoveryPage(committed, { losses, volumes })).toMatch(/`backup-databases` \| 6 h/);
    expect(recoveryPage(committed, { losses, volumes })).not.toBe(read('docs/reference/recovery.md'));
  });

  it('says whether what comes first is there within the time that is wanted', () => {
    const recovery = { losses: lossesOf(objects), volumes: volumesOf(productionLoad) };
    expect(recoveryPage(resultWith(1), recovery)).toContain('**40 s**, within the 15 minutes');
    expect(recoveryPage(resultWith(60), recovery)).toContain('**40 min**, not within the 15 minutes');
  });

  it('says so where nothing was measured yet', () => {
    const recovery = { losses: lossesOf(objects), volumes: volumesOf(productionLoad) };
    expect(recoveryPage(undefined, recovery)).toContain('Not measured yet: `npm run bench:backup`');
  });

  it('says that others were at work, where they were', () => {
    const recovery = { losses: lossesOf(objects), volumes: volumesOf(productionLoad) };
    expect(recoveryPage(resultWith(1), recovery)).not.toContain('others were at work');
    expect(recoveryPage({ ...resultWith(1), loadPerCpu: 0.8 }, recovery)).toContain('others were at work');
  });

  it('is the only place that has such figures: the steps refer to it', () => {
    const steps = read('docs/how-to/restore.md');
    expect(steps).toContain('(../reference/recovery.md)');
    expect(steps).not.toMatch(/\d+ (min|h)\b|^\|/m);
  });
});
