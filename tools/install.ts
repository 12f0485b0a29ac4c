import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { lock } from 'proper-lockfile';
import { catalog } from './install/catalog';
import { requireClients } from './install/clients';
import { ClientsMissingError, UnknownToolError } from './install/errors';
import { ToolsHome } from './install/home';
import { Progress } from './install/progress';
import type { Tool } from './install/tool';
import { installTool } from './install/workshop';

const onDemand = Object.values<Tool>(catalog)
  .filter((tool) => tool.onDemand === true)
  .map(({ name }) => name);

const usage = `npm run tools [-- --only NAME[,NAME] --list --force]

Installs the real servers and readers of the tests into \${PLUMBLINE_TOOLS:-~/.cache/plumbline},
only what is missing or was made from other pins. Needs go, mvn, java, python3 and openssl.

  --only NAME[,NAME]   only these, also those that only an acceptance needs:
                       ${onDemand.join(', ')}
  --list               say what is installed, install nothing
  --force              install again what is there`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      list: { type: 'boolean', default: false },
      force: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  const home = new ToolsHome();
  const tools = selected(values.only);
  if (values.list) {
    for (const tool of tools) console.log(`${tool.name} ${tool.version}: ${home.isInstalled(tool) ? 'yes' : 'no'}`);
    return 0;
  }
  await mkdir(home.directory, { recursive: true });
  const release = await lockHome(home);
  try {
    return await installAll(tools, home, values.force);
  } finally {
    await release();
  }
}

function selected(only: string | undefined): readonly Tool[] {
  const all: readonly Tool[] = Object.values(catalog);
  if (only === undefined) return all.filter(({ name }) => !onDemand.includes(name));
  return only.split(',').map((name) => {
    const tool = all.find((candidate) => candidate.name === name);
    if (!tool) throw new UnknownToolError(name, Object.keys(catalog));
    return tool;
  });
}

/** Waits for another installation into the same home; the lock of one that died is taken over after 30 s. */
async function lockHome(home: ToolsHome): Promise<() => Promise<void>> {
  const lockfilePath = home.path('install.lock');
  if (existsSync(lockfilePath)) console.log('Another installation is at work, or died within the last half minute …');
  return lock(home.directory, {
    lockfilePath,
    stale: 30_000,
    update: 5_000,
    retries: { forever: true, minTimeout: 1_000, maxTimeout: 1_000 },
  });
}

async function installAll(tools: readonly Tool[], home: ToolsHome, force: boolean): Promise<number> {
  const progress = new Progress(process.stdout);
  const missing = tools.filter((tool) => force || !home.isInstalled(tool));
  await requireClients(missing.flatMap((tool) => tool.clients));
  const failed: Tool[] = [];
  for (const tool of tools) {
    if (!missing.includes(tool)) {
      progress.present(tool);
      continue;
    }
    const end = progress.begin(tool);
    try {
      await installTool(tool, home);
      end('installed');
    } catch (error) {
      end('FAILED');
      failed.push(tool);
      console.error(`${String(error)}\n${await tailOf(home.logFile(tool))}\nThe whole log: ${home.logFile(tool)}`);
    }
  }
  return failed.length === 0 ? 0 : 1;
}

async function tailOf(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-30).join('\n');
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof ClientsMissingError || error instanceof UnknownToolError ? error.message : error);
    process.exitCode = 1;
  },
);
