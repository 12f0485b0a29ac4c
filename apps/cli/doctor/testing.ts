import type { RenderedEnvironment, RenderedObject } from '../verify/rendered';
import { RenderedEnvironment as Environment } from '../verify/rendered';
import { clusterAt, serve, thesis, type Answer, type TestServer } from '../verify/testing';
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
  /** What pods answer, by `namespace/pod:port` and path; at others no connection holds. */
  readonly pods?: Readonly<Record<string, Readonly<Record<string, Answer>>>>;
}

/** Where nothing listens. */
const closed = 'http://127.0.0.1:9';

/** Runs a check against an API server of the test. */
export async function examined(check: DoctorCheck, seen: Seen = {}): Promise<Examination> {
  const { answers = {}, rendered = thesis(), laptop = {}, contextName = 'kind-kind', nowMs, pods = {} } = seen;
  const server = await serve((path) => answers[path]);
  const served = new Map<string, TestServer>();
  for (const [at, paths] of Object.entries(pods)) served.set(at, await serve((path) => paths[path]));
  const forward = (namespace: string, pod: string, port: number) =>
    Promise.resolve(Number(new URL(served.get(`${namespace}/${pod}:${port}`)?.url ?? closed).port));
  try {
    const machine: Laptop = {
      nodeVersion: '20.20.0',
      isFree: () => Promise.resolve(true),
      takesTraces: () => Promise.resolve(false),
      ...laptop,
    };
    const cluster = { ...clusterAt(server.url), context: contextName, forward };
    const now = nowMs === undefined ? {} : { now: () => nowMs };
    return await check.run(doctorContext({ rendered, laptop: machine, cluster, ...now }));
  } finally {
    await Promise.all([server, ...served.values()].map((each) => each.close()));
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
