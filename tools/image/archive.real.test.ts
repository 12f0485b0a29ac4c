import { runProgram } from '@plumbline/tools';
import { mkdir, mkdtemp, open, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json';
import { buildArchive } from './archive';
import { hostPlatform, platforms, type Platform } from './platforms';

const reference = 'registry.example.org/team/plumbline-workers:0.1.0';
const [amd64] = platforms;

/** In the header of an ELF file, what it runs on. */
const machines = { amd64: 0x3e, arm64: 0xb7 } as const;

describe('The image that is built without a builder', () => {
  let folder: string;
  let file: string;
  let layout: string;
  const temporary = process.env.TMPDIR;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'archive-'));
    file = join(folder, 'both.tar');
    layout = join(folder, 'layout');
    await buildArchive(file, reference, platforms, { title: 'test' });
    await mkdir(layout);
    await runProgram('tar', ['-xf', file, '-C', layout]);
  }, 300_000);
  afterAll(async () => {
    if (temporary === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = temporary;
    await rm(folder, { recursive: true, force: true });
  });

  const blob = async <T>(digest: string): Promise<T> =>
    JSON.parse(await readFile(join(layout, 'blobs', digest.replace(':', '/')), 'utf8')) as T;

  interface Index {
    readonly manifests: readonly { readonly digest: string; readonly platform: { readonly architecture: string } }[];
  }

  async function manifestDigest(from: string, { architecture }: Platform): Promise<string> {
    const { manifests } = JSON.parse(await readFile(join(from, 'index.json'), 'utf8')) as Index;
    const path = (manifests[0]?.digest ?? '').replace(':', '/');
    const index = JSON.parse(await readFile(join(from, 'blobs', path), 'utf8')) as Index;
    return index.manifests.find(({ platform }) => platform.architecture === architecture)?.digest ?? '';
  }

  /** What a container would see as its root. */
  async function rootfsOf(platform: Platform): Promise<string> {
    const rootfs = join(folder, platform.architecture);
    const { layers } = await blob<{ layers: { digest: string }[] }>(await manifestDigest(layout, platform));
    await mkdir(rootfs);
    for (const { digest } of layers) {
      await runProgram('tar', ['-xzf', join(layout, 'blobs', digest.replace(':', '/')), '-C', rootfs]);
    }
    return rootfs;
  }

  it('is the same image when it is built once more, in another folder', async () => {
    if (amd64 === undefined) throw new Error('there is no amd64');
    const elsewhere = join(folder, 'a', 'longer', 'path');
    await mkdir(elsewhere, { recursive: true });
    process.env.TMPDIR = elsewhere;
    const again = join(folder, 'again.tar');
    await buildArchive(again, reference, [amd64], { title: 'test' });
    const second = join(folder, 'second');
    await mkdir(second);
    await runProgram('tar', ['-xf', again, '-C', second]);
    expect(await manifestDigest(second, amd64)).toBe(await manifestDigest(layout, amd64));
  });

  it.each(platforms)('has programs and libraries of $name, and nothing else to run', async (platform) => {
    const rootfs = await rootfsOf(platform);
    const files = await readdir(rootfs, { recursive: true, withFileTypes: true });
    const elves: string[] = [];
    for (const entry of files.filter((each) => each.isFile())) {
      const path = join(entry.parentPath, entry.name);
      const handle = await open(path);
      const { buffer } = await handle.read(Buffer.alloc(20), 0, 20, 0);
      await handle.close();
      if (buffer.toString('latin1', 0, 4) !== '\u007fELF') continue;
      expect([path, buffer.readUInt16LE(18)]).toEqual([path, machines[platform.architecture]]);
      elves.push(path.slice(rootfs.length));
    }
    expect(elves.filter((path) => !/\.so[\d.]*$/.test(path)).sort()).toEqual([
      `/app/node_modules/@napi-rs/snappy-linux-${platform.cpu}-gnu/snappy.linux-${platform.cpu}-gnu.node`,
      '/app/mtr/bin/mtr',
      '/app/mtr/bin/mtr-packet',
      '/nodejs/bin/node',
    ]);
    const records = await readdir(join(rootfs, 'var', 'lib', 'dpkg', 'status.d'));
    expect(records).toEqual(expect.arrayContaining(['base-files', 'ca-certificates', 'libc6', 'libgcc-s1']));
    for (const name of ['libc6', 'ca-certificates', 'base-files', 'mtr-tiny']) {
      expect(await readFile(join(rootfs, 'usr', 'share', 'doc', name, 'copyright'), 'utf8')).not.toBe('');
    }
    expect(await readFile(join(rootfs, 'etc', 'ssl', 'certs', 'ca-certificates.crt'), 'utf8')).toContain('-----BEGIN');
    expect(await readFile(join(rootfs, 'etc', 'passwd'), 'utf8')).toContain('nonroot:x:65532:65532:');
  });

  it('runs with its own libraries alone, that of the platform of this machine', async () => {
    const { architecture, loader: own, triplet } = hostPlatform();
    const rootfs = join(folder, architecture);
    const loader = join(rootfs, own);
    const libraries = ['--library-path', join(rootfs, 'lib', triplet)];
    const node = join(rootfs, 'nodejs', 'bin', 'node');
    const { stdout: found } = await runProgram(loader, [...libraries, '--list', node]);
    const paths = found.match(/\/\S+/g)?.filter((path) => path.includes('.so')) ?? [];
    expect(paths.length).toBeGreaterThan(4);
    expect(paths.filter((path) => !path.startsWith(rootfs) && path !== `/${own}`)).toEqual([]);

    const command = join(rootfs, 'app', 'plumbline.js');
    const { stdout } = await runProgram(loader, [...libraries, node, command, '--version']);
    expect(stdout.trim()).toBe(version);
    const script = `const load = require('module').createRequire(${JSON.stringify(command)});
      console.log(load('snappy').uncompressSync(load('snappy').compressSync('plumb')).toString(), typeof load('parquet-wasm').readParquet)`;
    const native = await runProgram(loader, [...libraries, node, '-e', script]);
    expect(native.stdout.trim()).toBe('plumb function');

    // Its instrumentation and its packages are loaded before it looks at its environment.
    const shop = runProgram(loader, [...libraries, node, command, 'shop', 'service', 'payment']);
    await expect(shop).rejects.toThrow('SHOP_DATABASE should be host:port');
    const database = `require('module').createRequire(${JSON.stringify(command)})('@electric-sql/pglite').PGlite.create()
      .then((db) => db.query('SELECT 1 + 1 AS two')).then(({ rows }) => console.log(rows[0].two))`;
    expect((await runProgram(loader, [...libraries, node, '-e', database])).stdout.trim()).toBe('2');
  });

  it('is read by skopeo, for each platform', async () => {
    for (const { architecture } of platforms) {
      const args = ['--override-os=linux', `--override-arch=${architecture}`, 'inspect', '--config'];
      const { stdout } = await runProgram('skopeo', [...args, `oci-archive:${file}`]);
      expect(JSON.parse(stdout)).toMatchObject({
        architecture,
        config: { User: '65532:65532', Entrypoint: ['/nodejs/bin/node', '--single-threaded-gc', '/app/plumbline.js'] },
      });
    }
  });
});
