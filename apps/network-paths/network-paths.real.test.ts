import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { networkPathsKeys, type NetworkPathsFile } from '@plumbline/contracts';
import { logged, PeerProcess, runProgram } from '@plumbline/tools/peers';
import { homeOf } from '@plumbline/tools/peers/installed';
import { addresses, TestNetwork } from './namespaces.testing';

/** That of the worker image. */
const user = 65532;
const file: NetworkPathsFile = {
  targets: [
    { name: 'there', host: addresses.there, site: 'far end' },
    { name: 'nowhere', host: 'nowhere.invalid' },
  ],
  intervalSeconds: 10,
  packets: 4,
  maxHops: 10,
  concurrency: 2,
};

/** Of what `paths.json` says. */
interface Told {
  readonly targets: readonly {
    readonly name: string;
    readonly state: string;
    readonly hops?: readonly { readonly host?: string; readonly loss: number }[];
    readonly failure?: { readonly message: string };
    readonly changes: number;
  }[];
}

describe('Paths through a network', () => {
  let network: TestNetwork;
  let folder: string;
  let server: PeerProcess | undefined;

  beforeAll(async () => {
    network = await TestNetwork.open();
    // Of nobody's: whoever measures may read it, and is nobody.
    folder = await mkdtemp(join(tmpdir(), 'plumbline-paths-'));
    await chmod(folder, 0o755);
    await copyMtr(join(folder, 'mtr'));
    // What the image runs.
    await runProgram(process.execPath, [join(__dirname, '..', 'cli', 'build.mjs'), join(folder, 'app')]);
    await writeFile(join(folder, 'paths.json'), JSON.stringify(file));
    const [program = '', ...where] = network.on('here');
    // As a restricted pod: nobody, without a capability, and no way to get one.
    const nobody = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs'];
    const powerless = ['--inh-caps=-all', '--bounding-set=-all'];
    server = await PeerProcess.start({
      name: 'network-paths',
      command: program,
      args: [...where, ...nobody, ...powerless, process.execPath, join(folder, 'app', 'plumbline.js'), 'paths'],
      env: {
        [networkPathsKeys.file]: join(folder, 'paths.json'),
        [networkPathsKeys.port]: '8080',
        [networkPathsKeys.mtrHome]: join(folder, 'mtr'),
        OPERATIONS_PORT: '8081',
      },
      directory: join(folder, 'server'),
      ready: logged('"measuring"'),
    });
  });
  afterAll(async () => {
    try {
      await server?.stop();
    } finally {
      await network.close();
      await rm(folder, { recursive: true });
    }
  });

  /** Asked from the host itself: nothing of the network leads out of it. */
  async function get(port: number, path: string): Promise<string> {
    const script = `fetch(process.argv[1]).then((answer) => answer.text()).then((text) => process.stdout.write(text))`;
    return network.run('here', process.execPath, '-e', script, `http://127.0.0.1:${port}${path}`);
  }

  async function told(name: string) {
    const { targets } = JSON.parse(await get(8080, '/paths.json')) as Told;
    const found = targets.find((each) => each.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  /** Until it is so; the test's own deadline ends it. */
  async function until(name: string, is: (target: Awaited<ReturnType<typeof told>>) => boolean) {
    for (;;) {
      const target = await told(name);
      if (is(target)) return target;
      await sleep(1000);
    }
  }

  const metrics = () => get(8081, '/metrics');

  it('says why, where the process may not send pings', async () => {
    await network.allowPings();
    const { failure } = await until('there', ({ state }) => state === 'not measured');
    expect(failure?.message).toContain('Permission denied');
    expect(await metrics()).toMatch(/path_runs_total\{target="there",site="far end",result="failed"\} [1-9]/);
    expect(await get(8080, '/targets/there')).toContain('Permission denied');
  });

  it('are measured without root and capabilities, as far as the group may send pings', async () => {
    await network.allowPings(user);
    const { hops } = await until('there', ({ state }) => state === 'answers');
    expect(hops?.map(({ host }) => host)).toEqual([addresses.near, addresses.left, addresses.there]);
    const text = await metrics();
    expect(text).toContain('plumbline_network_path_reached{target="there",site="far end"} 1\n');
    expect(text).toContain('plumbline_network_path_hops{target="there",site="far end"} 3\n');
    expect(text).toContain('plumbline_network_path_loss_ratio{target="there",site="far end"} 0\n');
    expect(text).toMatch(/path_rtt_seconds\{target="there",site="far end"\} 0\.0\d+\n/);
    expect(text).toMatch(/path_jitter_seconds\{target="there",site="far end"\} [\d.e-]+\n/);
    expect(text).toContain(`hop_info{target="there",site="far end",hop="2",address="${addresses.left}"} 1\n`);
  });

  it('have no series of a target without an address, which is counted', async () => {
    await until('nowhere', ({ state }) => state === 'not measured');
    const text = await metrics();
    expect(text).toMatch(/path_runs_total\{target="nowhere",result="unresolved"\} [1-9]/);
    expect(text).not.toContain('path_reached{target="nowhere"');
  });

  it('change when a router sends packets another way, and back, which is no new way', async () => {
    await network.goBy('right');
    const { hops } = await until('there', ({ changes }) => changes === 1);
    expect(hops?.map(({ host }) => host)).toEqual([addresses.near, addresses.right, addresses.there]);
    const changed = (to: string, times: number) =>
      `path_changes_total{target="there",site="far end",to="${to}"} ${times}\n`;
    expect(await metrics()).toContain(changed('new', 1));
    expect(await metrics()).not.toContain(`address="${addresses.left}"`);
    expect(await get(8080, '/')).toContain(`hop 2, ${addresses.right} instead of ${addresses.left}`);
    await network.goBy('left');
    await until('there', ({ changes }) => changes === 2);
    expect(await metrics()).toContain(changed('new', 1));
    expect(await metrics()).toContain(changed('known', 1));
  });

  it('lose packets', async () => {
    await network.loseHalf();
    const { hops } = await until('there', ({ state }) => state === 'loses packets');
    // Where a measurement began to lose in its midst, less than half.
    expect(hops?.at(-1)?.loss).toBeGreaterThanOrEqual(0.25);
    expect(hops?.at(-1)?.loss).toBeLessThan(1);
    expect(hops?.slice(0, -1).map(({ loss }) => loss)).toEqual([0, 0]);
    expect(await metrics()).toMatch(/path_loss_ratio\{target="there",site="far end"\} 0\.\d+\n/);
    await network.loseNothing();
    await until('there', ({ state }) => state === 'answers');
  });

  it('end where a link is cut, which is no change of the route', async () => {
    await network.cut('left');
    const { hops } = await until(
      'there',
      ({ state, hops: known = [] }) => state === 'does not answer' && known.length > 0,
    );
    expect(hops?.at(-1)?.host).not.toBe(addresses.there);
    const text = await metrics();
    expect(text).toContain('plumbline_network_path_reached{target="there",site="far end"} 0\n');
    expect(text).toContain('plumbline_network_path_loss_ratio{target="there",site="far end"} 1\n');
    expect(text).not.toContain('path_rtt_seconds{target="there"');
    expect((await told('there')).changes).toBe(2);
    expect(await get(8080, '/targets/there')).toContain('Does not answer since');
  });

  it('are no longer measured after a signal, and nothing of mtr is left', async () => {
    await server?.stop();
    expect(await server?.outcome).toBe('exited with 0');
    expect(await network.run('here', 'sh', '-c', `ps -o args= --user ${user} | grep '[m]tr' || true`)).not.toContain(
      folder,
    );
  });
});

/** As the image has it: programs in `bin`, their libraries in `lib`. */
async function copyMtr(home: string): Promise<void> {
  const root = homeOf('mtr').path('mtr', 'usr');
  await mkdir(join(home, 'lib'), { recursive: true });
  await cp(join(root, 'bin'), join(home, 'bin'), { recursive: true });
  const libraries = join(root, 'lib');
  // What this machine has itself was not unpacked.
  for (const machine of existsSync(libraries) ? await readdir(libraries) : [])
    await cp(join(libraries, machine), join(home, 'lib'), { recursive: true });
}
