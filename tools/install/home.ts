import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Tool } from './tool';

/** Folder of the files that pin what is installed: go.mod and go.sum, pom.xml, requirements. */
export const pinsDirectory = join(__dirname, '..', 'pins');

/**
 * The folder that holds installed tools, by default `~/.cache/plumbline`, or `PLUMBLINE_TOOLS`.
 *
 * `bin/` has programs, `kafka/lib` jars, `python/` a virtual environment, `stamps/` one file a tool with the hash of
 * what it was made from, `logs/` the output of the last installation of each.
 */
export class ToolsHome {
  constructor(readonly directory = process.env.PLUMBLINE_TOOLS ?? join(homedir(), '.cache', 'plumbline')) {}

  path(...segments: readonly string[]): string {
    return join(this.directory, ...segments);
  }

  logFile(tool: Tool): string {
    return this.path('logs', `${tool.name}.log`);
  }

  /** True if every output is there and was made from exactly today's pins. */
  isInstalled(tool: Tool): boolean {
    const stamp = this.stampFile(tool);
    return (
      existsSync(stamp) &&
      readFileSync(stamp, 'utf8').trim() === pinHash(tool) &&
      tool.outputs.every((output) => existsSync(this.path(output)))
    );
  }

  /** Records that the outputs of a tool are complete; call it last. */
  async stamp(tool: Tool): Promise<void> {
    await mkdir(this.path('stamps'), { recursive: true });
    await writeFile(this.stampFile(tool), `${pinHash(tool)}\n`);
  }

  private stampFile(tool: Tool): string {
    return this.path('stamps', tool.name);
  }
}

/** SHA-256, in hex, over all that decides what a tool becomes: its version, its recipe and the text of its pin files. */
export function pinHash(tool: Tool): string {
  const hash = createHash('sha256').update(JSON.stringify([tool.name, tool.version, tool.recipe, tool.outputs]));
  for (const pin of tool.pins) {
    hash.update(`\0${pin}\0`).update(readFileSync(join(pinsDirectory, pin)));
  }
  return hash.digest('hex');
}
