import { delimiter } from 'node:path';
import { homeOf } from './installed';
import { dataDirectory } from './guard';
import { PeerProcess, type Readiness } from './process';
import { runProgram, type Printed } from './run';

/** Programs of Airflow and of its Python first, as in its image. */
function pathWithAirflow(): string {
  return [homeOf('airflow').path('airflow', 'bin'), process.env.PATH ?? ''].join(delimiter);
}

/**
 * Runs a program of Airflow's image to its end: `['python', file]`, `['airflow', 'version']`.
 *
 * @throws {ToolMissingError} before `npm run tools -- --only airflow`
 * @throws {ProgramFailedError} with what it printed
 */
export async function runInAirflow(
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Printed> {
  return runProgram(command, args, { env: { ...env, PATH: pathWithAirflow() }, timeoutMs: 280_000 });
}

/**
 * Starts a server of Airflow, by the arguments that its container has.
 *
 * @throws {ToolMissingError} before `npm run tools -- --only airflow`
 * @throws {PeerFailedError} if it does not start
 */
export async function startAirflow(
  name: string,
  [command = '', ...args]: readonly string[],
  env: Readonly<Record<string, string>>,
  ready: Readiness,
): Promise<PeerProcess> {
  const directory = await dataDirectory(name);
  return PeerProcess.start({
    name,
    command,
    args,
    env: { ...env, PATH: pathWithAirflow() },
    directory,
    ready,
    startTimeoutMs: 280_000,
    stopTimeoutMs: 30_000,
  });
}
