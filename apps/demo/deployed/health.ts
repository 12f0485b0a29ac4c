import { createServer, type Server } from 'node:http';

/** What the kubelet, and whoever forwards the port, may ask of a program. */
export interface Health {
  /** Whether it does what it is for. */
  readonly isReady: () => boolean;
  /** What it tells at `/stats`. @default - nothing */
  readonly stats?: () => object;
}

/** The answer to `/healthz` and `/readyz`; `undefined` for any other path. */
export function healthAnswer(path: string | undefined, isReady: () => boolean): [number, object] | undefined {
  if (path === '/healthz') return [200, { alive: true }];
  if (path === '/readyz') return isReady() ? [200, { ready: true }] : [503, { ready: false }];
  return undefined;
}

/** A server of health alone, for programs that have nothing to switch. */
export function healthServer({ isReady, stats }: Health): Server {
  return createServer((request, response) => {
    const own: [number, object] | undefined = request.url === '/stats' && stats ? [200, stats()] : undefined;
    const [status, body] = healthAnswer(request.url, isReady) ??
      own ?? [404, { error: 'there is /healthz and /readyz' }];
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
}
