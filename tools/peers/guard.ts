import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Reads process groups to end, `+ 12` and `- 12` a line. The end of its input is the end of the process that started it,
 * however that came about: then it ends the groups that remain and removes their data.
 */
const script = `
groups=' '
while read -r sign group; do
  case $sign in
    +) groups="$groups$group " ;;
    -) groups="\${groups%% $group *} \${groups#* $group }" ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done
[ "$2" = keep ] || rm -rf -- "$1"
`;

let root: string | undefined;
let guard: ChildProcess | undefined;

/** A new folder for a server's data; it goes when this process ends, unless `PLUMBLINE_KEEP_DATA` is 1. */
export async function dataDirectory(name: string): Promise<string> {
  return mkdtemp(join(started().root, `${name}-`));
}

/** Has a process group killed when this process ends, even if by SIGKILL; returns how to take that back. */
export function guardGroup(group: number): () => void {
  const input = started().input;
  input.write(`+ ${group}\n`);
  return () => input.write(`- ${group}\n`);
}

function started(): { readonly root: string; readonly input: NonNullable<ChildProcess['stdin']> } {
  root ??= realpathSync(mkdtempSync(join(tmpdir(), 'plumbline-')));
  if (!guard) {
    const keep = process.env.PLUMBLINE_KEEP_DATA === '1' ? 'keep' : 'remove';
    guard = spawn('sh', ['-c', script, 'plumbline-guard', root, keep], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    guard.unref();
    if (guard.stdin instanceof Socket) guard.stdin.unref();
  }
  if (!guard.stdin) throw new Error('The guard was started without an input');
  return { root, input: guard.stdin };
}
