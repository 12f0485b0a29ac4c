import { configured } from './configured';
import { program } from './installed';
import { PeerProcess, type Readiness } from './process';
import { logged } from './readiness';
import { runProgram } from './run';

export interface CollectorOptions {
  /** Arguments besides the configuration's. */
  readonly args?: readonly string[];
  /** What `${env:…}` of the configuration resolves to. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * When it is ready.
   *
   * @default - once it logs so, at level info
   */
  readonly ready?: Readiness;
}

/**
 * Starts the OpenTelemetry Collector with a configuration whose addresses are on loopback.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses the configuration
 */
export async function startCollector(configText: string, options: CollectorOptions = {}): Promise<PeerProcess> {
  const otelcol = program('otelcol');
  const { directory, file } = await configured('otelcol', 'config.yaml', configText);
  return PeerProcess.start({
    name: 'otelcol',
    command: otelcol,
    args: ['--config', file, ...(options.args ?? [])],
    env: options.env ?? {},
    directory,
    ready: options.ready ?? logged('Everything is ready'),
  });
}

/**
 * Lets the Collector check a configuration without starting it.
 *
 * @throws {ProgramFailedError} with what it objects to
 */
export async function validateCollector(configText: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const otelcol = program('otelcol');
  const { file } = await configured('otelcol-validate', 'config.yaml', configText);
  await runProgram(otelcol, ['validate', '--config', file], { env });
}
