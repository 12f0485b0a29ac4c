import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { renderedFolder } from '../checks/check';
import { startSimulatedCluster, type ApiServerPeer } from '../peers';
import { MetricsApi } from './metrics-api';
import { accept, Report } from './report';

const environment = 'minimal';
const deployment = 'otel-ingestor';
const namespace = 'observability';
const node = { cpus: 4, memoryGiB: 16 };

/**
 * What the autoscaler of `dist/minimal` decides, by a metrics API whose figures are ours: more collectors as fast as it can when their CPU
 * is used up, as few as may be when it is not, one a minute and as long after they were needed last as is rendered.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {NotAcceptedError} of what does not hold
 */
export async function acceptScaling(): Promise<void> {
  const report = new Report();
  const cluster = await startSimulatedCluster([node, node, node]);
  let metrics: MetricsApi | undefined;
  try {
    await report.step(`dist/${environment} on three nodes of 4 CPU and 16 GiB`, async () => {
      const files = readdirSync(join(renderedFolder, environment)).filter((name) => name.endsWith('.k8s.yaml'));
      for (const file of files.toSorted())
        await cluster.kubectl(['apply', '--server-side', '-f', join(renderedFolder, environment, file)]);
      await cluster.settle(120_000);
    });
    const { container, requestedMillis, minReplicas, maxReplicas, windowSeconds } = await bounds(cluster);
    const api = (metrics = await MetricsApi.start(cluster, container));
    const use = (share: number) => api.set({ cpuMillis: requestedMillis * share, memoryMebibytes: 32 });

    await report.step(`few, ${minReplicas}, while a fifth of the CPU is used`, async () => {
      use(0.2);
      await until(cluster, minReplicas, 60);
    });
    await report.step(
      `all, ${maxReplicas}, when three times of it is used, and they have room`,
      async () => {
        use(3);
        const seconds = await until(cluster, maxReplicas, 120);
        await cluster.settle(60_000);
        return seconds;
      },
      (seconds) => `after ${seconds} s`,
    );
    await report.step(
      `not fewer for ${windowSeconds} s when it is not used any more, then one a minute`,
      async () => {
        use(0.2);
        const first = await until(cluster, maxReplicas - 1, windowSeconds + 120);
        accept(first >= windowSeconds - 30, `one went after ${first} s, before ${windowSeconds} s without need`);
        const rest = await until(cluster, minReplicas, 300);
        const least = (maxReplicas - minReplicas - 1) * 45;
        accept(rest >= least, `the rest went within ${rest} s, faster than one a minute`);
        return { first, rest };
      },
      ({ first, rest }) => `first after ${first} s, the rest within ${rest} s`,
    );
  } finally {
    metrics?.stop();
    await cluster.stop();
  }
}

async function bounds(api: ApiServerPeer) {
  const get = async (object: string, path: string) =>
    (await api.kubectl(['get', object, `--namespace=${namespace}`, `--output=jsonpath={${path}}`])).stdout;
  const first = '.spec.template.spec.containers[0]';
  const cpu = await get(`deployment/${deployment}`, `${first}.resources.requests.cpu`);
  return {
    container: await get(`deployment/${deployment}`, `${first}.name`),
    requestedMillis: cpu.endsWith('m') ? Number.parseInt(cpu, 10) : Number(cpu) * 1000,
    minReplicas: Number(await get(`hpa/${deployment}`, '.spec.minReplicas')),
    maxReplicas: Number(await get(`hpa/${deployment}`, '.spec.maxReplicas')),
    windowSeconds: Number(await get(`hpa/${deployment}`, '.spec.behavior.scaleDown.stabilizationWindowSeconds')),
  };
}

/** Waits until so many are asked for. @returns seconds until then */
async function until(api: ApiServerPeer, replicas: number, seconds: number): Promise<number> {
  const startedAt = performance.now();
  const elapsed = () => Math.round((performance.now() - startedAt) / 1000);
  let seen = '';
  while (elapsed() < seconds) {
    const args = ['get', `deployment/${deployment}`, `--namespace=${namespace}`, '--output=jsonpath={.spec.replicas}'];
    seen = (await api.kubectl(args)).stdout;
    if (Number(seen) === replicas) return elapsed();
    await sleep(1_000);
  }
  const { stdout } = await api.kubectl(['describe', `hpa/${deployment}`, `--namespace=${namespace}`]);
  accept(false, `${seen} collectors instead of ${replicas} after ${seconds} s:\n${stdout}`);
}
