import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import {
  ExternalObjectStore,
  imageReference,
  images,
  KafkaTopics,
  ObjectStore,
  SecretRef,
  type Image,
  type PlatformApp,
} from '../constructs';
import { compareText } from '../constructs/core/content-hash';
import { platform } from '../main';
import { code, page, table } from '../tools/markdown';
import { environments } from './index';

/** Where reference pages lie in the repository. */
export const referenceFolder = join(__dirname, '..', 'docs', 'reference');

/** Pages of `docs/reference` that follow from the constructs of every environment, by file name. */
export function referencePages(): Readonly<Record<string, string>> {
  const apps = environments.map((environment) => ({ name: environment.name, app: platform(environment) }));
  const sections = (describe: (app: PlatformApp) => string) =>
    apps.map(({ name, app }) => `## ${name}\n\n${describe(app)}`);
  return {
    'secrets.md': page(
      'Secrets',
      'Every Secret that a pod needs, by environment. No value is in this repository. A generated Secret is made once, of ' +
        'random values, by the Job `credentials`; an existing one is yours to make, and pods start without it where it is optional.',
      sections(secrets),
    ),
    'grants.md': page(
      'Who may do what',
      'Every grant on a bucket and on a topic, by environment; nobody may do more. Where the broker has no authentication, ' +
        'grants on topics open the connection and are not enforced further.',
      sections(grants),
    ),
    'images.md': page(
      'Images',
      'Every image that is ever rendered, for a mirror in a cluster without access to the internet. The prop ' +
        '`imageRegistry` of an environment puts the mirror in front of all of them; `registry` names where the image of the workers ' +
        'is pushed ([how](../how-to/worker-image.md)).',
      [imageTable()],
    ),
  };
}

function secrets(app: PlatformApp): string {
  const rows = all(app, SecretRef).flatMap((secret) =>
    secret.places.map(({ namespace, name }) => [
      namespace,
      code(name),
      secret.keys.map((key) => code(secret.keyName(key))).join(', '),
      `${secret.source.kind}${secret.optional ? ', optional' : ''}`,
    ]),
  );
  return table(['Namespace', 'Secret', 'Keys', 'Source'], sorted(rows));
}

function grants(app: PlatformApp): string {
  const stores = [...all(app, ObjectStore), ...all(app, ExternalObjectStore)];
  const onBuckets = stores.flatMap(({ buckets }) =>
    buckets.flatMap((bucket) =>
      bucket.grants.map(({ workload, actions }) => [code(bucket.name), code(workload.name), actions.join(', ')]),
    ),
  );
  const onTopics = all(app, KafkaTopics).flatMap(({ topics }) =>
    topics.flatMap((topic) =>
      topic.grants.map(({ workload, operation, group }) => [
        code(topic.name),
        code(workload.name),
        operation,
        group === undefined ? '' : code(group),
      ]),
    ),
  );
  return [
    '### Buckets',
    table(['Bucket', 'Workload', 'May'], sorted(onBuckets)),
    '### Topics',
    table(['Topic', 'Workload', 'May', 'Consumer group'], sorted(onTopics)),
  ].join('\n\n');
}

function imageTable(): string {
  const rows = Object.values<Image>(images).map((image) => [
    code(imageReference(image)),
    image.licence,
    image.endOfLife === undefined ? '' : image.endOfLife === 'past' ? 'has ended' : `ended ${image.endOfLife}`,
  ]);
  return table(['Image', 'Licence', 'Support'], sorted(rows));
}

function all<T extends IConstruct>(app: PlatformApp, type: new (...args: never[]) => T): readonly T[] {
  return app.node.findAll().filter((construct): construct is T => construct instanceof type);
}

/** In order of their text, so that the order of declarations makes no difference. */
function sorted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.toSorted((a, b) => compareText(a.join('\n'), b.join('\n')));
}

if (require.main === module) {
  mkdirSync(referenceFolder, { recursive: true });
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(referenceFolder, name), text);
}
