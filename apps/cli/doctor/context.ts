import type { LiveState } from '../deploy/live';
import { namespacesOf, readState } from '../deploy/state';
import { VerifyError } from '../verify/check';
import type { Cluster } from '../verify/cluster/cluster';
import type { RenderedEnvironment } from '../verify/rendered';
import { Servers } from '../verify/servers/servers';
import type { Laptop } from './laptop';

/** What checks look at. */
export interface DoctorContext {
  readonly rendered: RenderedEnvironment;
  readonly laptop: Laptop;
  /** @throws {VerifyError} where none is looked at */
  readonly cluster: Cluster;
  /** `kubectl`, with the context where that is not the current one; begins the remedies. */
  readonly kubectl: string;
  readonly now: () => number;
  /** Pods, workloads, claims and warnings of the namespaces of the environment; read once. */
  readonly state: () => Promise<LiveState>;
  /** Servers of the cluster, through forwarded ports. */
  readonly servers: Servers;
  /** A list that several checks look at; read once. */
  readonly list: (path: string) => Promise<readonly unknown[]>;
}

export interface DoctorOptions {
  readonly rendered: RenderedEnvironment;
  readonly laptop: Laptop;
  readonly cluster?: Cluster;
  /** Context that was asked for by name. */
  readonly namedContext?: string;
  /** @default Date.now */
  readonly now?: () => number;
}

/** A context that reads each thing once. */
export function doctorContext(options: DoctorOptions): DoctorContext {
  const { rendered, laptop, cluster, namedContext, now = Date.now } = options;
  const lists = new Map<string, Promise<readonly unknown[]>>();
  let state: Promise<LiveState> | undefined;
  const looked = () => {
    if (cluster !== undefined) return cluster;
    throw new VerifyError('no cluster is looked at: there is no kubeconfig', 'name one by --kubeconfig');
  };
  return {
    rendered,
    laptop,
    get cluster() {
      return looked();
    },
    kubectl: namedContext === undefined ? 'kubectl' : `kubectl --context ${namedContext}`,
    now,
    servers: new Servers({}, rendered, cluster, {}),
    state: () => (state ??= readState(looked().api, namespacesOf(rendered))),
    list: (path) => {
      const known = lists.get(path) ?? looked().api.list(path);
      lists.set(path, known);
      return known;
    },
  };
}
