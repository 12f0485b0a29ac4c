import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IConstruct } from 'constructs';
import {
  componentsIn,
  ExternalObjectStore,
  imageReference,
  images,
  KafkaTopics,
  ObjectStore,
  SecretRef,
  ServerCertificate,
  type Alert,
  type Image,
  type PlatformApp,
} from '../constructs';
import { compareText } from '../constructs/core/content-hash';
import { platform } from '../main';
import { exceptions } from '../tools/checks/exceptions';
import { checksPage } from '../tools/checks/page';
import { renderApp } from '../constructs/testing';
import { code, page, table } from '../tools/markdown';
import { bucketPoliciesPage } from './bucket-policies';
import { dashboardsPage } from './dashboards';
import { exceptionTable } from './exceptions';
import { environments } from './index';
import { objectivesPage } from './objectives';
import { everyService } from './use-cases';
import { useCasesPage } from './use-cases/page';

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
        'random values, by the Job `credentials`, which adds keys of a later version and overwrites none; an existing one is yours to make, and pods start without it where it is optional. One that is external, the External Secrets Operator makes.',
      sections(secrets),
    ),
    'grants.md': page(
      'Who may do what',
      'Every grant on a bucket and on a topic, by environment; nobody may do more. Where the broker has no users, ' +
        'grants on topics open the connection and are not enforced further.',
      sections(grants),
    ),
    'bucket-policies.md': bucketPoliciesPage(apps),
    'certificates.md': page(
      'Certificates',
      'What an environment needs once it sets `tls`, beside a Secret of the name in `tls.ca` with `ca.crt` in each namespace: a ' +
        'Secret of type `kubernetes.io/tls` for each server, whose certificate is for all of these names. Where `tls.issuer` is set, cert-manager makes ' +
        'both, and renews them; otherwise they are yours to make.',
      environments.map((environment) => {
        const { name, tls = { ca: 'ca' } } = environment;
        const made =
          tls.issuer === undefined ? '' : `cert-manager makes these, and ${code(tls.ca)} in each namespace.\n\n`;
        return `## ${name}\n\n${made}${certificates(platform({ ...environment, tls }))}`;
      }),
    ),
    'exceptions.md': page(
      'Exceptions',
      'Every workload whose pods may more than the restricted Pod Security Standard allows, and every right in the whole cluster, by ' +
        'environment. Pods with other profiles are in namespaces of their own; the reason is an annotation of the object, too.',
      sections((app) => exceptionTable(renderApp(app))),
    ),
    'images.md': page(
      'Images',
      'Every image that is ever rendered, for a mirror in a cluster without access to the internet. The prop ' +
        '`imageRegistry` of an environment puts the mirror in front of all of them; `registry` names where the image of the workers ' +
        'is pushed ([how](../how-to/worker-image.md)).',
      [imageTable()],
    ),
    'checks.md': checksPage(exceptions),
    'objectives.md': objectivesPage(),
    'use-cases.md': useCasesPage(platform(everyService)),
    'dashboards.md': dashboardsPage(apps.map(({ app }) => app)),
    'alerts.md': page(
      'Alerts',
      'Every alert that a component carries, by environment, each with its [runbook](../runbooks/README.md). Those that need a source which ' +
        'the environment’s own Prometheus does not read are not delivered to it; a Prometheus that an operator runs is given all. Those that ' +
        'need lines, Loki evaluates.',
      sections(alerts),
    ),
  };
}

function secrets(app: PlatformApp): string {
  const issued = issuedSecrets(app);
  const rows = all(app, SecretRef).flatMap((secret) =>
    secret.places.map(({ namespace, name }) => [
      namespace,
      code(name),
      secret.keys.map((key) => code(secret.keyName(key))).join(', '),
      issued.has(`${namespace}/${name}`)
        ? 'cert-manager'
        : `${secret.source.kind}${secret.optional ? ', optional' : ''}`,
    ]),
  );
  return table(['Namespace', 'Secret', 'Keys', 'Source'], sorted(unique(rows)));
}

/** `namespace/name` of each Secret that cert-manager makes. */
function issuedSecrets(app: PlatformApp): ReadonlySet<string> {
  const certificates = renderApp(app).filter(({ kind }) => kind === 'Certificate');
  return new Set(
    certificates.map(
      ({ metadata, spec }) => `${metadata.namespace ?? ''}/${(spec as { readonly secretName: string }).secretName}`,
    ),
  );
}

function certificates(app: PlatformApp): string {
  const rows = ServerCertificate.all(app).map(({ namespace, secretName, dnsNames }) => [
    namespace,
    code(secretName),
    dnsNames.map(code).join('<br>'),
  ]);
  return table(['Namespace', 'Secret', 'DNS names'], rows);
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

function alerts(app: PlatformApp): string {
  const rows = componentsIn(app).flatMap((component) => {
    const ofMetrics = [...component.alerts, ...component.slos.flatMap((slo) => slo.alerts)];
    const ofLines = component.logAlerts.map((alert) => ({ ...alert, source: 'lines' }));
    const all: readonly (Omit<Alert, 'source'> & { readonly source?: string })[] = [...ofMetrics, ...ofLines];
    const isOneOfSeveral = ({ name }: Pick<Alert, 'name'>) => all.filter((each) => each.name === name).length > 1;
    return all.map((alert) => {
      const of = isOneOfSeveral(alert) ? ` of ${code(Object.values(alert.labels ?? {}).join(', '))}` : '';
      const { severity, source = '' } = alert;
      const description = alert.description.replace(/\{\{.*?\}\}/g, '…');
      const wait = `${alert.for.toMinutes()} min`;
      return [code(component.name), `${runbookLink(alert)}${of}`, severity, wait, description, source];
    });
  });
  return table(['Component', 'Alert', 'Severity', 'After', 'What it means', 'Needs'], sorted(rows));
}

function runbookLink({ name, runbook = name }: Pick<Alert, 'name' | 'runbook'>): string {
  return `[${name}](../runbooks/${runbook}.md)`;
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

/** A row that two references to one thing have alike, once. */
function unique(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return Array.from(new Map(rows.map((row) => [row.join('\n'), row])).values());
}

/** In order of their text, so that the order of declarations makes no difference. */
function sorted(rows: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return rows.toSorted((a, b) => compareText(a.join('\n'), b.join('\n')));
}

if (require.main === module) {
  mkdirSync(referenceFolder, { recursive: true });
  for (const [name, text] of Object.entries(referencePages())) writeFileSync(join(referenceFolder, name), text);
}
