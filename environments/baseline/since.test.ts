import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseline } from './baseline';
import { writeBaseline } from './file';
import { changesSince, UnknownRevisionError } from './since';

const platform = (...topics: readonly string[]) =>
  baseline({ topics: Object.fromEntries(topics.map((name) => [name, { partitions: 3, cleanup: 'delete' }])) });

describe('What changed since a release', () => {
  let repository = '';
  let at = '';
  const git = (...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.org', ...args], { cwd: repository });

  beforeAll(() => {
    repository = mkdtempSync(join(tmpdir(), 'since-'));
    at = join(repository, 'kept');
    mkdirSync(at);
    git('init', '--quiet');
    writeBaseline('shop', platform('orders', 'carts'), at);
    writeBaseline('office', platform('letters'), at);
    git('add', '--all');
    git('commit', '--quiet', '-m', 'a release');
    git('tag', 'v1.0.0');
    // What is in the working tree since does not count.
    writeBaseline('shop', platform('orders'), at);
  });
  afterAll(() => rmSync(repository, { recursive: true }));

  it('is told environment by environment, also of those that are gone or new', () => {
    const { lines, breaking, left } = changesSince(
      'v1.0.0',
      { shop: platform('orders', 'returns'), bank: platform() },
      at,
    );
    expect(lines).toEqual([
      'office is not rendered any more: who runs it gets no further upgrade.',
      expect.stringMatching(/^shop: topic carts is gone: /),
      'shop: topic returns is new (cleanup delete, partitions 3).',
      'bank: nothing was kept of it before.',
    ]);
    expect([breaking, left]).toEqual([2, 2]);
  });

  it('is nothing where nothing did', () => {
    const same = { shop: platform('carts', 'orders'), office: platform('letters') };
    expect(changesSince('v1.0.0', same, at)).toEqual({ lines: [], breaking: 0, left: 0 });
  });

  it('cannot be told of a release that git does not know', () => {
    expect(() => changesSince('v2.0.0', {}, at)).toThrow(UnknownRevisionError);
    expect(() => changesSince('--all', {}, at)).toThrow('git knows no revision --all');
  });
});
