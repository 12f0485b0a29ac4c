import { InvalidArgumentError, type Command } from 'commander';
import { serverNames, serverTitles, type ServerName } from '../verify/servers/names';
import type { SessionOptions } from '../verify/session';

/** Options of the commands that look at a cluster, as they come from the command line. */
export interface SessionArguments extends Readonly<Partial<Record<ServerName, string>>> {
  readonly environment: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly timeout: number;
}

const examples: Readonly<Record<ServerName, string>> = {
  ingestor: 'OTLP over HTTP, such as http://localhost:4318',
  tempo: 'such as http://localhost:3200',
  grafana: 'such as http://localhost:3000',
  prometheus: 'such as http://localhost:9090',
  kafka: 'such as localhost:9092, several with commas between them',
  s3: 'such as http://localhost:7070',
};

/** Adds the options that say which cluster and which servers. */
export function addSessionOptions(command: Command): Command {
  command
    .option('--environment <dir>', 'folder of the manifests that were applied', 'dist/thesis')
    .option('--kubeconfig <file>', 'as for kubectl (KUBECONFIG, then ~/.kube/config)')
    .option('--context <name>', 'as for kubectl (the current context)')
    .option(
      '--timeout <seconds>',
      'how long to wait for what comes by itself, such as a trace on its way',
      seconds,
      90,
    );
  for (const name of serverNames) {
    const parse = name === 'kafka' ? brokers : url;
    command.option(
      `--${name} <address>`,
      `where ${serverTitles[name]} is, ${examples[name]} (a forwarded port)`,
      parse,
    );
  }
  return command;
}

/** What is looked at, of what the command line says. */
export function sessionOptions(args: SessionArguments): SessionOptions {
  const given = serverNames.flatMap((name) => {
    const address = args[name];
    return address === undefined ? [] : [[name, address] as const];
  });
  return {
    environment: args.environment,
    given: Object.fromEntries(given),
    patienceMs: args.timeout * 1000,
    ...(args.kubeconfig !== undefined && { kubeconfig: args.kubeconfig }),
    ...(args.context !== undefined && { context: args.context }),
  };
}

/** What is said of credentials, below the options. */
export const credentialsHelp = `Without an address by hand, ports of pods are forwarded through the API server, as kubectl port-forward does, and closed
in the end.
Credentials of Grafana and of the object store are read from the Secrets that the manifests name, and printed nowhere. For addresses by
hand they are taken from GF_SECURITY_ADMIN_USER, GF_SECURITY_ADMIN_PASSWORD, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, KAFKA_USERNAME,
KAFKA_PASSWORD or KAFKA_PASSWORD_FILE, and KAFKA_CA_FILE, where they are set.`;

function seconds(text: string): number {
  if (!/^\d{1,4}$/.test(text) || Number(text) === 0) throw new InvalidArgumentError('give whole seconds, 1 to 9999.');
  return Number(text);
}

/** A URL of HTTP. */
export function url(text: string): string {
  if (!/^https?:\/\/[^/\s]/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('give a URL, such as http://localhost:3200.');
  }
  return text;
}

function brokers(text: string): string {
  if (!/^[^\s:,/]+:\d{1,5}(,[^\s:,/]+:\d{1,5})*$/.test(text)) {
    throw new InvalidArgumentError('give host:port, several with commas between them.');
  }
  return text;
}
