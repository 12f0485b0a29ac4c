import { lookup } from 'node:dns/promises';
import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { networkPathsKeys } from '@plumbline/contracts';
import {
  createLogger,
  listenForShutdown,
  parseEnvironment,
  startOperationsServer,
  systemClock,
  type Environment,
} from '@plumbline/worker';
import type { Logger } from 'pino';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { NetworkPathMetrics } from './metrics';
import { PathMonitor } from './monitor';
import { measureByMtr } from './mtr/run-mtr';
import { pathsApp } from './page/app';
import { networkPathsSettings, readNetworkPathsFile } from './settings';

/**
 * Measures paths and serves their page, metrics and health until a signal.
 *
 * @returns the exit code: 0 after a signal, 1 after an error, 2 when the settings cannot be used
 */
export async function runNetworkPaths(environment: Environment = process.env): Promise<number> {
  const logger = createLogger('network-paths');
  try {
    const settings = parseEnvironment(networkPathsSettings, environment);
    logger.level = settings.LOG_LEVEL;
    const shutdown = listenForShutdown(logger, settings.SHUTDOWN_GRACE_SECONDS * 1000);
    const stop = new AbortController();
    try {
      void shutdown.requested.then(() => stop.abort());
      await monitorPaths(settings, logger, stop.signal);
      logger.info('stopped');
      return 0;
    } finally {
      stop.abort();
      shutdown.dispose();
    }
  } catch (error) {
    logger.fatal({ err: error }, 'paths cannot be measured');
    return error instanceof Error && 'code' in error && error.code === 'PLUMBLINE_CONFIG' ? 2 : 1;
  }
}

type Settings = ReturnType<typeof networkPathsSettings.parse>;

async function monitorPaths(settings: Settings, logger: Logger, stop: AbortSignal): Promise<void> {
  const { [networkPathsKeys.file]: path, [networkPathsKeys.port]: port, [networkPathsKeys.mtrHome]: home } = settings;
  const file = await readNetworkPathsFile(path);
  const { packets, maxHops, targets } = file;
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = new NetworkPathMetrics(registry);
  const monitor = new PathMonitor({
    file,
    measure: measureByMtr({ packets, maxHops, ...(home !== undefined && { home }) }),
    // As the system does it, with its search domains and its order of IPv4 and IPv6.
    resolve: async (host) => (await lookup(host)).address,
    clock: systemClock,
    log: logger,
    observer: metrics,
  });
  metrics.read(monitor);
  const operations = await startOperationsServer({ port: settings.OPERATIONS_PORT, registry, notReady: () => [] });
  try {
    const onError = (error: Error): void => logger.error({ err: error }, 'a page could not be made');
    const page = await servePage(port, getRequestListener(pathsApp({ histories: monitor.histories, onError }).fetch));
    try {
      logger.info({ targets: targets.length, page: portOf(page), operations: operations.port }, 'measuring');
      await monitor.run(stop);
    } finally {
      await new Promise((resolve) => {
        page.close(resolve);
        page.closeAllConnections();
      });
    }
  } finally {
    await operations.close();
  }
}

function servePage(port: number, answer: ReturnType<typeof getRequestListener>): Promise<Server> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8 * 1024 },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = 200;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '0.0.0.0', () => resolve(server));
  });
}

function portOf(server: Server): number | undefined {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : undefined;
}
