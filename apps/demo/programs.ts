import { createRequire } from 'node:module';
import { extname, join } from 'node:path';
import type { ShopProgram } from '@plumbline/contracts/shop';
import type { Environment } from './deployed/settings';
import { instrumentationModule } from './instrumentation-module';

const folders = { service: 'service', databases: 'databases', load: 'load' } as const satisfies Record<
  ShopProgram,
  string
>;

const load = createRequire(__filename);

/**
 * Runs one program of the shop in this process until a signal ends it, as the containers of the cluster do.
 *
 * @param name of the service, for `service`
 * @throws DemoError if its environment is not what it should be
 */
export async function runShopProgram(
  program: ShopProgram,
  environment: Environment = process.env,
  name?: string,
): Promise<void> {
  const flush = program === 'service' ? instrument() : () => Promise.resolve();
  const entry = join(__dirname, folders[program], `deployed${extname(__filename)}`);
  const { run } = load(entry) as { readonly run: (environment: Environment, name?: string) => Promise<void> };
  try {
    await run(environment, name);
  } finally {
    await flush();
  }
}

/**
 * Loads the stock SDK before anything that it is to instrument. It sends what it holds as soon as a signal comes and takes
 * nothing after that; here that is left to the end, so that the last requests are seen too.
 *
 * @returns sends what it holds
 */
function instrument(): () => Promise<void> {
  const before = new Set(process.listeners('SIGTERM'));
  load(instrumentationModule);
  const own = process.listeners('SIGTERM').filter((listener) => !before.has(listener));
  for (const listener of own) process.off('SIGTERM', listener);
  return async () => {
    for (const listener of own) await (listener as () => unknown)();
  };
}
