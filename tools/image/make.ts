import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { version } from '../../constructs/version';
import { makeApps } from './app';
import { buildArchive } from './archive';
import { builderCommands, checkBuild, findBuilder, type Build, type BuilderName } from './builders';
import { loadCommand } from './clusters';
import type { ImageOptions } from './command';
import { isInstalled, output, run } from './commands';
import { dockerfile } from './dockerfile';
import { ImageError } from './errors';
import { hostPlatform, platforms as allPlatforms } from './platforms';
import { pushCommand } from './push';
import { workerImage, type NamedImage } from './reference';

const buildFolder = join(__dirname, '..', '..', 'build');

/**
 * Builds the worker image, and loads or pushes it.
 *
 * @throws {ImageError} if it cannot be done as asked, before anything is built where that can be known
 */
export async function makeImage(options: ImageOptions): Promise<void> {
  // Modes of what is written here are modes in the image.
  process.umask(0o022);
  const named = workerImage(options);
  const { reference } = named;
  const builder = options.builder ?? (await findBuilder(works));
  const { load, push = false, attest = false } = options;
  const anywhere = push || (options.output !== undefined && load === undefined) || builder === 'archive';
  const platforms = options.platform ?? (anywhere && load === undefined ? allPlatforms : [hostPlatform()]);
  if (load !== undefined && platforms.length > 1) {
    throw new ImageError(`${load.kind} on this machine is one platform: give one by --platform`);
  }
  const scratch = await mkdtemp(join(tmpdir(), 'plumbline-image-'));
  try {
    const file = archiveFile(options, builder, scratch);
    const labels = {
      'org.opencontainers.image.title': 'plumbline-workers',
      'org.opencontainers.image.version': version,
      'org.opencontainers.image.licenses': 'Apache-2.0',
    };
    const wish = { reference, platforms, dockerfile, labels, push, attest, ...(file !== undefined && { file }) };
    checkBuild(builder, wish);
    if (load !== undefined && !isInstalled(load.kind)) {
      throw new ImageError(`there is no command ${load.kind} here to load the image with`);
    }
    console.log(`${reference}, ${platforms.map(({ name }) => name).join(' and ')}, built by ${description(builder)}`);
    if (builder === 'archive') await archive(wish, file ?? join(scratch, 'image.tar'));
    else await build(builder, wish, scratch);
    if (load !== undefined && file !== undefined) await run(loadCommand(load, file));
    report(named, file?.startsWith(scratch) === true ? undefined : file);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Where an archive is written, if one is needed. */
function archiveFile(options: ImageOptions, builder: BuilderName, scratch: string): string | undefined {
  if (options.output !== undefined) return resolve(options.output);
  if (options.load !== undefined || (builder === 'archive' && options.push)) return join(scratch, 'image.tar');
  return builder === 'archive' ? join(buildFolder, `plumbline-workers-${options.tag ?? version}.tar`) : undefined;
}

async function archive({ reference, platforms, labels, push }: Omit<Build, 'context'>, file: string): Promise<void> {
  const command = push ? pushCommand(file, reference, isInstalled) : undefined;
  const { digest } = await buildArchive(file, reference, platforms, labels);
  console.log(`${reference}@${digest}`);
  if (command !== undefined) await run(command);
}

async function build(
  builder: Exclude<BuilderName, 'archive'>,
  wish: Omit<Build, 'context'>,
  scratch: string,
): Promise<void> {
  const context = join(scratch, 'context');
  await makeApps(context, wish.platforms, false);
  if (wish.file !== undefined) {
    await mkdir(dirname(wish.file), { recursive: true });
    // podman and buildah do not write over an archive.
    await rm(wish.file, { force: true });
  }
  for (const command of builderCommands[builder]({ ...wish, context })) await run(command);
}

async function works(command: Parameters<typeof output>[0]): Promise<boolean> {
  return output(command).then(
    () => true,
    () => false,
  );
}

function description(builder: BuilderName): string {
  return builder === 'archive' ? 'npm run image itself, as an OCI archive' : builder;
}

function report({ environment, reference, rendered }: NamedImage, file: string | undefined): void {
  if (file !== undefined) console.log(`written: ${file}`);
  if (reference === rendered) return;
  console.log(
    `The environment ${environment.name} renders ${rendered}: for this one, give it \`registry\` (environments/${environment.name}.ts) ` +
      'or `pipeline.image`, and run npm run synth.',
  );
}
