import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerFailedError, ProgramFailedError } from './errors';
import { dataDirectory } from './guard';
import { PeerProcess, type PeerProcessOptions } from './process';
import { logged } from './readiness';
import { runProgram } from './run';

/** A server in a line of shell: it says `ready` and waits. */
async function shell(script: string, options: Partial<PeerProcessOptions> = {}): Promise<PeerProcess> {
  const directory = await dataDirectory('shell');
  const ready = logged('ready');
  return PeerProcess.start({ name: 'shell', command: 'sh', args: ['-c', script], directory, ready, ...options });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20);
}

describe('PeerProcess', () => {
  it('is running once started, and gone once stopped', async () => {
    const peer = await shell('echo ready; exec sleep 60');
    const pid = peer.pid ?? 0;
    expect(isAlive(pid)).toBe(true);
    await peer.stop();
    expect(isAlive(pid)).toBe(false);
    expect(peer.pid).toBeUndefined();
  });

  it('lets a stopped server finish its work', async () => {
    const peer = await shell('trap "echo flushed; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await peer.stop();
    expect(await peer.log()).toContain('flushed');
  });

  it('kills a server that does not obey in time', async () => {
    const peer = await shell('trap "" TERM; echo ready; while :; do sleep 0.05; done', { stopTimeoutMs: 100 });
    const pid = peer.pid ?? 0;
    await peer.stop();
    expect(isAlive(pid)).toBe(false);
  });

  it('gives a killed server no time', async () => {
    const peer = await shell('trap "echo flushed; exit 0" TERM; echo ready; while :; do sleep 0.05; done');
    await peer.kill();
    expect(await peer.log()).not.toContain('flushed');
  });

  it('starts again on the same data, and waits for the new process and not for the old log', async () => {
    const peer = await shell('echo x >> starts; sleep 0.2; echo ready $(wc -l < starts); exec sleep 60');
    expect(await peer.log()).toContain('ready 1');
    await peer.kill();
    await peer.restart();
    expect(await peer.log()).toContain('ready 2');
    expect(await peer.log()).not.toContain('ready 1');
    await peer.stop();
  });

  it('shows why a server did not start, with the end of its log', async () => {
    const failed = shell('echo "port 80: permission denied"; exit 3');
    await expect(failed).rejects.toThrow(PeerFailedError);
    await expect(failed).rejects.toThrow(/exited with 3 before it was ready.*\n.*port 80: permission denied/);
  });

  it('names a program that cannot be started', async () => {
    await expect(shell('', { command: 'no-such-server' })).rejects.toThrow(/no-such-server/);
  });

  it('kills a server that is not ready in time', async () => {
    const directory = await dataDirectory('slow');
    const slow = shell('echo $$ > pid; echo starting; exec sleep 60', { directory, startTimeoutMs: 300 });
    await expect(slow).rejects.toThrow(/not ready within 0.3 s.*\nstarting/);
    expect(isAlive(Number(await readFile(join(directory, 'pid'), 'utf8')))).toBe(false);
  });
});

describe('A test process that dies', () => {
  it('takes its servers and their data with it, even by SIGKILL', async () => {
    const directory = await dataDirectory('dying');
    const script = join(directory, 'dying.ts');
    await writeFile(
      script,
      `import { dataDirectory } from ${JSON.stringify(join(__dirname, 'guard'))};
       import { PeerProcess } from ${JSON.stringify(join(__dirname, 'process'))};
       import { logged } from ${JSON.stringify(join(__dirname, 'readiness'))};
       const start = async () => {
         const directory = await dataDirectory('orphan');
         const args = ['-c', 'echo ready; sleep 60 & exec sleep 60'];
         const peer = await PeerProcess.start({ name: 'orphan', command: 'sh', args, directory, ready: logged('ready') });
         console.log(JSON.stringify({ pid: peer.pid, directory }));
         setInterval(() => undefined, 1000);
       };
       void start();`,
    );
    const dying = spawn(process.execPath, ['--import', 'tsx', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const printed = await new Promise<string>((resolve) => dying.stdout.once('data', (line) => resolve(String(line))));
    const orphan = JSON.parse(printed) as { readonly pid: number; readonly directory: string };
    expect(isAlive(orphan.pid)).toBe(true);
    dying.kill('SIGKILL');
    await until(() => !isAlive(orphan.pid) && !existsSync(orphan.directory));
    expect(() => process.kill(-orphan.pid, 0)).toThrow('ESRCH');
  }, 30_000);
});

describe('runProgram', () => {
  it('gives what was printed', async () => {
    expect(await runProgram('sh', ['-c', 'cat; echo err >&2'], { input: 'in' })).toEqual({
      stdout: 'in',
      stderr: 'err\n',
    });
  });

  it('fails with the output of a program that fails', async () => {
    const failed = runProgram('sh', ['-c', 'echo "no such topic"; exit 2']);
    await expect(failed).rejects.toThrow(ProgramFailedError);
    await expect(failed).rejects.toThrow(/exited with 2: no such topic/);
  });
});
