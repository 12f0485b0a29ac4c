/** The databases of all services in one container. What is in them is gone with it, and is the same again after its start. */
import { healthServer } from '../deployed/health';
import { listen, listenForEnd } from '../deployed/lifecycle';
import { databasesSettings, type Environment } from '../deployed/settings';
import { startDatabases, withDatabase } from './threads';

/** Serves until a signal. @throws DemoError if its environment is not what it should be, or whatever ended a database */
export async function run(environment: Environment): Promise<void> {
  const { adminPort, portOf } = databasesSettings(environment);
  const ending = listenForEnd();
  const waiting = new Set(withDatabase);
  const health = healthServer({ isReady: () => waiting.size === 0 && !ending.isRequested() });
  await listen(health, adminPort);
  let stop = (): Promise<void> => Promise.resolve();
  const failed = new Promise<never>((_resolve, reject) => {
    stop = startDatabases({
      portOf,
      onListening: (service) => waiting.delete(service),
      onFailure: (service, cause) => reject(new Error(`the database of ${service} failed`, { cause })),
    });
  });
  try {
    await Promise.race([ending.requested, failed]);
  } finally {
    await stop();
    health.close();
    health.closeAllConnections();
  }
}
