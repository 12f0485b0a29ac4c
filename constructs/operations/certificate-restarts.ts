import { Chart, Duration } from 'cdk8s';
import type { Construct, IConstruct } from 'constructs';
import { ports, type CertificatesJob } from '../contracts';
import { images } from '../images';
import type { Alert } from '../core/alert';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { ConfigFile } from '../core/config-file';
import { compareText } from '../core/content-hash';
import { defined } from '../core/defined';
import type { ServiceEndpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { namespaceOf, selectorLabels } from '../core/naming';
import { PlatformCronJob } from '../core/platform-cron-job';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import { ServerCertificate } from '../core/server-tls';
import { certificateAlerts } from './certificate-alerts';

/** Options of {@link CertificateRestarts}. */
export interface CertificateRestartsProps extends ComponentProps {
  /** When servers are looked at, a cron expression in UTC; in each run one pod of a server is started again. @default - every hour */
  readonly schedule?: string;
  /** Since a certificate was issued, until which servers that read it again have time to do so. @default Duration.minutes(15) */
  readonly settle?: Duration;
  /** How long servers may have been shown to have the certificate of their Secret, before somebody is told. @default Duration.days(1) */
  readonly maximumAge?: Duration;
  /** Image of the Job. @default - the worker image of this version */
  readonly image?: string;
}

/**
 * Starts servers of a namespace again that show another certificate than the one in their Secret, pod by pod: Tempo, Loki, Mimir, the object
 * store and PostgreSQL read it when they start, and never again. What reads it by itself is looked at, and left alone.
 *
 * A CronJob whose account may list pods of its namespace and evict them, which budgets hold up as they do when a node is drained. It reads no
 * Secret: certificates are mounted, without their keys. Make it last, when all servers are there; {@link CertificateRestarts.everywhere} makes
 * one in each namespace that has any.
 */
export class CertificateRestarts extends Component {
  /**
   * One in each namespace with servers that show a certificate, in the chart of the first of them, called `certificate-restarts-<namespace>`:
   * each has an alert of its own. Where the platform speaks in plain text there are none.
   */
  static everywhere(scope: IConstruct, props: CertificateRestartsProps = {}): readonly CertificateRestarts[] {
    const charts = new Map<string, Chart>();
    for (const { namespace, workload } of certificatesIn(scope))
      if (!charts.has(namespace)) charts.set(namespace, Chart.of(workload));
    const { name = 'certificate-restarts' } = props;
    return Array.from(
      charts,
      ([namespace, chart]) =>
        new CertificateRestarts(chart, 'certificate-restarts', { ...props, name: `${name}-${namespace}` }),
    );
  }

  readonly software = [images.workers];
  readonly scrapeTargets: readonly ScrapeTarget[] = [];
  override readonly alerts: readonly Alert[];

  /** @throws {InvalidPropError} if no server in its namespace shows a certificate */
  constructor(scope: Construct, id: string, props: CertificateRestartsProps = {}) {
    super(scope, id, props);
    const { name, namespace } = this;
    const { schedule = '11 * * * *', settle = Duration.minutes(15), maximumAge = Duration.days(1), image } = props;
    const certificates = certificatesIn(this.node.root).filter((each) => each.namespace === namespace);
    if (certificates.length === 0)
      throw new InvalidPropError(this.node.path, namespace, 'a namespace with servers that show a certificate');
    const job = this.main(
      new PlatformCronJob(this, 'job', {
        ...this.common,
        name,
        job: 'certificates',
        schedule,
        file: ConfigFile.json('job.json', (): CertificatesJob => ({
          namespace,
          settleSeconds: settle.toSeconds(),
          servers: certificates.map(serverOf),
        })),
        ...defined({ image }),
      }),
    );
    for (const certificate of certificates) watch(job, certificate);
    job.grantApi(namespace, [
      { apiGroups: [''], resources: ['pods'], verbs: ['list'] },
      { apiGroups: [''], resources: ['pods/eviction'], verbs: ['create'] },
    ]);
    this.alerts = certificateAlerts({ name, namespace, maximumAge });
  }
}

/**
 * Of servers that can be asked, and have to be: agents of nodes read their certificate by themselves, and share their namespace, which admits
 * more than restricted pods, with nobody.
 */
function certificatesIn(scope: IConstruct): readonly ServerCertificate[] {
  return ServerCertificate.all(scope).filter(
    ({ workload, shownAt }) => workload.profile.level === 'restricted' && shownAt.length > 0,
  );
}

/** Lets the job see what the server shows, and what it is to show. */
function watch(job: PlatformCronJob, { workload, secretName, shownAt }: ServerCertificate): void {
  for (const { podPort, protocol } of shownAt) job.network.connect(workload.network, { port: podPort, protocol });
  const secret = new SecretRef(job, `certificate-${secretName}`, {
    name: secretName,
    namespace: namespaceOf(job),
    keys: { 'tls.crt': { kind: 'password' } },
    source: SecretSource.existing({ name: secretName }),
    // One that is not there is no reason not to look at the others.
    optional: true,
  });
  job.mount(job.addSecret(secretName, secret), folderOf(secretName));
}

function serverOf({ workload, secretName, shownAt }: ServerCertificate): CertificatesJob['servers'][number] {
  const labels = Object.entries(selectorLabels(workload.selector)).sort(([a], [b]) => compareText(a, b));
  return {
    name: workload.name,
    selector: labels.map((pair) => pair.join('=')).join(','),
    certificateFile: `${folderOf(secretName)}/tls.crt`,
    ports: shownAt.map(portOf),
  };
}

function portOf({ authority: address, podPort: port }: ServiceEndpoint): ShownPort {
  return { address, port, ...(port === ports.postgres && { startTls: 'postgresql' }) };
}

type ShownPort = CertificatesJob['servers'][number]['ports'][number];

function folderOf(secretName: string): string {
  return `/run/certificates/${secretName}`;
}
