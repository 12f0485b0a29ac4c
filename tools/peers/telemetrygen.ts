import { program } from './installed';
import { runProgram, type Printed } from './run';

/**
 * Runs telemetrygen, an OTLP client independent of ours, such as `['traces', '--otlp-endpoint', …]`.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} if an export fails
 */
export async function telemetrygen(args: readonly string[]): Promise<Printed> {
  return runProgram(program('telemetrygen'), args);
}

export interface SendTracesOptions {
  /** `127.0.0.1:<port>` that takes OTLP over gRPC. */
  readonly endpoint: string;
  readonly service: string;
  readonly traces: number;
  /** Besides the root. @default 1 */
  readonly childSpans?: number;
  /** @default 'Unset' */
  readonly status?: 'Unset' | 'Error' | 'Ok';
  /** Of every span, in Go's notation such as `250ms`. @default '123µs' */
  readonly spanDuration?: string;
  /** File of the authority to trust. @default - without TLS */
  readonly caFile?: string;
}

/** Sends traces as fast as they are taken, through {@link telemetrygen}. */
export async function sendTraces(options: SendTracesOptions): Promise<void> {
  const { endpoint, service, traces, childSpans = 1, status = 'Unset', spanDuration, caFile } = options;
  await telemetrygen([
    ...['traces', '--otlp-endpoint', endpoint, '--service', service, '--rate', '0'],
    ...['--traces', String(traces), '--child-spans', String(childSpans), '--status-code', status],
    ...(caFile === undefined ? ['--otlp-insecure'] : ['--ca-cert', caFile]),
    ...(spanDuration !== undefined ? ['--span-duration', spanDuration] : []),
  ]);
}
