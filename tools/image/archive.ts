import { chmod, copyFile, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeApps, type App } from './app';
import { debianBase, debianMtr } from './debian';
import { runConfig } from './dockerfile';
import { writeArchive, type ImageSource, type WrittenArchive } from './oci';
import type { Platform } from './platforms';

/**
 * Builds the worker image without a builder: libraries of Debian, Node.js from npm, and the bundle. Only programs and data,
 * no shell; nothing of this machine is in it, so any machine with the same packages makes the same image.
 *
 * @throws {ImageError} without apt, npm or tar, or if one of them fails
 */
export async function buildArchive(
  file: string,
  reference: string,
  platforms: readonly Platform[],
  labels: Readonly<Record<string, string>>,
): Promise<WrittenArchive> {
  const scratch = await mkdtemp(join(tmpdir(), 'plumbline-archive-'));
  try {
    const apps = await makeApps(join(scratch, 'apps'), platforms, true);
    const images: ImageSource[] = [];
    for (const app of apps) images.push(await imageOf(app, join(scratch, app.platform.architecture), labels));
    return await writeArchive(file, reference, images, scratch);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

/** What changes least comes first: a new version of ours is one small layer. */
async function imageOf(app: App, folder: string, labels: ImageSource['labels']): Promise<ImageSource> {
  const [base, node, ours] = [join(folder, 'base'), join(folder, 'node'), join(folder, 'ours')];
  await debianBase(base, app.platform);
  await debianMtr(base, app.platform);

  const bin = join(node, 'nodejs', 'bin');
  await mkdir(bin, { recursive: true });
  await copyFile(app.node, join(bin, 'node'));
  await chmod(join(bin, 'node'), 0o755);
  await copyFile(app.nodeLicence, join(node, 'nodejs', 'LICENSE'));

  await mkdir(ours, { recursive: true });
  await cp(app.directory, join(ours, 'app'), { recursive: true });

  const { Env, ...config } = runConfig();
  return {
    platform: app.platform,
    layers: [
      { rootfs: base, createdBy: 'Debian packages, see /var/lib/dpkg/status.d' },
      { rootfs: node, createdBy: `npm package node-linux-${app.platform.cpu}` },
      { rootfs: ours, createdBy: 'npm run image' },
    ],
    config: { ...config, Env: ['PATH=/nodejs/bin', 'SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt', ...Env] },
    labels,
  };
}
