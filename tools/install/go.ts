import { mkdir, rename, symlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pinsDirectory } from './home';
import type { Tool, Workshop } from './tool';

/** Programs built from a module of our own, whose go.mod and go.sum pin everything below it. */
export interface GoProgramsOptions {
  readonly name: string;
  readonly version: string;
  /** Cold build on two cores. */
  readonly estimate: string;
  /** Package of each program, by the program's name; `.` is the module's own main package. */
  readonly programs: Readonly<Record<string, string>>;
  /** Further names of a program that looks at the name it was started under. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Values for `-X`, by the variable's full name. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  /** True builds without cgo. Changing it compiles everything anew. */
  readonly pureGo?: boolean;
  /** Main packages of our own in the module's folder, by file name. */
  readonly sources?: readonly string[];
  /** See {@link Tool.onDemand}. */
  readonly onDemand?: boolean;
}

/** Builds programs of the module in `tools/pins/<name>` through the Go module proxy. */
export function goPrograms(options: GoProgramsOptions): Tool {
  const variables = Object.entries(options.variables ?? {}).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ['-mod=readonly', '-trimpath', '-buildvcs=false'];
  if (options.tags) flags.push('-tags', options.tags.join(','));
  flags.push('-ldflags', ['-s -w', ...variables].join(' '));
  const env = options.pureGo ? { CGO_ENABLED: '0' } : undefined;
  const aliases = Object.entries(options.aliases ?? {});
  const programs = Object.entries(options.programs);

  return {
    name: options.name,
    version: options.version,
    clients: ['go'],
    pins: ['go.mod', 'go.sum', ...(options.sources ?? [])].map((file) => join(options.name, file)),
    recipe: [...flags, JSON.stringify(env ?? {}), ...programs.flat(), ...aliases.flat()],
    outputs: [...programs, ...aliases].map(([program]) => join('bin', program)),
    estimate: options.estimate,
    ...(options.onDemand === true && { onDemand: true }),
    async install(workshop) {
      const cwd = join(pinsDirectory, options.name);
      for (const [program, source] of programs) {
        const built = join(workshop.scratch, program);
        await workshop.run('go', ['build', ...flags, '-o', built, source], { cwd, ...(env && { env }) });
        await moveToBin(workshop, built, program);
      }
      for (const [alias, program] of aliases) {
        const link = workshop.home.path('bin', alias);
        await rm(link, { force: true });
        await symlink(program, link);
      }
    },
  };
}

/** Builds one program of a published module that has no replacements, with the versions that the module itself names. */
export function goInstall(name: string, version: string, source: string, estimate: string): Tool {
  const args = ['install', '-trimpath', '-ldflags', '-s -w', `${source}@v${version}`];
  return {
    name,
    version,
    clients: ['go'],
    pins: [],
    recipe: args,
    outputs: [join('bin', name)],
    estimate,
    async install(workshop) {
      await workshop.run('go', args, { env: { GOBIN: workshop.scratch } });
      await moveToBin(workshop, join(workshop.scratch, name), name);
    },
  };
}

/** Puts a program in its place at once, so that a running copy of the previous one is not disturbed. */
export async function moveToBin(workshop: Workshop, built: string, program: string): Promise<void> {
  await mkdir(workshop.home.path('bin'), { recursive: true });
  await rename(built, workshop.home.path('bin', program));
}
