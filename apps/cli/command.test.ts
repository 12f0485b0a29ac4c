import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { version } from '../../package.json';

const root = join(__dirname, '..', '..');

function plumbline(...args: string[]) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', 'plumbline', ...args], {
    cwd: root,
    encoding: 'utf8',
  });
  return { status, stdout: stdout.trim(), stderr };
}

describe('npx plumbline, after npm ci and without a build', () => {
  it('is the command', () => {
    expect(plumbline('--version')).toMatchObject({ status: 0, stdout: version });
    expect(plumbline('run', 'training', 'settings')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('LEARN_MIN_WINDOWS') as string,
    });
  });

  it.each([
    ['a command that there is not', ['nope'], "unknown command 'nope'"],
    ['an option that there is not', ['replay', '--nope', 'file'], "unknown option '--nope'"],
    ['an argument that is missing', ['replay'], "missing required argument 'file'"],
    ['a value that cannot be', ['replay', '--partitions', 'many', 'file'], 'give a number from 1 to 1024'],
    ['a recording that is not there', ['replay', '/nowhere/recording'], '/nowhere/recording'],
  ])('says what is wrong with %s, on standard error, with exit code 2', (_name, args, message) => {
    const { status, stdout, stderr } = plumbline(...args);
    expect(status).toBe(2);
    expect(stderr).toContain(message);
    expect(stdout).toBe('');
  });
});
