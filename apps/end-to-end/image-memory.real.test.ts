import { environmentKeys } from '@plumbline/contracts';
import {
  dataDirectory,
  freePorts,
  PeerProcess,
  runProgram,
  startS3,
  substituteAddresses,
} from '@plumbline/tools/peers';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster } from '../../constructs/invariants/cluster';
import { readEnvironment, renderedEnvironments } from '../../constructs/invariants';
import { parseQuantity } from '../../constructs/invariants/quantity';
import { imageApp, type ImageApp } from './image-app';
import { generatedSecrets, writeSecrets } from './mounted';
import type { Environment } from './plumbline';
import { Rendered, renderedChart } from './rendered';

const dist = join(__dirname, '..', '..', 'dist');
const image = '/plumbline-workers:';
const mebi = 2 ** 20;
/** What must be left for work, of a limit. */
const room = 1 / 4;

interface Container {
  readonly args: readonly string[];
  /** Values that are no secrets. */
  readonly env: Environment;
  /** JSON of its job. @default - it has none */
  readonly job?: string;
  readonly limit: number;
  /** It is no Job, and needs no file but what is in the image. */
  readonly goesOn: boolean;
}

/** Containers of the worker image in all environments, by what they run: of each the one that may take least. */
function containers(): ReadonlyMap<string, Container> {
  const found = new Map<string, Container>();
  for (const environment of renderedEnvironments(dist)) {
    const objects = readEnvironment(join(dist, environment));
    const jobOf = (name: string) =>
      objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === `${name}-job`)?.data as
        Readonly<Record<string, string>> | undefined;
    for (const { object, containers } of new Cluster(objects).workloads)
      for (const { container } of containers) {
        const { args = [], env = [], resources } = container;
        const limit = parseQuantity(resources?.limits?.memory ?? '0');
        const what = args.join(' ');
        if (container.image?.includes(image) !== true || limit >= (found.get(what)?.limit ?? Infinity)) continue;
        const job = jobOf(object.metadata.name.replace(/-[0-9a-f]{10}$/, ''))?.['job.json'];
        const values = env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const]));
        const goesOn = args[0] === 'run' || args[0] === 'shop';
        found.set(what, { args, env: Object.fromEntries(values), limit, goesOn, ...(job !== undefined && { job }) });
      }
  }
  return found;
}

/** Most memory that a process had besides files, which the kernel takes back; bytes. */
async function peakBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const of = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0) * 1024;
  return of('VmHWM') - of('RssFile');
}

/** Whole containers are killed beyond their limit, again at every start: nothing ever comes to be. */
describe('The worker image, run by its own Node.js', () => {
  let app: ImageApp;
  beforeAll(async () => {
    app = await imageApp();
  }, 180_000);

  it.each(Array.from(containers()))('starts `%s` well within the least memory that is rendered', async (_, each) => {
    const directory = await dataDirectory('start-memory');
    const jobFile = join(directory, 'job.json');
    await writeFile(jobFile, each.job ?? '{}');
    const [operations = 0, console = 0] = await freePorts(2);
    const started = await PeerProcess.start({
      name: 'started',
      command: app.node,
      args: [...app.args, ...each.args],
      // Nobody answers that it asks: it says so, and tries again.
      env: {
        ...app.env,
        ...each.env,
        ...{ AWS_ACCESS_KEY_ID: 'nobody', AWS_SECRET_ACCESS_KEY: 'nothing', PGPASSWORD: 'nothing' },
        ...{ OPERATIONS_PORT: `${operations}`, CONSOLE_PORT: `${console}`, [environmentKeys.jobFile]: jobFile },
      },
      directory,
      ready: () => Promise.resolve(true),
    });
    let peak = 0;
    for (let polls = 0; polls < 30 && started.pid !== undefined; polls += 1) {
      peak = Math.max(peak, await peakBytes(started.pid).catch(() => 0));
      await sleep(100);
    }
    // A Job that reaches nobody, or lacks a Secret, may be over by then.
    if (each.goesOn) expect(started.pid).toBeDefined();
    await started.kill();
    process.stdout.write(`${each.args.join(' ')}: ${Math.round(peak / mebi)} of ${each.limit / mebi} MiB\n`);
    expect(peak).toBeGreaterThan(20 * mebi);
    expect(peak).toBeLessThan(each.limit * (1 - room));
  });

  it('makes buckets within the memory of its Job', async () => {
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
      const tell = `require('node:fs').writeFileSync(${JSON.stringify(told)}, String(process.resourceUsage().maxRSS))`;
      await writeFile(telling, `process.on('exit', () => ${tell});`);
      await runProgram(app.node, ['--require', telling, ...app.args, 'job', 'storage'], {
        env: { ...app.env, ...storage.environment('objects-buckets', secrets), [environmentKeys.jobFile]: jobFile },
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
