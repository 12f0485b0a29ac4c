import { execFileSync } from 'node:child_process';
import { join, relative } from 'node:path';
import type { Baseline } from './baseline';
import { differences } from './compare';
import { fileOf, parseBaseline } from './file';
import { newText, type Updated } from './update';
import { reportOf } from './report';

const root = join(__dirname, '..', '..');

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
 * @throws {UnknownRevisionError} if there is none
 */
export function changesSince(revision: string, rendered: Readonly<Record<string, Baseline>>): Updated {
  try {
    git('rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`);
  } catch (cause) {
    throw new UnknownRevisionError(revision, { cause });
  }
  const lines: string[] = [];
  let breaking = 0;
  for (const [environment, is] of Object.entries(rendered)) {
    const file = relative(root, fileOf(environment));
    if (git('ls-tree', '--name-only', revision, '--', file) === '') {
      lines.push(newText(environment));
      continue;
    }
    const was = parseBaseline(git('show', `${revision}:${file}`), `${file} at ${revision}`);
    const all = differences({ environment, was, is });
    lines.push(...reportOf(environment, all));
    breaking += all.filter(({ breaks }) => breaks !== undefined).length;
  }
  return { lines, breaking, left: breaking };
}

function git(...args: readonly string[]): string {
  return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}
