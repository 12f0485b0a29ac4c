import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

/** A virtual environment of the tools' home. */
export interface PythonEnvironmentOptions {
  /** Also its folder in the tools' home, and that of its requirements in `tools/pins`. */
  readonly name: string;
  readonly version: string;
  /** Cold installation, for the progress line. */
  readonly estimate: string;
  /** Commands of its packages that are used, in its `bin`. @default - only Python */
  readonly commands?: readonly string[];
  /** A package that is published as source only. @default - none */
  readonly fromSource?: string;
  /** Installed only where it is asked for. @default false */
  readonly onDemand?: boolean;
}

/** A virtual environment with the packages of `tools/pins/<name>/requirements.txt`, and nothing that they do not name. */
export function pythonEnvironment(options: PythonEnvironmentOptions): Tool {
  const { name, version, estimate, commands = [], fromSource, onDemand = false } = options;
  const requirements = join(name, 'requirements.txt');
  const sources = fromSource === undefined ? [] : [`--no-binary=${fromSource}`];
  const recipe = ['install', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', ...sources, '-r'];
  return {
    name,
    version,
    clients: ['python3'],
    pins: [requirements],
    recipe,
    outputs: ['python', ...commands].map((command) => join(name, 'bin', command)),
    estimate,
    onDemand,
    async install(workshop) {
      // An environment holds its own path in its scripts, so it cannot be made elsewhere and moved.
      const environment = workshop.home.path(name);
      await rm(environment, { recursive: true, force: true });
      await workshop.run('python3', ['-m', 'venv', environment]);
      const python = join(environment, 'bin', 'python');
      await workshop.run(python, ['-m', 'pip', ...recipe, join(pinsDirectory, requirements)]);
    },
  };
}
