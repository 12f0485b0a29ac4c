import { parse } from 'yaml';

/** `server.http_listen_port`, as the stores of Grafana have it. @throws {TypeError} if it is not there */
export function httpPort(configText: string): number {
  const config: unknown = parse(configText);
  const server = isRecord(config) ? config['server'] : undefined;
  const port = isRecord(server) ? server['http_listen_port'] : undefined;
  if (typeof port !== 'number') throw new TypeError(`server.http_listen_port is ${String(port)}, not a number`);
  return port;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
