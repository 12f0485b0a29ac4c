import { basename, dirname, join, posix } from 'node:path';
import { App, Chart } from 'cdk8s';
import { Application, AppProject, type ApplicationSpec } from '../../imports/argoproj.io';
import { compareText } from '../core/content-hash';
import { present } from '../core/choice';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import { labelKeys } from '../core/naming';
import type { PlatformApp } from '../core/platform-app';
import { renderCharts, writeCharts, writesFileOfEach } from '../core/synthesis';
import { clusterKinds, namespacedKinds, type KindedObject } from './permitted-kinds';
import { applicationWave } from './waves';

/** Where Argo CD reads what is rendered. */
export interface GitRepository {
  /** As git takes it: `https://…`, `ssh://…` or `git@…`. */
  readonly url: string;
  /** Branch, tag or commit. @default 'main' */
  readonly revision?: string;
  /** Folder of the repository that has a folder for each environment. @default 'dist' */
  readonly path?: string;
}

/** Options of {@link ArgoCd}. */
export interface ArgoCdProps {
  readonly repository: GitRepository;
  /** Namespace of Argo CD itself. @default 'argocd' */
  readonly namespace?: string;
  /** API server of the cluster that is deployed to, as Argo CD knows it. @default - the cluster where Argo CD is */
  readonly server?: string;
}

/** Beside the folders of environments. */
const folder = 'argocd';

/** What is applied once by hand, and what Argo CD applies thereafter. */
const files = { root: 'root', applications: 'applications' } as const;

/** Where Argo CD is, and so its Applications. */
const inCluster = 'https://kubernetes.default.svc';

const extension = '.k8s.yaml';

/** Has objects of an Application that is deleted deleted, and only then lets it go. */
const finalizers = ['resources-finalizer.argocd.argoproj.io'];

/** Never gives up, since a cluster may be out of order for days, and takes what was committed in the meantime. */
const retry = { limit: -1, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } };

/**
 * Has Argo CD (3.2 or later) keep a cluster as an environment is rendered: `argocd/<name>` beside the environment's own folder, with two
 * files. `root.k8s.yaml` is applied by hand: two AppProjects and an Application that makes those of `applications.k8s.yaml`, one for each file
 * of the environment, in waves. What is in the environment does not know of it, so `kubectl apply` and Argo CD are given the same files.
 *
 * Each project permits exactly the repository, the namespaces and the kinds that are rendered. Whoever adds a kind or a namespace applies
 * `root.k8s.yaml` again; whoever leaves one out does so after Argo CD has removed its objects, for it lets alone what it may not touch.
 *
 * To be made when all of the environment is there.
 */
export class ArgoCd extends App {
  private readonly environment: string;
  private readonly repository: Required<GitRepository>;
  private readonly namespace: string;
  private readonly server: string;

  /** @throws {InvalidPropError} if the URL is none that git takes, or the path not within the repository */
  constructor(environment: PlatformApp, props: ArgoCdProps) {
    const { outdir, manifests } = environment;
    super({ outdir: join(dirname(outdir), folder, basename(outdir)), outputFileExtension: extension });
    this.environment = basename(outdir);
    this.repository = checked(props.repository);
    this.namespace = props.namespace ?? 'argocd';
    this.server = props.server ?? inCluster;

    const parts = manifests.map(({ chart, objects }) => ({
      concern: chart.node.id,
      objects: objects as readonly KindedObject[],
    }));
    const written = parts.filter(({ objects }) => objects.length > 0);
    this.addRoot(written.flatMap(({ objects }) => objects));
    this.addApplications(written.map(({ concern, objects }) => ({ concern, namespace: namespacesOf(objects)[0] })));
  }

  override synth(): void {
    const manifests = renderCharts(this);
    if (writesFileOfEach(manifests)) writeCharts(this, manifests);
    else super.synth();
  }

  /** What is applied by hand. */
  private addRoot(objects: readonly KindedObject[]): void {
    const chart = this.chart(files.root);
    const { name, namespace, server, environment } = this;
    const sourceRepos = [this.repository.url];
    new AppProject(chart, 'project', {
      metadata: { name },
      spec: {
        description: `What is rendered as the environment ${environment}`,
        sourceRepos,
        destinations: namespacesOf(objects).map((each) => ({ server, namespace: each })),
        clusterResourceWhitelist: [...clusterKinds(objects)],
        namespaceResourceWhitelist: [...namespacedKinds(objects)],
      },
    });
    new AppProject(chart, 'root-project', {
      metadata: { name: this.rootProject },
      spec: {
        description: `Applications of the environment ${environment}`,
        sourceRepos,
        destinations: [{ server: inCluster, namespace }],
        clusterResourceWhitelist: [],
        namespaceResourceWhitelist: [{ group: 'argoproj.io', kind: 'Application' }],
      },
    });
    new Application(chart, 'root', {
      metadata: { name, finalizers },
      spec: this.spec({
        project: this.rootProject,
        folder: posix.join(folder, environment),
        file: files.applications,
        destination: { server: inCluster, namespace },
      }),
    });
  }

  /** One for each file of the environment. */
  private addApplications(
    parts: readonly { readonly concern: string; readonly namespace: string | undefined }[],
  ): void {
    const chart = this.chart(files.applications);
    const { name, server, environment } = this;
    for (const { concern, namespace } of parts) {
      new Application(chart, concern, {
        metadata: {
          name: `${name}-${concern.replace(/^\d+-/, '')}`,
          annotations: { 'argocd.argoproj.io/sync-wave': String(applicationWave(concern)) },
          finalizers,
        },
        spec: this.spec({
          project: name,
          folder: environment,
          file: concern,
          destination: { server, ...defined({ namespace }) },
        }),
      });
    }
  }

  private spec({ project, folder, file, destination }: SpecOptions): ApplicationSpec {
    const { url, revision, path } = this.repository;
    return {
      project,
      source: {
        repoUrl: url,
        targetRevision: revision,
        path: posix.join(path, folder),
        directory: { include: `${file}${extension}` },
      },
      destination,
      syncPolicy: {
        automated: { prune: true, selfHeal: true },
        syncOptions: ['ServerSideApply=true', 'PruneLast=true', 'FailOnSharedResource=true'],
        retry,
      },
    };
  }

  private chart(id: string): Chart {
    const labels = { [labelKeys.partOf]: 'plumbline' };
    return new Chart(this, id, { namespace: this.namespace, labels, disableResourceNameHashes: true });
  }

  /** Of the root and of the project of what is deployed; Applications have it in front. */
  private get name(): string {
    return `plumbline-${this.environment}`;
  }

  private get rootProject(): string {
    return `${this.name}-applications`;
  }
}

interface SpecOptions {
  readonly project: string;
  /** Below the path of the repository. */
  readonly folder: string;
  readonly file: string;
  readonly destination: ApplicationSpec['destination'];
}

/** Namespaces that are made or in which something is, by name. */
function namespacesOf(objects: readonly KindedObject[]): readonly string[] {
  const all = objects.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace));
  return Array.from(new Set(present(all))).sort(compareText);
}

function checked({ url, revision = 'main', path = 'dist' }: GitRepository): Required<GitRepository> {
  if (!/^((https|ssh|file):\/\/\S+|git@[\w.-]+:\S+)$/.test(url))
    throw new InvalidPropError(
      'repository.url',
      url,
      'a URL that git takes: https://, ssh://, file:// or git@host:path',
    );
  if (posix.isAbsolute(path) || posix.normalize(path).startsWith('..'))
    throw new InvalidPropError('repository.path', path, 'a folder within the repository');
  return { url, revision, path };
}
