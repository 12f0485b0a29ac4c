import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RedpandaSettings, TieredStorageSettings } from '@plumbline/contracts';
import type { Logger } from 'pino';
import { JobError } from './job-error';
import { readMounted } from './mounted-secret';
import type { ConfigStatus, RedpandaAdmin } from './redpanda-admin';

/** Settings that topics take over from a cluster only when they are made, so each is told. */
export const tieredTopicConfig = { 'redpanda.remote.write': 'true', 'redpanda.remote.read': 'true' } as const;

/** How long brokers are waited for that have not taken up what was changed: one may be starting. */
export interface Patience {
  readonly attempts: number;
  readonly pauseMs: number;
}

/**
 * Sets the properties of a cluster with tiered storage, and tells which brokers heed them only when they are started again.
 *
 * @throws {JobError} if a file of the key is missing, or a broker cannot read a property that was set here
 */
export async function ensureTieredProperties(
  admin: RedpandaAdmin,
  wanted: RedpandaSettings['properties'],
  settings: TieredStorageSettings,
  logger: Logger,
  patience: Patience = { attempts: 20, pauseMs: 500 },
): Promise<void> {
  const secrets = await readKey(settings);
  const version = await admin.ensureProperties(wanted, logger, secrets);
  const statuses = await settled(admin, version ?? 0, patience);
  refuseUnread(statuses, [...Object.keys(wanted), ...Object.keys(secrets)], logger);
  const waiting = statuses.filter(({ config_version }) => config_version < (version ?? 0)).map(idOf);
  if (waiting.length > 0) logger.warn({ nodes: waiting }, 'brokers have not taken up what was changed');
  const nodes = statuses.filter(({ restart }) => restart).map(idOf);
  if (nodes.length > 0)
    logger.warn({ nodes, command: settings.restart }, 'brokers heed what was changed when they are started again');
}

/** Secret cluster properties, from the mounted key. */
async function readKey({ accessKeyDirectory }: TieredStorageSettings): Promise<Readonly<Record<string, string>>> {
  if (accessKeyDirectory === undefined) return {};
  const read = (file: string) => readMounted('key of tiered storage', join(accessKeyDirectory, file));
  return {
    cloud_storage_access_key: await read('accessKeyId'),
    cloud_storage_secret_key: await read('secretAccessKey'),
  };
}

/** Brokers take up properties one by one, shortly after they were changed. */
async function settled(
  admin: RedpandaAdmin,
  version: number,
  { attempts, pauseMs }: Patience,
): Promise<readonly ConfigStatus[]> {
  for (let attempt = 1; ; attempt += 1) {
    const statuses = await admin.configStatus();
    if (attempt === attempts || statuses.every(({ config_version }) => config_version >= version)) return statuses;
    await sleep(pauseMs);
  }
}

/** What others set, and brokers cannot read, keeps nobody from going on. */
function refuseUnread(statuses: readonly ConfigStatus[], ours: readonly string[], logger: Logger): void {
  const unread = statuses.map(({ node_id: node, invalid, unknown }) => ({ node, invalid, unknown }));
  const found = unread.filter(({ invalid, unknown }) => invalid.length + unknown.length > 0);
  if (found.length === 0) return;
  logger.error({ brokers: found }, 'brokers cannot read some of their properties');
  const names = [...new Set(found.flatMap(({ invalid, unknown }) => [...invalid, ...unknown]))];
  const refused = names.filter((name) => ours.includes(name));
  if (refused.length > 0)
    throw new JobError('PLUMBLINE_JOB_SERVER', `brokers cannot read what was set: ${refused.join(', ')}`);
}

function idOf({ node_id: id }: ConfigStatus): number {
  return id;
}
