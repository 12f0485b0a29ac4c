import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ArgoCd } from '../constructs';
import { platform } from '../main';
import { dataDirectory, runProgram, type ApiServerPeer, type ArgoApplication } from '../tools/peers';
import type { Environment } from './environment';

const page = join(__dirname, '..', 'docs', 'how-to', 'argocd.md');

/** A repository of this machine in which an environment is rendered. */
export class LocalRepository {
  private constructor(
    private readonly directory: string,
    private readonly environment: Environment,
  ) {}

  static async of(environment: Environment): Promise<LocalRepository> {
    const directory = await dataDirectory('repository');
    const repository = new LocalRepository(directory, environment);
    await repository.git('init', '--quiet', '--initial-branch=main');
    await repository.render(environment);
    await repository.commit();
    return repository;
  }

  /** What is applied by hand. */
  get root(): string {
    return join(this.directory, 'dist', 'argocd', this.environment.name, 'root.k8s.yaml');
  }

  /** Renders another state of the environment in the place of the one that was. */
  async render(environment: Environment): Promise<void> {
    const outdir = join(this.directory, 'dist');
    await rm(outdir, { recursive: true, force: true });
    const app = platform({ ...environment, outdir });
    await mkdir(outdir, { recursive: true });
    app.synth();
    new ArgoCd(app, { repository: { url: `file://${this.directory}`, revision: 'main' } }).synth();
  }

  /** Removes documents from the files of the environment. @returns how many there were */
  async remove(isRemoved: (text: string) => boolean): Promise<number> {
    const folder = join(this.directory, 'dist', this.environment.name);
    let count = 0;
    for (const name of (await readdir(folder)).filter((each) => each.endsWith('.k8s.yaml'))) {
      const documents = (await readFile(join(folder, name), 'utf8')).split(/^---\n/m);
      const left = documents.filter((text) => !isRemoved(text));
      count += documents.length - left.length;
      await writeFile(join(folder, name), left.join('---\n'));
    }
    return count;
  }

  async commit(): Promise<void> {
    await this.git('add', '--all');
    await this.git(
      '-c',
      'user.name=test',
      '-c',
      'user.email=test@example.org',
      'commit',
      '--quiet',
      '-m',
      'as rendered',
    );
  }

  private async git(...args: readonly string[]): Promise<void> {
    await runProgram('git', ['-C', this.directory, ...args]);
  }
}

/** The configuration of Argo CD that the page of `docs/how-to` tells of. */
export async function configurationOfPage(): Promise<string> {
  const [, indent = '', block] =
    /^( *)```yaml\n( *apiVersion: v1\n *kind: ConfigMap\n[^`]*?)\n *```/m.exec(await readFile(page, 'utf8')) ?? [];
  if (block === undefined) throw new Error(`${page} has no ConfigMap`);
  return block.replaceAll(new RegExp(`^${indent}`, 'gm'), '');
}

/** Has pods of Jobs end well: simulated nodes let them run for ever. */
export async function endJobs(cluster: ApiServerPeer): Promise<void> {
  const selector = ['--selector=batch.kubernetes.io/job-name', '--field-selector=status.phase=Running'];
  const names = 'jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}';
  const { stdout } = await cluster.kubectl(['get', 'pods', '--all-namespaces', ...selector, `--output=${names}`]);
  for (const line of stdout.split('\n').filter((each) => each !== '')) {
    const [namespace = '', name = ''] = line.split('/');
    const patch = JSON.stringify({ status: { phase: 'Succeeded' } });
    await cluster.kubectl(['patch', 'pod', name, '-n', namespace, '--subresource=status', '--type=merge', '-p', patch]);
  }
}

/** Kinds of operators that are no part of the platform, whose health Argo CD reads from what the operator says. */
const operated = ['certificates', 'clusterissuers', 'issuers', 'externalsecrets', 'scaledobjects'] as const;

/** Says in the place of cert-manager, External Secrets and KEDA, which are not there, that what they look after is ready. */
export async function answerForOperators(cluster: ApiServerPeer): Promise<void> {
  const { stdout } = await cluster.kubectl(['get', operated.join(','), '--all-namespaces', '--output=json']);
  const { items } = JSON.parse(stdout) as { readonly items: readonly Operated[] };
  const conditions = [{ type: 'Ready', status: 'True', reason: 'Ready', message: 'it is ready' }];
  const patch = JSON.stringify({ status: { conditions } });
  for (const { kind, metadata, status } of items) {
    if (status?.conditions?.some(({ type }) => type === 'Ready') === true) continue;
    const namespace = metadata.namespace === undefined ? [] : ['-n', metadata.namespace];
    const to = [kind.toLowerCase(), metadata.name, ...namespace, '--subresource=status', '--type=merge'];
    await cluster.kubectl(['patch', ...to, '-p', patch]);
  }
}

interface Operated {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string }[] };
}

/** What of an Application is not as it should be, a line each. */
export function faultsOf({ metadata: { name }, status = {} }: ArgoApplication): readonly string[] {
  const { sync, health, conditions = [], operationState, resources = [] } = status;
  if (sync?.status === 'Synced' && health?.status === 'Healthy' && conditions.length === 0) return [];
  return [
    `${name}: ${sync?.status ?? 'not compared'}, ${health?.status ?? 'health unknown'}; ${operationState?.phase ?? 'never synced'} ${operationState?.message ?? ''}`,
    ...conditions.map(({ type, message }) => `  ${type}: ${message}`),
    ...resources
      .filter((each) => each.status === 'OutOfSync' || (each.health !== undefined && each.health.status !== 'Healthy'))
      .map(
        (each) =>
          `  ${each.kind} ${each.namespace ?? ''}/${each.name}: ${each.status ?? ''} ${each.health?.status ?? ''} ${each.health?.message ?? ''}`,
      ),
  ];
}
