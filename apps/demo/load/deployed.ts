/** The load generator as a container. */
import { setTimeout as sleep } from 'node:timers/promises';
import { healthServer } from '../deployed/health';
import { listen, listenForEnd } from '../deployed/lifecycle';
import { loadSettings, type Environment } from '../deployed/settings';
import { LoadGenerator } from './generator';

/** Longer than a journey takes that nothing holds up. */
const lastJourneysMs = 3000;

/** Sends visitors until a signal, and sees those home that are under way. @throws DemoError if its environment is not what it should be */
export async function run(environment: Environment): Promise<void> {
  const { adminPort, gateway, ratePerSecond, seed } = loadSettings(environment);
  const ending = listenForEnd();
  const generator = new LoadGenerator({ gateway, ratePerSecond, seed });
  const health = healthServer({ isReady: () => !ending.isRequested(), stats: () => generator.stats() });
  await listen(health, adminPort);
  if (ratePerSecond > 0) generator.start();
  await ending.requested;
  generator.stop();
  const until = performance.now() + lastJourneysMs;
  while (generator.stats().outstanding > 0 && performance.now() < until) await sleep(50);
  generator.close();
  health.close();
  health.closeAllConnections();
}
