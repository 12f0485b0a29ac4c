import { readFile } from 'node:fs/promises';
import { networkPathsKeys, ports, type NetworkPathsFile } from '@plumbline/contracts';
import { ConfigError, messageOf, operationsSettings, wholeNumber } from '@plumbline/worker';
import { z } from 'zod';

/** What the process is told by its environment. */
export const networkPathsSettings = operationsSettings.extend({
  [networkPathsKeys.file]: z.string().describe('JSON file with targets, and how they are measured'),
  [networkPathsKeys.port]: wholeNumber(0, 65_535).default(ports.networkPaths).describe('Port of the page'),
  [networkPathsKeys.mtrHome]: z.string().optional().describe('Folder with bin/mtr, bin/mtr-packet and lib'),
});

const place = z.string().max(63).optional();

const fileSchema = z.strictObject({
  targets: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be a lower-case DNS label'),
        // Never an option of whatever program it is given to.
        host: z.string().regex(/^[\w:][\w.:%-]{0,252}$/, 'must be an address, or a name of DNS'),
        region: place,
        site: place,
        provider: place,
        link: place,
      }),
    )
    .min(1)
    .max(200)
    .refine((targets) => new Set(targets.map(({ name }) => name)).size === targets.length, 'two have one name'),
  intervalSeconds: wholeNumber(10, 86_400).default(60),
  packets: wholeNumber(1, 100).default(10),
  maxHops: wholeNumber(1, 64).default(30),
  concurrency: wholeNumber(1, 64).default(4),
});

/** @throws {ConfigError} if the file cannot be read, or used */
export async function readNetworkPathsFile(path: string): Promise<NetworkPathsFile> {
  let json: unknown;
  try {
    json = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([`${networkPathsKeys.file}=${JSON.stringify(path)}: ${messageOf(error)}`]);
  }
  return networkPathsFile(json, path);
}

/** @throws {ConfigError} that names each field that cannot be used */
export function networkPathsFile(json: unknown, path = networkPathsKeys.file as string): NetworkPathsFile {
  const result = fileSchema.safeParse(json);
  if (!result.success) {
    throw new ConfigError(result.error.issues.map(({ path: at, message }) => `${path}: ${at.join('.')}: ${message}`));
  }
  const { targets, ...rest } = result.data;
  return {
    ...rest,
    targets: targets.map(({ name, host, region, site, provider, link }) => ({
      name,
      host,
      ...(region !== undefined && { region }),
      ...(site !== undefined && { site }),
      ...(provider !== undefined && { provider }),
      ...(link !== undefined && { link }),
    })),
  };
}
