import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { writeArchive, type ImageSource } from './oci';
import { platforms } from './platforms';

const reference = 'registry.example.org/team/plumbline-workers:0.1.0';
const config = { User: '65532:65532', Env: ['A=b'], Entrypoint: ['/a'] };

interface Manifest {
  readonly config: { readonly digest: string };
  readonly layers: readonly { readonly digest: string; readonly size: number }[];
}

describe('An OCI archive', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oci-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A root file system with one program, written at a time of its own. */
  async function rootfs(name: string, content: string): Promise<string> {
    const directory = join(folder, name);
    await mkdir(join(directory, 'bin'), { recursive: true });
    const file = join(directory, 'bin', 'program');
    await writeFile(file, content, { mode: 0o755 });
    await utimes(file, Math.random() * 1e9, Math.random() * 1e9);
    return directory;
  }

  async function archive(name: string, content: string, count: number): Promise<{ file: string; digest: string }> {
    const directory = await rootfs(name, content);
    const images = platforms.slice(0, count).map((platform): ImageSource => {
      return { platform, layers: [{ rootfs: directory, createdBy: 'test' }], config, labels: { title: 'test' } };
    });
    const file = join(folder, `${name}.tar`);
    return { file, ...(await writeArchive(file, reference, images, folder)) };
  }

  async function unpacked(file: string): Promise<(path: string) => Promise<Buffer>> {
    const layout = `${file}.layout`;
    await mkdir(layout);
    execFileSync('tar', ['-xf', file, '-C', layout]);
    return (path) => readFile(join(layout, path));
  }

  it('is the same for the same files, whenever and wherever they were written, and another for others', async () => {
    const [one, same, other] = [
      await archive('one', 'x', 2),
      await archive('same', 'x', 2),
      await archive('other', 'y', 2),
    ];
    expect(same.digest).toBe(one.digest);
    expect((await readFile(same.file)).equals(await readFile(one.file))).toBe(true);
    expect(other.digest).not.toBe(one.digest);
  });

  it('names every part by its SHA-256, down to the layers and what they are unpacked', async () => {
    const read = await unpacked((await archive('one', 'x', 2)).file);
    const blob = async (digest: string): Promise<Buffer> => {
      const bytes = await read(`blobs/${digest.replace(':', '/')}`);
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(digest);
      return bytes;
    };
    const json = async <T>(digest: string) => JSON.parse((await blob(digest)).toString()) as T;
    const index = JSON.parse((await read('index.json')).toString()) as {
      manifests: { digest: string; annotations: Record<string, string> }[];
    };
    expect(index.manifests[0]?.annotations['io.containerd.image.name']).toBe(reference);
    const whole = await json<{ manifests: { digest: string; platform: { architecture: string } }[] }>(
      index.manifests[0]?.digest ?? '',
    );
    expect(whole.manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64']);
    for (const { digest, platform } of whole.manifests) {
      const manifest = await json<Manifest>(digest);
      const image = await json<{ architecture: string; config: unknown; rootfs: { diff_ids: string[] } }>(
        manifest.config.digest,
      );
      expect(image).toMatchObject({ architecture: platform.architecture, config });
      const [layer] = manifest.layers;
      const bytes = await blob(layer?.digest ?? '');
      expect(layer?.size).toBe(bytes.length);
      const diff = createHash('sha256').update(gunzipSync(bytes)).digest('hex');
      expect(image.rootfs.diff_ids).toEqual([`sha256:${diff}`]);
    }
  });

  it('of one platform is one that docker loads too', async () => {
    const read = await unpacked((await archive('one', 'x', 1)).file);
    const [entry] = JSON.parse((await read('manifest.json')).toString()) as {
      Config: string;
      RepoTags: string[];
      Layers: string[];
    }[];
    expect(entry?.RepoTags).toEqual([reference]);
    for (const path of [entry?.Config ?? '', ...(entry?.Layers ?? [])]) {
      expect((await read(path)).length).toBeGreaterThan(0);
    }
  });

  it('leaves nothing behind in the folder it worked in', async () => {
    await archive('one', 'x', 2);
    expect((await readdir(folder)).sort()).toEqual(['one', 'one.tar']);
  });
});
