import { join } from 'node:path';
import { readFolder } from '../deploy/folder';
import { kinds, metricsApi } from '../doctor/checks/kinds';
import { versions } from '../doctor/checks/connection';
import { namespaces } from '../doctor/checks/namespaces';
import { networkPolicies } from '../doctor/checks/network';
import { nodes } from '../doctor/checks/nodes';
import { doctorContext } from '../doctor/context';
import { thisMachine } from '../doctor/laptop';
import { examine } from '../doctor/run';
import { UsageError } from '../errors';
import type { Progress } from '../output/progress';
import type { Cluster } from '../verify/cluster/cluster';
import { constantName, environmentName, environmentSource } from './environment-file';
import { readFacts } from './facts';
import { plan as planOf, type Base } from './plan';
import { formatFacts, formatPlan } from './report';

export interface DetectOptions {
  /** Name of the environment, made a DNS label of. */
  readonly name: string;
  readonly base?: Base;
  /** The checkout. */
  readonly root: string;
  /** Where the file of an environment of this name is, or would be. */
  readonly path: (name: string) => string;
  /** @default - it is printed */
  readonly write?: (source: string) => void;
  /** Context that was asked for by name. */
  readonly namedContext?: string;
  readonly json: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Prints to standard output. */
  readonly print: (text: string) => void;
}

/** What of a cluster would be in the way of any environment. */
const checks = [versions, kinds, namespaces, nodes, metricsApi, networkPolicies];

/**
 * Reads a cluster, and writes an environment for it.
 *
 * @returns the exit code
 * @throws {UsageError} for a name that is none or taken
 * @throws {VerifyError} without an answer of the API server
 */
export async function detect(cluster: Cluster, options: DetectOptions): Promise<number> {
  const { progress, print, json, root, write } = options;
  const name = environmentName(options.name);
  progress.busy('reading the cluster');
  const facts = await readFacts(cluster.api);
  options.signal.throwIfAborted();
  const plan = planOf(facts, options.base);
  const path = options.path(name);
  const about = [`context ${cluster.context}`, facts.version, facts.maker]
    .filter((each) => each !== undefined)
    .join(', ');
  const source = environmentSource(plan, { name, about, path, root });
  const looked = await lookAhead(cluster, plan.base, options);
  const warnings = [...plan.warnings, ...looked.warnings];
  const unread = [...facts.unread.map(({ right, instead }) => `may not ${right}: ${instead}`), ...looked.untold];
  progress.clear();
  const exitCode = unread.length === 0 ? 0 : 3;
  write?.(source);
  if (json) {
    const { base, parts } = plan;
    const { version, maker, domain, dns, apiServer } = facts;
    const seen = { version, maker, domain, dns, apiServer, network: facts.network?.title };
    print(JSON.stringify({ about, name, base, seen, parts, warnings, unread, source, exitCode }));
    return exitCode;
  }
  for (const line of [...formatFacts(facts), ...formatPlan(plan)]) progress.note(line);
  for (const warning of warnings) progress.alarm(warning);
  for (const text of unread) progress.alarm(`could not be told: ${text}`);
  if (write === undefined) print(source.trimEnd());
  else progress.done(`written to ${path}`);
  progress.note(
    `Next: add ${constantName(name)} to the list in environments/index.ts; npm run synth; plumbline doctor ${name}`,
  );
  return exitCode;
}

/** What the doctor says of the base, before it is this cluster's. */
async function lookAhead(cluster: Cluster, base: Base, { root, signal, namedContext, progress }: DetectOptions) {
  const directory = join(root, 'dist', base);
  let rendered;
  try {
    ({ rendered } = readFolder(directory));
  } catch (cause) {
    if (!(cause instanceof UsageError)) throw cause;
    return { warnings: [], untold: [`dist/${base} is not rendered, so nothing was compared with it: npm run synth`] };
  }
  const context = doctorContext({
    rendered,
    laptop: thisMachine,
    cluster,
    ...(namedContext !== undefined && { namedContext }),
  });
  const reports = await examine(checks, context, signal, {
    onStart: ({ claim }) => progress.busy(claim),
    onEnd: () => undefined,
  });
  return {
    warnings: reports.flatMap(({ findings }) =>
      findings.map(({ where, problem, remedy }) => `${where}: ${problem}; do: ${remedy}`),
    ),
    untold: reports.flatMap(({ check, seen, untold, unknown = [] }) =>
      (untold === undefined ? unknown : [seen, ...unknown]).map((text) => `${check.claim}: ${text}`),
    ),
  };
}
