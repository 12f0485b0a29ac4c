import { join } from 'node:path';
import { rm } from 'node:fs/promises';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

/** A virtual environment with the packages of `tools/pins/python/requirements.txt`, and nothing that they do not name. */
export function pythonEnvironment(version: string): Tool {
  const requirements = join('python', 'requirements.txt');
  const recipe = ['install', '--disable-pip-version-check', '--no-deps', '--only-binary=:all:', '-r'];
  return {
    name: 'python',
    version,
    clients: ['python3'],
    pins: [requirements],
    recipe,
    outputs: [join('python', 'bin', 'python')],
    estimate: '10 s',
    async install(workshop) {
      // An environment holds its own path in its scripts, so it cannot be made elsewhere and moved.
      const environment = workshop.home.path('python');
      await rm(environment, { recursive: true, force: true });
      await workshop.run('python3', ['-m', 'venv', environment]);
      const python = join(environment, 'bin', 'python');
      await workshop.run(python, ['-m', 'pip', ...recipe, join(pinsDirectory, requirements)]);
    },
  };
}
