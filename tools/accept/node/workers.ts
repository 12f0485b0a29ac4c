import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { consumerGroups, topics } from '@plumbline/contracts';
import { openStream } from '../../../apps/end-to-end/backbone';
import { eventually } from '../../../apps/end-to-end/eventually';
import { Load } from '../../../apps/end-to-end/load';
import { Random } from '../../../apps/end-to-end/random';
import { committedOffsets, preprocessedTraces, recordsOf } from '../../../apps/end-to-end/topics';
import { forKafka } from '../../peers';
import { accept, type Report } from '../report';
import { acceptConfinement } from './confinement';
import type { NodeCluster } from './cluster';
import { waitForJob } from './credentials';
import { drain } from './drain';
import { apply, podsOf, renderedObject, renderedObjects, type RenderedObject } from './objects';
import { startOutside, type Outside } from './outside';
import { standInObjects } from './stand-in';

/** Of `traces`, as rendered. */
const partitions = 3;
const namespace = 'plumbline';
/** Between them they read and write Kafka and read the object store. Detection commits what is ten minutes old: not here. */
const workers = [
  { name: 'preprocessing', group: consumerGroups.preprocessing, topic: topics.traces.name, commits: true },
  {
    name: 'anomaly-detection',
    group: consumerGroups['anomaly-detection'],
    topic: topics.tracesPreprocessed.name,
    commits: false,
  },
] as const;

/** Workers and jobs as rendered, with what they read and write outside of the cluster. */
export async function acceptWorkers(report: Report, cluster: NodeCluster, image: string): Promise<void> {
  const outside = await report.step('Kafka and an object store run outside of the cluster', () =>
    startOutside(cluster),
  );
  const stream = openStream(outside.kafka);
  const load = new Load({ stream, partitions, random: new Random(), tracesPerSecond: 20 });
  try {
    await report.step('the Jobs of topics and buckets, as rendered, make them', () => runJobs(cluster, outside, image));
    await report.step('workers as rendered become ready', async () => {
      await apply(cluster.kubectl, renderedObjects('anomaly').filter(belongsToWorkers));
      for (const { name } of workers) {
        const rollout = ['rollout', 'status', `deployment/${name}`, `--namespace=${namespace}`, '--timeout=180s'];
        await cluster.kubectl(rollout);
      }
    });
    await acceptConfinement(report, cluster, workers[0].name);
    load.start();
    await report.step('they consume, commit and publish, and reach the object store', async () => {
      await eventually('commits of preprocessing in every partition', async () => {
        const offsets = await committedOffsets(outside.kafka, workers[0].group, workers[0].topic);
        return offsets.length === partitions && offsets.every((offset) => offset > 0) ? true : undefined;
      });
      await eventually('statistics of anomaly-detection', async () => {
        return (await recordsOf(stream, topics.windowStats.name)).length > 0 ? true : undefined;
      });
      await storeIsReached(cluster);
    });
    for (const { name, group, topic, commits } of workers) {
      await report.step(
        `${name} drains when its pod is deleted under load`,
        () => drain(cluster, name, commits, () => committedOffsets(outside.kafka, group, topic)),
        ({ seconds, grace, before, after }) =>
          `exit code 0 after ${seconds} of ${grace} s, commits ${before.join('/')} to ${after.join('/')}`,
      );
    }
    await load.stop();
    await report.step(
      'every trace that was sent came through',
      () =>
        eventually('every trace on traces-preprocessed', async () => {
          const seen = await preprocessedTraces(stream);
          return Array.from(load.sent.keys()).every((id) => seen.has(id)) ? seen.size : undefined;
        }),
      (count) => `${count} traces`,
    );
  } catch (error) {
    for (const { name } of workers) console.error(`${name}:\n${(await cluster.logs(namespace, name)).slice(-3_000)}`);
    throw error;
  } finally {
    await load.stop();
    await stream.close();
    await outside.stop();
  }
}

/** Broker and store stand in for what is rendered; all else of their charts is as it is. */
async function runJobs(cluster: NodeCluster, outside: Outside, image: string): Promise<void> {
  for (const [chart, name, job] of [
    ['streaming', 'redpanda', 'redpanda-topics-'],
    ['storage', 'objects', 'objects-buckets-'],
  ] as const) {
    const objects = renderedObjects(chart);
    const server = renderedObject(objects, 'StatefulSet', name);
    const ports = Object.fromEntries(
      (server.spec?.template?.spec.containers[0]?.ports ?? [])
        .filter((port) => ['kafka', 's3', 'admin'].includes(port.name) && port.containerPort !== 9644)
        .map((port) => [port.name, port.containerPort]),
    );
    const labels = server.spec?.template?.metadata.labels ?? {};
    const of = server.metadata.namespace ?? '';
    await apply(cluster.kubectl, [
      ...objects.filter(({ kind }) => kind !== 'StatefulSet' && kind !== 'CronJob').map(withoutRedpanda),
      ...standInObjects({ name, namespace: of, ports, labels, image }),
    ]);
    const jobName = objects.find(({ kind, metadata }) => kind === 'Job' && metadata.name.startsWith(job))?.metadata
      .name;
    await waitForJob(cluster, of, jobName ?? job);
  }
  const { Buckets = [] } = await outside.objects.send(new ListBucketsCommand({}));
  const names = Buckets.map(({ Name }) => Name);
  for (const bucket of ['anomaly-data', 'ml-models']) {
    accept(names.includes(bucket), `the object store has no bucket ${bucket} but ${names.join(', ')}`);
  }
}

/** Kafka stands in for Redpanda, and has no admin API. */
function withoutRedpanda(object: RenderedObject): RenderedObject {
  const { 'job.json': file, ...others } = object.data ?? {};
  if (object.metadata.name !== 'redpanda-topics-job' || file === undefined) return object;
  return { ...object, data: { ...others, 'job.json': forKafka(file) } };
}

function belongsToWorkers({ metadata }: RenderedObject): boolean {
  return workers.some(({ name }) => metadata.name === name || metadata.name === `${name}-headless`);
}

/** The stand-in says who connected to it. */
async function storeIsReached(cluster: NodeCluster): Promise<void> {
  const [pod] = await podsOf(cluster.kubectl, namespace, 'anomaly-detection');
  const address = pod?.status.podIP ?? 'none';
  await eventually('a connection of anomaly-detection to the object store', async () => {
    const said = await cluster.logs(namespace, 'objects-stand-in');
    return said.includes(` ${address} connects to 7070`) ? true : undefined;
  });
}
