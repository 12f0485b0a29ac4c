import { runProgram } from '../../peers';

/** Runs `ip`, `iptables` and the like; all of it wants root. @returns what it printed */
export async function system(command: string, args: readonly string[], input?: string): Promise<string> {
  const { stdout } = await runProgram(command, args, input === undefined ? {} : { input });
  return stdout;
}
