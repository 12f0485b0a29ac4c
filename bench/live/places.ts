import { substituteAddresses } from '../../tools/peers';

/** `service:port`, or `service` where a configuration has the port beside it → `host:port`, or `host`, on this machine. */
export type Places = Readonly<Record<string, string>>;

const service = /\b([\w-]+)\.[\w-]+\.svc\.cluster\.local(?::(\d+))?/g;

/** Names of Services that a rendered text has and nobody gave a place. */
export class NoPlaceError extends Error {
  readonly code = 'NO_PLACE';

  constructor(readonly address: string) {
    super(`${address}: is in what is rendered, and nothing on this machine stands for it`);
    this.name = 'NoPlaceError';
  }
}

/**
 * A rendered configuration with addresses of this machine: Services by name, whatever their namespace, and what it listens at.
 *
 * @param own what stands in the text → what takes its place; each has to be there
 * @throws {NoPlaceError} for a Service without a place
 */
export function onThisMachine(text: string, services: Places, own: Places = {}): string {
  const placed = text.replace(service, (address, name: string, port: string | undefined) => {
    const place = services[port === undefined ? name : `${name}:${port}`];
    if (place === undefined) throw new NoPlaceError(address);
    return place;
  });
  return substituteAddresses(placed, own);
}
