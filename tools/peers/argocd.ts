import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerFailedError } from './errors';
import { dataDirectory } from './guard';
import { homeOf, program } from './installed';
import type { ApiServerPeer } from './kubernetes';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, logged } from './readiness';

const namespace = 'argocd';

/** As much of an Application as tests look at. */
export interface ArgoApplication {
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: { readonly destination: { readonly namespace?: string } };
  readonly status?: {
    readonly sync?: { readonly status: string; readonly revision?: string };
    readonly health?: { readonly status: string; readonly message?: string };
    readonly conditions?: readonly { readonly type: string; readonly message: string }[];
    readonly operationState?: {
      readonly phase: string;
      readonly message?: string;
      readonly startedAt: string;
      readonly finishedAt?: string;
    };
    readonly history?: readonly { readonly id: number }[];
    readonly resources?: readonly {
      readonly kind: string;
      readonly name: string;
      readonly namespace?: string;
      readonly status?: string;
      readonly health?: { readonly status: string; readonly message?: string };
    }[];
  };
}

/** Argo CD beside a cluster: it reads repositories of this machine, `file://`, and has neither a page nor users. */
export interface ArgoCdPeer extends Peer {
  /** Every Application there is, by name. */
  applications(): Promise<readonly ArgoApplication[]>;
  /**
   * Has everything read and compared anew, from the repository and the cluster, and waits until it is.
   *
   * @throws {PeerFailedError} if that takes more than a minute
   */
  refresh(): Promise<void>;
}

/**
 * Starts it, in the namespace `argocd` of the cluster, with an empty configuration.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if a part of it does not start
 */
export async function startArgoCd(cluster: ApiServerPeer): Promise<ArgoCdPeer> {
  const programs = {
    redis: program('redis', 'redis-server'),
    repoServer: program('argocd', 'argocd-repo-server'),
    controller: program('argocd', 'argocd-application-controller'),
  };
  const directory = await dataDirectory('argocd');
  const [redisPort = 0, repoPort = 0, repoMetrics = 0, controllerMetrics = 0] = await freePorts(4);
  await configure(cluster, homeOf('argocd').path('argocd'));

  const at = (name: string) => join(directory, name);
  for (const name of ['tls', 'ssh', 'gpg', 'plugins', 'tmp', 'redis']) await mkdir(at(name));
  await writeFile(join(at('ssh'), 'ssh_known_hosts'), '');
  const env = {
    KUBECONFIG: cluster.kubeconfigFile,
    ARGOCD_FAKE_IN_CLUSTER: 'true',
    ARGOCD_GPG_ENABLED: 'false',
    ARGOCD_TLS_DATA_PATH: at('tls'),
    ARGOCD_SSH_DATA_PATH: at('ssh'),
    ARGOCD_GPG_DATA_PATH: at('gpg'),
    ARGOCD_PLUGINSOCKFILEPATH: at('plugins'),
    TMPDIR: at('tmp'),
    REDIS_PASSWORD: '',
    // Repositories are of whoever runs the tests.
    GIT_CONFIG_COUNT: '1',
    GIT_CONFIG_KEY_0: 'safe.directory',
    GIT_CONFIG_VALUE_0: '*',
  };
  const redis = `127.0.0.1:${redisPort}`;
  const started: PeerProcess[] = [];
  started.push(
    await PeerProcess.start({
      name: 'redis',
      command: programs.redis,
      args: [
        '--port',
        String(redisPort),
        '--bind',
        '127.0.0.1',
        '--save',
        '',
        '--appendonly',
        'no',
        '--dir',
        at('redis'),
      ],
      directory,
      ready: logged('Ready to accept connections'),
    }),
  );
  started.push(
    await PeerProcess.start({
      name: 'argocd-repo-server',
      command: programs.repoServer,
      args: [
        ...['--address', '127.0.0.1', '--port', String(repoPort), '--disable-tls', '--redis', redis],
        ...['--metrics-address', '127.0.0.1', '--metrics-port', String(repoMetrics)],
      ],
      env,
      directory,
      ready: answers(`http://127.0.0.1:${repoMetrics}/healthz`, 200),
    }),
  );
  started.push(
    await PeerProcess.start({
      name: 'argocd-application-controller',
      command: programs.controller,
      args: [
        ...['--kubeconfig', cluster.kubeconfigFile, '--namespace', namespace, '--redis', redis],
        ...[
          '--repo-server',
          `127.0.0.1:${repoPort}`,
          '--repo-server-plaintext',
          '--metrics-port',
          String(controllerMetrics),
        ],
        ...['--app-resync', '10', '--self-heal-timeout-seconds', '1', '--persist-resource-health'],
      ],
      env,
      directory,
      ready: answers(`http://127.0.0.1:${controllerMetrics}/healthz`, 200),
    }),
  );

  const applications = async (): Promise<readonly ArgoApplication[]> => {
    const { stdout } = await cluster.kubectl(['get', 'applications', `--namespace=${namespace}`, '--output=json']);
    return (JSON.parse(stdout) as { readonly items: readonly ArgoApplication[] }).items;
  };
  return {
    directory,
    applications,
    refresh: async () => {
      const all = [
        'annotate',
        'applications',
        '--all',
        `--namespace=${namespace}`,
        '--overwrite',
        `${refreshKey}=hard`,
      ];
      await cluster.kubectl(all);
      const deadline = performance.now() + 60_000;
      const waiting = async () =>
        (await applications()).filter(({ metadata }) => refreshKey in (metadata.annotations ?? {}));
      for (let left = await waiting(); left.length > 0; left = await waiting()) {
        if (performance.now() > deadline)
          throw new PeerFailedError(
            'argocd',
            `does not compare ${left.map(({ metadata }) => metadata.name).join()}`,
            '',
          );
        await sleep(500);
      }
    },
    stop: async () => {
      for (const process of started.toReversed()) await process.stop();
    },
    kill: async () => {
      for (const process of started.toReversed()) await process.kill();
    },
    restart: async () => {
      for (const process of started) await process.restart();
    },
  };
}

/** Removed by the controller as soon as it has done it. */
const refreshKey = 'argocd.argoproj.io/refresh';

/** What Argo CD wants to find in its namespace, as its own manifests make it, all of it empty. */
async function configure(cluster: ApiServerPeer, definitions: string): Promise<void> {
  await cluster.kubectl(['apply', '--server-side', '-f', definitions]);
  await cluster.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);
  const metadata = (name: string) => ({ name, namespace, labels: { 'app.kubernetes.io/part-of': 'argocd' } });
  const maps = ['cm', 'rbac-cm', 'ssh-known-hosts-cm', 'tls-certs-cm', 'gpg-keys-cm', 'cmd-params-cm'];
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    ...maps.map((name) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(`argocd-${name}`) })),
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: metadata('argocd-secret'),
      stringData: { 'server.secretkey': 'of-a-test' },
    },
  ];
  await cluster.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
}
