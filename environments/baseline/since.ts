import { execFileSync } from 'node:child_process';
import { basename } from 'node:path';
import type { Baseline } from './baseline';
import { environmentsOf, fileOf, folder, parseBaseline } from './file';
import { changedBetween, summedUp, type Updated } from './update';

/** A revision that git does not know. */
export class UnknownRevisionError extends Error {
  readonly code = 'UNKNOWN_REVISION';

  constructor(revision: string, options?: ErrorOptions) {
    super(`git knows no revision ${revision}: a tag, a branch or a commit`, options);
    this.name = 'UnknownRevisionError';
  }
}

/**
 * What an upgrade from a revision to what is rendered now changes. Nothing is written.
 *
 * @param revision such as the tag of a release
 * @param at folder of the files, in a working tree of git
 * @throws {UnknownRevisionError} if there is none
 */
export function changesSince(revision: string, rendered: Readonly<Record<string, Baseline>>, at = folder): Updated {
  const git = (...args: readonly string[]) =>
    execFileSync('git', args, { cwd: at, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  try {
    git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  } catch (cause) {
    throw new UnknownRevisionError(revision, { cause });
  }
  const files = git('ls-tree', '--name-only', revision, './').split('\n');
  const was = environmentsOf(files).map((environment) => {
    const file = basename(fileOf(environment, at));
    return [environment, parseBaseline(git('show', `${revision}:./${file}`), `${file} at ${revision}`)] as const;
  });
  return summedUp(changedBetween(Object.fromEntries(was), rendered));
}
