import type { Cluster } from './cluster/cluster';
import { VerifyError } from './check';
import type { RenderedEnvironment } from './rendered';
import type { SampleTrace } from './sample/sample-trace';
import type { Servers } from './servers/servers';

/** What checks look at. */
export interface VerifyContext {
  /** What there should be. */
  readonly rendered: RenderedEnvironment;
  readonly servers: Servers;
  /** The trace that is sent once, by whichever check asks for it first. */
  readonly sample: SampleTrace;
  /** @default - no cluster is looked at */
  readonly cluster?: Cluster;
  /** How long a check waits for what comes by itself. */
  readonly patienceMs: number;
  /** Aborted when it is to end early. */
  readonly signal: AbortSignal;
}

/** The cluster. @throws {VerifyError} where none is looked at */
export function clusterOf({ cluster }: VerifyContext): Cluster {
  if (cluster !== undefined) return cluster;
  throw new VerifyError(
    'no cluster is looked at: there is no kubeconfig',
    'name one by --kubeconfig, or leave this check out by --skip',
  );
}
