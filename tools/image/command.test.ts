import type { ImageOptions } from './command';
import { imageCommand } from './command';

async function parsed(...args: readonly string[]): Promise<ImageOptions> {
  const seen: ImageOptions[] = [];
  await imageCommand(async (options) => void seen.push(options)).parseAsync(args, { from: 'user' });
  return seen[0] ?? {};
}

describe('npm run image', () => {
  it('reads what is asked for', async () => {
    await expect(parsed()).resolves.toEqual({});
    const args = ['--builder', 'archive', '--platform', 'linux/arm64', '--load', 'kind:dev', '--tag', 'x', '--push'];
    await expect(parsed(...args)).resolves.toMatchObject({
      builder: 'archive',
      platform: [{ architecture: 'arm64' }],
      load: { kind: 'kind', name: 'dev' },
      tag: 'x',
      push: true,
    });
  });

  it.each([
    ['a builder', ['--builder', 'kaniko'], 'Allowed choices are docker, podman, buildah, archive'],
    ['a platform', ['--platform', 'linux/386'], 'known are linux/amd64, linux/arm64'],
    ['a cluster', ['--load', 'openshift'], '"openshift" is no cluster to load into'],
    ['an argument', ['now'], 'too many arguments'],
  ])('refuses %s that it does not know', async (_what, args, says) => {
    const printed: string[] = [];
    const command = imageCommand(async () => undefined).configureOutput({
      writeErr: (text) => void printed.push(text),
    });
    await expect(command.parseAsync(args, { from: 'user' })).rejects.toMatchObject({ name: 'CommanderError' });
    expect(printed.join('')).toContain(says);
  });
});
