import { version } from '../../package.json';
import { checkRelease, type ReleaseRequest } from './check';

const repository = 'Plumbline-Observability/plumbline';
const request: ReleaseRequest = {
  tag: `v${version}`,
  repository,
  version,
  changelog: `# Changelog\n\n## ${version}\n\n- A thing.\n`,
  packages: ['plumbline', 'plumbline-cli'],
  ownerOf: async () => undefined,
};

describe('A release', () => {
  it('can be made of names that nobody has, or that are ours', async () => {
    await expect(checkRelease(request)).resolves.toBeUndefined();
    const ours = async () => `git+https://github.com/${repository.toLowerCase()}.git`;
    await expect(checkRelease({ ...request, ownerOf: ours })).resolves.toBeUndefined();
  });

  it.each<[string, Partial<ReleaseRequest>, string]>([
    ['a tag of another version', { tag: 'v9.9.9' }, `the tag is v9.9.9, and package.json says ${version}`],
    ['an image in another registry', { repository: 'somebody/fork' }, 'pushed to ghcr.io/somebody'],
    ['no notes', { changelog: '# Changelog\n' }, `says nothing of ${version}`],
    [
      'a name that somebody else has',
      { ownerOf: async (name) => (name === 'plumbline' ? 'git+https://github.com/other/plumbline.git' : undefined) },
      "the npm package plumbline is somebody else's (git+https://github.com/other/plumbline.git)",
    ],
  ])('is stopped before anything is published by %s', async (_what, change, says) => {
    await expect(checkRelease({ ...request, ...change })).rejects.toThrow(says);
  });

  it('is told everything that stops it at once', async () => {
    const wrong = checkRelease({ ...request, tag: 'v9.9.9', changelog: '', ownerOf: async () => 'no repository' });
    await expect(wrong).rejects.toMatchObject({ problems: { length: 4 } });
  });
});
