import { shopEnvironmentKeys, shopServiceNames } from '@plumbline/contracts/shop';
import { Argument, Command, InvalidArgumentError } from 'commander';
import { UsageError } from '../errors';
import { wholeNumber } from './demo';

interface FaultArguments {
  readonly url: URL;
  readonly seed?: number;
}

const forwarding = `
The service listens where a port is forwarded to it, in another terminal:
  kubectl -n <namespace> port-forward deploy/<shop>-payment 8081`;

/** The programs of the sample shop, as its containers run them, and the switch of a service that runs. */
export function shopCommand(): Command {
  return new Command('shop')
    .description('run a part of the sample shop, or break one that runs')
    .addCommand(serviceCommand())
    .addCommand(
      new Command('databases')
        .description('serve the databases of all services, from memory')
        .action(() => run('databases')),
    )
    .addCommand(
      new Command('load')
        .description('send visitors to the gateway')
        .addHelpText(
          'after',
          `
${shopEnvironmentKeys.urlOf('gateway')} and ${shopEnvironmentKeys.rate} (requests per second) say where to and how many.`,
        )
        .action(() => run('load')),
    )
    .addCommand(faultCommand())
    .addCommand(calmCommand());
}

function serviceCommand(): Command {
  return new Command('service')
    .description('serve as one service, instrumented by the stock OpenTelemetry SDK')
    .addArgument(new Argument('<name>', 'which one').choices(shopServiceNames))
    .addHelpText(
      'after',
      `
Settings come from the environment: ${shopEnvironmentKeys.urlOf('catalog')} and their like for the services it calls,
${shopEnvironmentKeys.database} for its database, ${shopEnvironmentKeys.port} [8080], ${shopEnvironmentKeys.adminPort} [8081], and OTEL_*.
It answers at /healthz, /readyz and /_fault on the admin port.`,
    )
    .action((name: string) => run('service', name));
}

function faultCommand(): Command {
  return new Command('fault')
    .description('break a running service, in place of what was broken in it before')
    .argument('[fault]', 'what to break, see plumbline demo --list (drawn at random)')
    .option('--url <url>', 'where the service has its admin port', adminUrl, new URL('http://127.0.0.1:8081'))
    .option('--seed <n>', 'seed of what is drawn at random', wholeNumber)
    .addHelpText('after', forwarding)
    .action(async (fault: string | undefined, { url, seed = Math.floor(Math.random() * 1e9) }: FaultArguments) => {
      const demo = await import('@plumbline/demo');
      const remote = demo.faultSwitch(url.href);
      const { service } = await remote.state();
      const choice = usage(() => demo.drawFault(seed, { service, ...(fault !== undefined && { fault }) }));
      const spec = demo.faultNamed(choice.fault);
      const parameters = demo.drawParameters(spec, seed);
      await remote.turnOn({ name: spec.name, ...parameters });
      console.log(spec.describe(service, parameters));
    });
}

function calmCommand(): Command {
  return new Command('calm')
    .description('switch off what is broken in a running service')
    .option('--url <url>', 'where the service has its admin port', adminUrl, new URL('http://127.0.0.1:8081'))
    .addHelpText('after', forwarding)
    .action(async ({ url }: FaultArguments) => {
      const { faultSwitch } = await import('@plumbline/demo');
      const { service } = await faultSwitch(url.href).turnOff();
      console.log(`${service} is as it was`);
    });
}

async function run(program: 'service' | 'databases' | 'load', name?: string): Promise<void> {
  const { runShopProgram } = await import('@plumbline/demo');
  await runShopProgram(program, process.env, name);
}

/** What was asked for and cannot be. */
function usage<T>(choose: () => T): T {
  try {
    return choose();
  } catch (cause) {
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

function adminUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:') throw new InvalidArgumentError('give a URL, such as http://127.0.0.1:8081.');
  return url;
}
