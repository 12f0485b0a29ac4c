import type { RenderedEnvironment, RenderedObject } from '../verify/rendered';
import { RenderedEnvironment as Environment } from '../verify/rendered';
import { clusterAt, serve, thesis, type Answer } from '../verify/testing';
import type { DoctorCheck, Examination } from './check';
import { doctorContext } from './context';
import type { Laptop } from './laptop';

/** Lists by path; what is not among them is empty. */
export interface Seen {
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly rendered?: RenderedEnvironment;
  readonly laptop?: Partial<Laptop>;
  readonly contextName?: string;
  readonly nowMs?: number;
}

/** Runs a check against an API server of the test. */
export async function examined(check: DoctorCheck, seen: Seen = {}): Promise<Examination> {
  const { answers = {}, rendered = thesis(), laptop = {}, contextName = 'kind-kind', nowMs } = seen;
  const server = await serve((path) => answers[path]);
  try {
    const machine: Laptop = {
      nodeVersion: '20.20.0',
      isFree: () => Promise.resolve(true),
      takesTraces: () => Promise.resolve(false),
      ...laptop,
    };
    const cluster = { ...clusterAt(server.url), context: contextName };
    const now = nowMs === undefined ? {} : { now: () => nowMs };
    return await check.run(doctorContext({ rendered, laptop: machine, cluster, ...now }));
  } finally {
    await server.close();
  }
}

/** An environment of these objects. */
export function environmentOf(...objects: readonly object[]): RenderedEnvironment {
  return new Environment(objects as readonly RenderedObject[], 'dist/test');
}

/** `where: problem -> remedy`, a line each. */
export function linesOf({ findings }: Examination): string {
  return findings
    .map(({ severity, where, problem, remedy }) => `${severity} ${where}: ${problem} -> ${remedy}`)
    .join('\n');
}
