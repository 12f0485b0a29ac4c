import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CommandFailedError } from './errors';
import type { ToolsHome } from './home';
import type { Tool, Workshop } from './tool';

/** Installs one tool and stamps it; what its programs print goes to the tool's log. */
export async function installTool(tool: Tool, home: ToolsHome): Promise<void> {
  const logFile = home.logFile(tool);
  await mkdir(dirname(logFile), { recursive: true });
  await mkdir(home.path('scratch'), { recursive: true });
  const scratch = await mkdtemp(home.path('scratch', `${tool.name}-`));
  const log = await open(logFile, 'w');
  const workshop: Workshop = {
    home,
    scratch,
    run: async (command, args, options = {}) => {
      await log.write(`$ ${[command, ...args].join(' ')}\n`);
      await succeed(command, args, log.fd, options.cwd ?? scratch, options.env ?? {});
    },
  };
  try {
    await tool.install(workshop);
    await home.stamp(tool);
  } finally {
    await log.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

function succeed(
  command: string,
  args: readonly string[],
  logDescriptor: number,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', logDescriptor, logDescriptor],
    });
    child.once('error', (cause) => reject(new CommandFailedError(command, 'cannot be started', { cause })));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new CommandFailedError(command, signal ? `ended by ${signal}` : `exit code ${code ?? '?'}`));
    });
  });
}
