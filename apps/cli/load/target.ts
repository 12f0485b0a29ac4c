import { ports } from '@plumbline/contracts';
import { isLocal } from '../deploy/local';
import { doorsOf } from '../deploy/doors';
import { UsageError } from '../errors';
import { VerifyError } from '../verify/check';
import type { Cluster } from '../verify/cluster/cluster';
import { podsBehind } from '../verify/cluster/pods';
import type { RenderedEnvironment } from '../verify/rendered';
import { processStatus, processWitness, tempoWitness, type Witness } from './witness';

/** Where traces go, and who tells what became of them. */
export interface Target {
  /** `context kind-kind`, `http://…`. */
  readonly name: string;
  /** OTLP over HTTP, without a path. */
  readonly otlp: string;
  /** @default - it cannot be told when traces can be asked for */
  readonly witness?: Witness;
  /** The page of incidents. @default - none is known */
  readonly page?: string;
  /** Whether the pipeline is one process, that tells by its page what it has learnt. */
  readonly isProcess: boolean;
}

/** What the command line says of the target. */
export interface TargetChoice {
  readonly target?: 'cluster' | 'process';
  readonly endpoint?: string;
  readonly tempo?: string;
  readonly console?: string;
  readonly yes: boolean;
}

/** What there is to choose from. */
export interface Surroundings {
  /** @default - there is no kubeconfig */
  readonly cluster?: Cluster;
  /** @default - no environment is rendered here */
  readonly rendered?: RenderedEnvironment;
  /** Whether something on this machine takes OTLP over HTTP at this port. */
  readonly takesTraces: (port: number) => Promise<boolean>;
  /** Told why something was passed over. */
  readonly note: (text: string) => void;
}

const localPage = 'http://127.0.0.1:8080';

/**
 * Finds where traces go: to an address that is given; to a cluster with the ingestor of the environment in it, if it is one on this
 * machine or that was said; to a process on this machine.
 *
 * @throws {UsageError} if there is nothing to send to
 */
export async function findTarget(choice: TargetChoice, surroundings: Surroundings): Promise<Target> {
  if (choice.endpoint !== undefined) return given(choice, choice.endpoint);
  const reasons: string[] = [];
  if (choice.target !== 'process') {
    const found = await inCluster(choice, surroundings);
    if (typeof found !== 'string') return found;
    if (choice.target === 'cluster') throw new UsageError(found);
    reasons.push(found);
  }
  if (await surroundings.takesTraces(ports.otlpHttp)) {
    reasons.forEach((reason) => surroundings.note(reason));
    return given(choice, `http://127.0.0.1:${ports.otlpHttp}`);
  }
  reasons.push(`nothing takes traces at port ${ports.otlpHttp} of this machine`);
  throw new UsageError(
    `there is nothing to send to: ${reasons.join('; ')}; plumbline up or plumbline standalone first`,
  );
}

async function given({ tempo, console: page }: TargetChoice, endpoint: string): Promise<Target> {
  const otlp = endpoint.replace(/\/+$/, '');
  if (tempo !== undefined) {
    const url = tempo.replace(/\/+$/, '');
    return { name: otlp, otlp, witness: tempoWitness(url), isProcess: false, ...(page !== undefined && { page }) };
  }
  const pageUrl = (page ?? localPage).replace(/\/+$/, '');
  const status = await processStatus(pageUrl).catch((error: unknown) => {
    if (error instanceof VerifyError && page === undefined) return undefined;
    throw error;
  });
  if (status === undefined) return { name: otlp, otlp, isProcess: false, ...(page !== undefined && { page: pageUrl }) };
  return { name: otlp, otlp, witness: processWitness(pageUrl, status.traces), page: pageUrl, isProcess: true };
}

/** The target, or why it is none. */
async function inCluster(choice: TargetChoice, { cluster, rendered }: Surroundings): Promise<Target | string> {
  if (cluster === undefined) return 'there is no kubeconfig';
  if (rendered === undefined) return 'no environment is rendered here: npm run synth';
  const doors = doorsOf(rendered);
  const door = (title: string) => doors.find((each) => each.title.startsWith(title));
  const ingestor = door('Traces');
  if (ingestor === undefined) return `${rendered.directory} has no ingestor`;
  const where = `context ${cluster.context}`;
  if (!isLocal(cluster) && !choice.yes && choice.target !== 'cluster') {
    return `${where} is not a cluster on this machine (--target cluster sends to it all the same)`;
  }
  try {
    await podsBehind(cluster.api, ingestor.namespace, ingestor.service, ingestor.port);
  } catch (error) {
    if (error instanceof VerifyError) return `${where}: ${error.message}`;
    throw error;
  }
  const open = async (title: string, byHand: string | undefined) => {
    const found = door(title);
    if (byHand !== undefined || found === undefined) return byHand;
    const port = await cluster.forwardService(found.namespace, found.service, found.port, 0);
    return `${found.scheme}://127.0.0.1:${port}`;
  };
  const [otlp, tempo, page] = [
    await open('Traces', undefined),
    await open('Tempo', choice.tempo),
    await open('Incidents', choice.console),
  ];
  if (otlp === undefined) return `${where}: has no ingestor`;
  return {
    name: where,
    otlp,
    isProcess: false,
    ...(tempo !== undefined && { witness: tempoWitness(tempo) }),
    ...(page !== undefined && { page }),
  };
}
