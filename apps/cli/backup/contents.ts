import { countsOf, type Snapshot } from '@plumbline/backup';
import { size } from './session';

/** What is in a backup, in a line. */
export function contentsOf(snapshot: Snapshot): string {
  if (snapshot.part === 'buckets')
    return snapshot.contents
      .map(({ name, objects, bytes }) => `${name}: ${objects} objects, ${size(bytes)}`)
      .join('; ');
  if (snapshot.part === 'topics')
    return snapshot.contents.map((topic) => `${topic.name}: ${countsOf(topic).records} records`).join('; ');
  return snapshot.contents.map(({ name, bytes }) => `${name}: ${size(bytes)}`).join('; ');
}
