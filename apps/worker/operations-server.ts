import { createServer, type Server } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { Registry } from 'prom-client';

/** What a worker tells about itself. */
export interface OperationsOptions {
  /** 0 for any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Why the worker is not ready; empty when it is. */
  readonly notReady: () => readonly string[];
  /** What the worker judges with, as JSON; `undefined` when it has no model. @default - `/model` is 404 */
  readonly model?: () => unknown;
}

/** Serves `/healthz`, `/readyz`, `/metrics` and `/model`. */
export interface OperationsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** The answers, without a socket. */
export function operationsApp({ registry, notReady, model }: Omit<OperationsOptions, 'port'>): Hono {
  const app = new Hono();
  app.use(secureHeaders());
  app.use(async (context, next) => {
    await next();
    context.header('Cache-Control', 'no-store');
  });
  // That this is answered shows that the event loop turns; what else is wrong, a restart does not cure.
  app.get('/healthz', (context) => context.json({ status: 'ok' }));
  app.get('/readyz', (context) => {
    const reasons = notReady();
    return reasons.length === 0
      ? context.json({ status: 'ready' })
      : context.json({ status: 'not ready', reasons }, 503);
  });
  app.get('/metrics', async (context) => {
    context.header('Content-Type', registry.contentType);
    return context.body(await registry.metrics());
  });
  app.get('/model', (context) => {
    const present = model?.();
    return present === undefined ? context.json({ error: 'no model' }, 404) : context.json(present);
  });
  app.notFound((context) => context.json({ error: 'not found' }, 404));
  return app;
}

/** Starts to serve on every address; bounded in the time a request may take. */
export async function startOperationsServer(options: OperationsOptions): Promise<OperationsServer> {
  const answer = getRequestListener(operationsApp(options).fetch);
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000, keepAliveTimeout: 5_000, maxHeaderSize: 8 * 1024 },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = 100;
  await listen(server, options.port);
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '0.0.0.0', () => {
      server.off('error', reject);
      resolve();
    });
  });
}
