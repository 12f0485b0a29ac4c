import { ports } from '../contracts';
import { InvalidPropError } from '../core/errors';
import { mebibytes, quantityValue } from '../core/quantity';
import { memoryLimitOf, type Resources } from '../core/resources';

/** What a {@link startCommand} depends on. */
export interface StartOptions {
  /** Path of the props that the resources are of, for errors. */
  readonly prop: string;
  readonly resources: Resources;
  /** Whether the cores are shared with other pods. */
  readonly overprovisioned: boolean;
  /** Name by which clients and other brokers reach the pod. */
  readonly pod: string;
}

/**
 * Starts a broker within its limits.
 *
 * @throws {InvalidPropError} if the resources are less than Redpanda starts with
 * @see https://docs.redpanda.com/current/reference/rpk/rpk-redpanda/rpk-redpanda-start/
 */
export function startCommand({ prop, resources, overprovisioned, pod }: StartOptions): readonly string[] {
  const limit = memoryLimitOf(resources);
  const cores = Math.floor(quantityValue(`${prop}.resources.cpu`, resources.cpu));
  const memory = mebibytes(`${prop}.resources.memory`, limit, 0.9);
  if (cores < 1) throw new InvalidPropError(`${prop}.resources.cpu`, resources.cpu, 'at least one core');
  if (memory < 1024) throw new InvalidPropError(`${prop}.resources.memory`, limit, 'at least 1.2 GiB');
  return [
    'rpk',
    'redpanda',
    'start',
    `--smp=${cores}`,
    // A tenth of the limit is for what is not the broker's own allocator, so nothing more is reserved.
    `--memory=${memory}M`,
    '--reserve-memory=0M',
    ...(overprovisioned ? ['--overprovisioned'] : []),
    '--default-log-level=info',
    `--advertise-kafka-addr=internal://${pod}:${ports.kafka}`,
    `--advertise-rpc-addr=${pod}:${ports.redpandaRpc}`,
  ];
}
