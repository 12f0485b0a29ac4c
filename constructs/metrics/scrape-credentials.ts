import type { ScrapeTarget } from '../core/component';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';

/** Whether a target asks who reads it. */
export function asksWhoReads({ credentials }: ScrapeTarget): boolean {
  return credentials !== undefined;
}

/**
 * Gives a workload what a target asks for, as files.
 *
 * @returns the folder with them; nothing if it asks for nothing
 */
export function mountCredentials(workload: Workload, { job, credentials }: ScrapeTarget): string | undefined {
  if (credentials === undefined) return undefined;
  const { kind, source = SecretSource.existing() } = credentials;
  const name = `${job}-scrape`;
  const password = { kind: 'password' } as const;
  const username = { kind: 'literal', value: workload.name } as const;
  const keys = kind === 'basic' ? { username, password } : { token: password };
  const secret = new SecretRef(workload, name, { name, namespace: workload.namespace, keys, source });
  const folder = `/etc/prometheus-credentials/${job}`;
  workload.mount(workload.addSecret(name, secret), folder);
  return folder;
}
