import type { CredentialsJob } from '@plumbline/contracts';
import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rendered, Secrets } from './rendered';

/** Random values for the Secrets that the rendered Job of credentials makes, of the kinds it asks for. */
export function generatedSecrets(credentials: Rendered): Secrets {
  const { secrets } = JSON.parse(credentials.file('credentials-job', 'job.json')) as CredentialsJob;
  const random = {
    accessKeyId: () => randomBytes(10).toString('hex').toUpperCase(),
    password: () => randomBytes(20).toString('hex'),
    base64Key: () => `${randomBytes(32).toString('base64url')}=`,
  };
  return Object.fromEntries(
    secrets.map(({ name, keys }) => [
      name,
      Object.fromEntries(keys.map(({ key, kind, value = '' }) => [key, kind === 'literal' ? value : random[kind]()])),
    ]),
  );
}

/**
 * Secrets as a pod finds them: a folder for each whose name has the suffix, a file for each key.
 *
 * @param suffix of their names, such as `-objects-s3`; what stands before it names the folder
 */
export async function writeSecrets(directory: string, suffix: string, secrets: Secrets): Promise<void> {
  for (const [secret, values] of Object.entries(secrets)) {
    if (!secret.endsWith(suffix)) continue;
    const folder = join(directory, secret.slice(0, -suffix.length));
    await mkdir(folder, { recursive: true });
    for (const [key, value] of Object.entries(values)) await writeFile(join(folder, key), value, { mode: 0o600 });
  }
}
