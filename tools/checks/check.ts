import { join } from 'node:path';
import { checkov } from './checkov';
import type { Report } from './finding';
import { kubeScore } from './kube-score';

/** Folder of the rendered manifests of every environment. */
export const renderedFolder = join(__dirname, '..', '..', 'dist');

/** What every checker says of a folder of manifests. */
export async function check(folder: string): Promise<readonly Report[]> {
  return Promise.all([kubeScore(folder), checkov(folder)]);
}
