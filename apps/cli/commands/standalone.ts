import { Command, InvalidArgumentError } from 'commander';
import { homedir } from 'node:os';
import { join } from 'node:path';

interface StandaloneArguments {
  readonly data: string;
  readonly host: string;
  readonly grpcPort: number;
  readonly httpPort: number;
  readonly consolePort: number;
  readonly laptop?: boolean;
}

export function standaloneCommand(): Command {
  return new Command('standalone')
    .description('run the whole pipeline in this process: OTLP in, incidents on a page')
    .option('--data <dir>', 'topics, offsets and objects', join(homedir(), '.plumbline'))
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--grpc-port <n>', 'OTLP over gRPC', port, 4317)
    .option('--http-port <n>', 'OTLP over HTTP', port, 4318)
    .option('--console-port <n>', 'page of incidents', port, 8080)
    .option('--laptop', 'learn and decide within half a minute instead of minutes')
    .action(async (options: StandaloneArguments) => {
      const { startStandalone } = await import('@plumbline/standalone');
      const pipeline = await startStandalone({
        dataDir: options.data,
        host: options.host,
        preset: options.laptop === true ? 'laptop' : 'server',
        settings: process.env,
        ports: { otlpGrpc: options.grpcPort, otlpHttp: options.httpPort, console: options.consolePort },
        onMessage: (text) => console.log(`${text}\n`),
      });
      console.error(`Traces to  ${pipeline.otlpHttpUrl} (HTTP) or ${pipeline.otlpGrpcUrl} (gRPC)`);
      console.error(`Incidents  ${pipeline.consoleUrl}`);
      console.error(`Data       ${options.data}`);
      const stopped = new Promise<void>((resolve) => {
        process.once('SIGINT', () => resolve());
        process.once('SIGTERM', () => resolve());
      });
      try {
        await Promise.race([stopped, pipeline.ended]);
      } finally {
        await pipeline.stop();
      }
    });
}

/** A TCP port; 0 takes a free one. */
export function port(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 65_535)
    throw new InvalidArgumentError('give a port, 0 to 65535.');
  return value;
}
