import { join } from 'node:path';
import { eventually } from '../../apps/end-to-end/eventually';
import { acceptForwards } from './node/forwards';
import { CommandLine } from './node/command-line';
import { enforcePolicies } from './node/enforcer';
import { imagesOf, writeEnvironment } from './node/environment';
import { importLocalImages } from './node/local-images';
import { onNode } from './node/machine';
import { startKafkaOutside } from './node/outside';
import { provideVolumes } from './node/volumes';
import { accept, Report } from './report';

/** What the node has in another way than clusters do: DNS outside of pods, and an enforcer of policies of ours. */
const otherThanClusters = 'ports,dns,network-policies';
/** What asks Grafana, which has no replica here. */
const ofGrafana = 'grafana,login,datasources,connections,explore';

interface DoctorOutput {
  readonly checks: readonly {
    readonly check: { readonly name: string };
    readonly untold?: string;
    readonly unknown?: readonly string[];
    readonly seen: string;
    readonly findings: readonly { readonly severity: string; readonly problem: string; readonly where: string }[];
  }[];
}

interface VerifyOutput {
  readonly checks: readonly {
    readonly check: { readonly name: string };
    readonly outcome: { readonly result: string; readonly seen: string; readonly details?: readonly string[] };
  }[];
}

interface LoadOutput {
  readonly sentSpans: number;
  readonly acceptedSpans: number;
  readonly refusedSpans: number;
  readonly ingestToQuery?: { readonly asked: number; readonly lost: number };
}

/**
 * The commands of a user, from `doctor` to `down`, against `dist/thesis` on a node that really runs it. Tempo, collectors,
 * Prometheus and the object store are the programs of `npm run tools`; Redpanda's pod leads to Kafka, and Grafana has no replica.
 *
 * @throws {NotAcceptedError} naming what does not hold, or what the machine lacks
 */
export async function acceptCommands(): Promise<void> {
  const report = new Report();
  await onNode(report, async ({ cluster, image, directory, undo }) => {
    const environment = join(directory, 'thesis');
    const command = new CommandLine(cluster.kubeconfigFile, directory);
    await report.step(
      'it has images of the servers that were built here',
      async () => {
        await writeEnvironment(environment, image);
        return importLocalImages(cluster, directory, await imagesOf(environment));
      },
      (made) => `${made.length}`,
    );
    await report.step('it has volumes and Kafka, and enforces policies', async () => {
      await provideVolumes(cluster, directory);
      await cluster.serveApiAt(6443);
      const kafka = await startKafkaOutside();
      undo.push(() => kafka.stop());
      const enforcer = await enforcePolicies(cluster.network, cluster.kubectl);
      undo.push(() => enforcer.stop());
    });

    await report.step('doctor finds nothing in the way of up', () => acceptDoctor(command, environment));
    const up = await report.step('up applies it, waits until it is ready, and forwards its ports', () =>
      command.startUntil('Ports are forwarded until Ctrl-C', 'up', environment, '--timeout', '300'),
    );
    undo.push(() => up.stop());
    await acceptForwards(report, cluster, up);
    await report.step('doctor finds nothing wrong with it', () =>
      // A pod that has just been replaced is found within a quarter of a minute, and read within half of one.
      eventually('a doctor that finds nothing', () => acceptDoctor(command, environment).then(() => true as const), {
        everyMs: 5_000,
      }),
    );
    await report.step(
      'test-load finds the cluster by itself, and every trace again',
      () => acceptLoad(command, environment),
      ({ acceptedSpans, ingestToQuery }) => `${acceptedSpans} spans, ${ingestToQuery?.asked ?? 0} traces asked for`,
    );
    await report.step(
      'verify passes, but for what asks Grafana and Redpanda',
      () => acceptVerify(command, environment),
      (count) => `${count} checks`,
    );
    await report.step('Ctrl-C ends the forwarding, with 0', async () => {
      process.kill(-(up.pid ?? 0), 'SIGINT');
      const outcome = await up.outcome;
      accept(outcome === 'exited with 0', `up ${outcome}:\n${await up.log()}`);
    });
    await report.step('down removes it, and keeps what is stored', async () => {
      await succeed(command, 'down', environment, '--timeout', '200');
      accept((await left('deployments,statefulsets,jobs,cronjobs,services,configmaps')) === '', 'down leaves objects');
      accept((await left('persistentvolumeclaims')) !== '', 'down removes claims without being told to');
    });
    await report.step('down --delete-data leaves nothing', async () => {
      await succeed(command, 'down', environment, '--delete-data', '--timeout', '200');
      const kinds = (await cluster.kubectl(['api-resources', '--verbs=list', '--output=name'])).stdout.trim();
      const objects = await left(kinds.split('\n').join(','));
      accept(objects === '', `down --delete-data leaves ${objects}`);
      await eventually('the end of every container', async () =>
        (await cluster.containers()).length === 0 ? true : undefined,
      );
    });

    /** Objects with our label. */
    async function left(kinds: string): Promise<string> {
      const ours = '--selector=app.kubernetes.io/part-of=plumbline';
      return (await cluster.kubectl(['get', kinds, '--all-namespaces', ours, '--output=name'])).stdout.trim();
    }
  });
}

async function succeed(command: CommandLine, ...args: readonly string[]): Promise<void> {
  const { code, said } = await command.run(...args);
  accept(code === 0, `plumbline ${args.join(' ')} exits with ${code}:\n${said}`);
}

async function acceptDoctor(command: CommandLine, environment: string): Promise<void> {
  const { checks } = (await command.json('doctor', environment, '--skip', otherThanClusters)) as DoctorOutput;
  const told = checks.flatMap(({ check, findings, untold, unknown = [], seen }) => [
    ...findings
      // Kafka has no metrics of Redpanda's.
      .filter(({ where }) => check.name !== 'targets' || !where.startsWith('scrape job redpanda,'))
      .filter(({ severity }) => severity === 'error')
      .map(({ where, problem }) => `${check.name}: ${where} ${problem}`),
    ...[...(untold === undefined ? [] : [seen]), ...unknown].map((each) => `${check.name} could not be told: ${each}`),
  ]);
  accept(told.length === 0, `doctor finds:\n${told.join('\n')}`);
}

async function acceptLoad(command: CommandLine, environment: string): Promise<LoadOutput> {
  const load = ['--rate', '200', '--seconds', '10', '--timeout', '90'];
  const output = (await command.json('test-load', '--environment', environment, ...load)) as LoadOutput;
  const { sentSpans, acceptedSpans, refusedSpans, ingestToQuery } = output;
  accept(
    sentSpans > 0 && acceptedSpans === sentSpans && refusedSpans === 0 && ingestToQuery?.lost === 0,
    `test-load: ${JSON.stringify(output)}`,
  );
  return output;
}

async function acceptVerify(command: CommandLine, environment: string): Promise<number> {
  const args = ['--environment', environment, '--skip', ofGrafana, '--timeout', '60'];
  const { checks } = (await command.json('verify', ...args)) as VerifyOutput;
  const problems = checks.flatMap(({ check, outcome }) => {
    if (outcome.result === 'passed') return [];
    // Kafka has no metrics of Redpanda's, and Grafana is not there.
    const details = (outcome.details ?? []).filter((each) => !/^(grafana|redpanda) /.test(each));
    const isKnown = check.name === 'metrics' && details.length === 0;
    return isKnown ? [] : [`${check.name} ${outcome.result}: ${[outcome.seen, ...details].join('\n  ')}`];
  });
  accept(problems.length === 0, `verify:\n${problems.join('\n')}`);
  return checks.length;
}
