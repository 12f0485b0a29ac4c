import { createHash } from 'node:crypto';
import { statisticsBytes, versionName, type Bundle } from '@plumbline/wire';

/**
 * Rising number, six digits at least, and the start of a hash of what the bundle says: `000012-4bf92f3577b3`. Where it was
 * learnt from (source offsets) does not count: four partitions that say what one said make the same version.
 */
export function bundleVersion(sequence: number, bundle: Omit<Bundle, 'version'>): string {
  const { profile, progress: _progress, spread: _spread, ...rest } = bundle;
  const hash = createHash('sha256')
    .update(JSON.stringify(rest))
    .update(statisticsBytes({ profile, spread: new Map() }))
    .digest('hex');
  return versionName(sequence, hash);
}
