import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../../errors';
import { ClusterApi } from './api';
import type { Cluster } from './cluster';
import { podsBehind } from './pods';
import { PortForwards, type Forward } from './port-forwards';

export interface ClusterChoice {
  /** @default - as kubectl finds it: the variable KUBECONFIG, then ~/.kube/config */
  readonly kubeconfig?: string;
  /** @default - the current context */
  readonly context?: string;
}

/**
 * The cluster that kubectl would talk to; credentials of every kind that a kubeconfig can name, with plugins and proxies.
 *
 * @returns `undefined` where no kubeconfig is named and none is found
 * @throws {UsageError} for a file or a context that is not there
 */
export async function openCluster({ kubeconfig, context }: ClusterChoice): Promise<Cluster | undefined> {
  if (kubeconfig === undefined && !isFound()) {
    if (context === undefined) return undefined;
    throw new UsageError(`--context ${context}: there is no kubeconfig; name one by --kubeconfig`);
  }
  if (process.env.PLUMBLINE_BUNDLED !== undefined) {
    throw new UsageError('the worker image reads no kubeconfig; in a checkout of the repository: npx plumbline');
  }
  // A module of the other kind than these files are, and a large one.
  const { KubeConfig, PortForward } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (cause) {
    const name = kubeconfig ?? process.env.KUBECONFIG ?? '~/.kube/config';
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${name}: cannot be read as a kubeconfig: ${message}`, { cause });
  }
  if (context !== undefined) {
    const names = config.getContexts().map(({ name }) => name);
    if (!names.includes(context)) {
      throw new UsageError(`--context ${context}: there is none of that name, but ${names.join(', ')}`);
    }
    config.setCurrentContext(context);
  }
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    throw new UsageError(`the kubeconfig names no cluster for context "${config.getCurrentContext()}"; use --context`);
  }
  const forwarding = new PortForward(config);
  const connect: Forward = (namespace, pod, port, socket, errors) =>
    forwarding.portForward(namespace, pod, [port], socket, errors, socket).then((opened) => {
      // Without a number of retries it is the connection itself.
      if (typeof opened === 'function') throw new TypeError('the client library gave no connection');
      return opened;
    });
  const api = new ClusterApi(cluster.server, (options) => config.applyToHTTPSOptions(options));
  const forwards = new PortForwards(connect);
  // A pod goes with every roll out, what is forwarded stays.
  const services = new PortForwards(async (namespace, service, port, socket, errors) => {
    const [first] = await podsBehind(api, namespace, service, port);
    return connect(namespace, first.pod, first.port, socket, errors);
  });
  return {
    context: config.getCurrentContext(),
    api,
    forward: (namespace, pod, port) => forwards.open(namespace, pod, port),
    forwardService: (namespace, service, port, preferred) => services.open(namespace, service, port, preferred),
    close: async () => {
      await Promise.all([forwards.close(), services.close()]);
    },
  };
}

function isFound(): boolean {
  return (process.env.KUBECONFIG ?? '') !== '' || existsSync(join(homedir(), '.kube', 'config'));
}
