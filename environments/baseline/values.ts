import type { IConstruct } from 'constructs';
import {
  componentsIn,
  ExternalObjectStore,
  KafkaTopics,
  ObjectStore,
  Postgres,
  SecretRef,
  type Dashboard,
  type PlatformApp,
} from '../../constructs';
import { compareText } from '../../constructs/core/content-hash';
import { ExternalDatabase } from '../../constructs/databases/external-database';
import { names, type Baseline, type Things } from './baseline';

/** What is kept of values that components carry, and that no object has in a form of its own. */
export function ofValues(app: PlatformApp): Partial<Baseline> {
  const components = componentsIn(app);
  const stores = [...all(app, ObjectStore), ...all(app, ExternalObjectStore)];
  const servers = [...all(app, Postgres), ...all(app, ExternalDatabase)];
  const topics = all(app, KafkaTopics).flatMap((each) => each.topics);
  return {
    topics: Object.fromEntries(
      topics.map(({ name, partitions, cleanupPolicy }) => [name, { partitions, cleanup: cleanupPolicy }]),
    ),
    consumerGroups: groupsOf(topics),
    buckets: names(stores.flatMap(({ buckets }) => buckets.map(({ name }) => name))),
    databases: names(servers.flatMap(({ databases }) => databases)),
    alerts: names(
      components.flatMap(({ alerts, logAlerts, slos }) =>
        [...alerts, ...logAlerts, ...slos.flatMap((slo) => slo.alerts)].map(({ name }) => name),
      ),
    ),
    series: names(
      components.flatMap(({ recordingRules, slos }) =>
        [...recordingRules, ...slos.flatMap((slo) => slo.recordingRules)].map(({ record }) => record),
      ),
    ),
    dashboards: names(shownIn(app).map(({ uid }) => uid)),
    secrets: secretsOf(app),
  };
}

/** Of readers that commit how far they have come. */
function groupsOf(topics: readonly KafkaTopics['topics'][number][]): Things {
  const read = new Map<string, string[]>();
  for (const { name, grants } of topics)
    for (const { operation, group } of grants)
      if (operation === 'consume' && group !== undefined) read.set(group, [...(read.get(group) ?? []), name]);
  return Object.fromEntries(
    Array.from(read, ([group, of]) => [group, { topics: [...new Set(of)].toSorted(compareText).join(' ') }]),
  );
}

/** Of components, and of stores that are not ours. */
function shownIn(app: PlatformApp): readonly Dashboard[] {
  return app.node
    .findAll()
    .flatMap((each) =>
      'dashboards' in each && Array.isArray(each.dashboards) ? (each.dashboards as Dashboard[]) : [],
    );
}

function secretsOf(app: PlatformApp): Things {
  return Object.fromEntries(
    all(app, SecretRef).flatMap((secret) => {
      const keys = secret.keys.map((key) => secret.keyName(key)).toSorted(compareText);
      const aspects = {
        keys: keys.join(' '),
        source: secret.source.kind,
        ...(secret.optional && { optional: true }),
      };
      return secret.places.map(({ namespace, name }) => [`${namespace}/${name}`, aspects]);
    }),
  );
}

function all<T extends IConstruct>(app: PlatformApp, type: new (...args: never[]) => T): readonly T[] {
  return app.node.findAll().filter((construct): construct is T => construct instanceof type);
}
