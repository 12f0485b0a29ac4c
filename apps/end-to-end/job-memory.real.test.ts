import { environmentKeys } from '@plumbline/contracts';
import { dataDirectory, runProgram, startS3, substituteAddresses } from '@plumbline/tools/peers';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseQuantity } from '../../constructs/invariants/quantity';
import { runConfig } from '../../tools/image/dockerfile';
import { generatedSecrets, writeSecrets } from './mounted';
import { plumbline } from './plumbline';
import { Rendered, renderedChart } from './rendered';

/** Whole containers are killed beyond it, again at every start: topics, buckets or accounts never come to be. */
describe('the Job of buckets, started as in its image', () => {
  it('does its work within the memory limit that is rendered', async () => {
    const s3 = await startS3();
    try {
      const directory = await dataDirectory('job-memory');
      const secrets = {
        ...generatedSecrets(new Rendered(renderedChart('thesis', 'credentials'))),
        'objects-root': s3.credentials,
      };
      await writeSecrets(directory, '-objects-s3', secrets);
      const text = renderedChart('thesis', 'storage');
      const storage = new Rendered(
        substituteAddresses(text, {
          'objects.plumbline.svc.cluster.local:7070': new URL(s3.endpoint).host,
          'objects.plumbline.svc.cluster.local:7071': new URL(s3.adminEndpoint).host,
          '"/run/identities': `"${directory}`,
        }),
      );
      const jobFile = join(directory, 'job.json');
      await writeFile(jobFile, storage.file('objects-buckets-job', 'job.json'));
      const told = join(directory, 'kilobytes');
      const telling = join(directory, 'telling.cjs');
      await writeFile(
        telling,
        `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS)));`,
      );
      const { Env, Entrypoint } = runConfig();
      const inImage = Object.fromEntries(Env.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]));
      const flags = Entrypoint.filter((each) => each.startsWith('--'));
      await runProgram(process.execPath, ['--require', telling, ...flags, await plumbline(), 'job', 'storage'], {
        env: { ...inImage, ...storage.environment('objects-buckets', secrets), [environmentKeys.jobFile]: jobFile },
      });
      const usedBytes = Number(await readFile(told, 'utf8')) * 1024;
      const [, limit = ''] = /^kind: Job\n[^]*?limits:\s+memory: (\S+)/m.exec(text) ?? [];
      expect(usedBytes).toBeGreaterThan(0);
      expect(usedBytes).toBeLessThan(parseQuantity(limit));
    } finally {
      await s3.stop();
    }
  });
});
