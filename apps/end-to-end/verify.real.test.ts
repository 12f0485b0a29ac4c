import { PutBucketVersioningCommand } from '@aws-sdk/client-s3';
import { buckets, topics } from '@plumbline/contracts';
import { sendTraces } from '@plumbline/tools/peers';
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { runPlumbline } from './command';
import { GrafanaStub } from './grafana';
import { ScrapedPrometheus } from './scraped';
import { impatient } from './settings';
import { SimulatedCluster } from './simulated-cluster';
import { startThesisCluster, type ThesisCluster } from './thesis-cluster';
import { DiscordServer } from './webhook';

interface Report {
  readonly exitCode: number;
  readonly checks: readonly {
    readonly check: { readonly name: string };
    readonly outcome: {
      readonly result: 'passed' | 'failed' | 'unknown';
      readonly seen: string;
      readonly details?: readonly string[];
    };
  }[];
}

interface DoctorReport {
  readonly checks: readonly {
    readonly check: { readonly name: string };
    readonly seen: string;
    readonly untold?: string;
    readonly unknown?: readonly string[];
    readonly findings: readonly {
      readonly severity: string;
      readonly problem: string;
      readonly where: string;
      readonly remedy: string;
    }[];
  }[];
}

/**
 * Real: API server, Kafka, versitygw, Tempo, both collectors, Prometheus, workers. By hand: what controllers and a kubelet write to the
 * API server, and Grafana.
 */
describe('plumbline verify and scenario, of a cluster to which dist/thesis was applied', () => {
  const discord = new DiscordServer();
  const grafana = new GrafanaStub();
  let prometheus: ScrapedPrometheus;
  let thesis: ThesisCluster;
  let cluster: SimulatedCluster;
  let admin: Admin;

  beforeAll(async () => {
    prometheus = await ScrapedPrometheus.start('thesis');
    thesis = await startThesisCluster(await discord.listen(), impatient, prometheus.port);
    grafana.dataSources = [
      {
        uid: 'tempo',
        name: 'Tempo',
        type: 'tempo',
        url: 'http://tempo.tempo.svc.cluster.local:3200',
        realUrl: thesis.tempo.queryUrl,
      },
      {
        uid: 'prometheus',
        name: 'Prometheus',
        type: 'prometheus',
        url: 'http://prometheus.plumbline.svc.cluster.local:9090',
        realUrl: prometheus.peer.url,
      },
    ];
    cluster = await SimulatedCluster.start('thesis', {
      'objects-root': thesis.s3.credentials,
      'grafana-admin': { user: 'admin', password: grafana.password, secretKey: 'key' },
    });
    const portOf = (url: string) => Number(new URL(url).port);
    const { ports } = cluster.node;
    ports.set('redpanda/redpanda-0:9092', Number(thesis.kafka.brokers[0]?.split(':')[1]));
    ports.set('plumbline/objects-0:7070', portOf(thesis.s3.endpoint));
    ports.set('plumbline/otel-ingestor-0:4318', thesis.ports.ingestorHttp);
    ports.set('tempo/tempo-0:3200', thesis.ports.tempoHttp);
    ports.set('plumbline/prometheus-0:9090', prometheus.port);
    ports.set('grafana/grafana-0:3000', await grafana.listen());
    ports.set('plumbline/otel-ingestor-0:13133', thesis.ports.ingestorHealth);
    ports.set('plumbline/otel-ingestor-0:8888', thesis.ports.ingestorMetrics);
    ports.set('plumbline/otel-aggregator-0:13133', thesis.ports.aggregatorHealth);
    ports.set('plumbline/otel-aggregator-0:8888', thesis.ports.aggregatorMetrics);
    for (const { name, operationsUrl } of thesis.workers) ports.set(`plumbline/${name}-0:8081`, portOf(operationsUrl));
    admin = new Kafka({ ...thesis.kafka.clientConfig(), logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  }, 400_000);
  afterAll(async () => {
    await admin.disconnect();
    await cluster.stop();
    await thesis.stop();
    await prometheus.peer.stop();
    await Promise.all([grafana.close(), discord.close()]);
  });

  const look = () => ['--kubeconfig', cluster.api.kubeconfigFile, '--environment', 'dist/thesis'];

  async function verify(...args: readonly string[]): Promise<Report> {
    const { status, stdout, stderr } = await runPlumbline(['verify', '--json', ...look(), ...args]);
    if (stdout === '') throw new Error(stderr);
    const report = JSON.parse(stdout) as Report;
    expect(report.exitCode).toBe(status);
    return report;
  }

  /** What was seen by check, with its details. */
  const seen = ({ checks }: Report) =>
    Object.fromEntries(
      checks.map(({ check, outcome: { result, seen: text, details = [] } }) => [
        check.name,
        [result, text, ...details].join('\n'),
      ]),
    );

  it('says that no application sends traces, as long as none does', async () => {
    const report = await verify('--only', 'application');
    expect(report).toMatchObject({ exitCode: 1, checks: [{ outcome: { result: 'failed' } }] });
  });

  it('plays distributed tracing: requests to the shop, a slow one found and drawn', async () => {
    const { status, stdout } = await runPlumbline(['scenario', 'distributed-tracing', '--timeout', '40', ...look()]);
    expect(stdout).toContain('all 5 steps came out as expected');
    expect(stdout).toMatch(/ payment .*\|.*#+.*\| +\d{3,}\.\d ms/);
    expect(stdout).toContain('http://localhost:30300/explore?');
    expect(status).toBe(0);
  });

  it('passes every check when nothing is wrong', async () => {
    await sendTraces({ endpoint: thesis.ingestor, service: 'checkout', traces: 5 });
    const report = await verify('--timeout', '40');
    expect(report.checks.filter(({ outcome }) => outcome.result !== 'passed')).toEqual([]);
    expect(report.exitCode).toBe(0);
    expect(report.checks).toHaveLength(19);
  });

  it('plays event streaming, and leaves neither topic nor group', async () => {
    const before = await admin.listTopics();
    const { status, stdout } = await runPlumbline(['scenario', 'event-streaming', '--json', ...look()]);
    const { steps, result } = JSON.parse(stdout) as { steps: { outcome: { result: string } }[]; result: string[] };
    expect(steps.map(({ outcome }) => outcome.result)).toEqual(Array(4).fill('passed'));
    expect(result).toHaveLength(10);
    expect(status).toBe(0);
    expect((await admin.listTopics()).sort()).toEqual(before.sort());
    const { groups } = await admin.listGroups();
    expect(groups.filter(({ groupId }) => /scenario|verify/.test(groupId))).toEqual([]);
  });

  it('plays observability integration, with metrics that Tempo made of the trace', async () => {
    const { status, stdout } = await runPlumbline([
      'scenario',
      'observability-integration',
      '--timeout',
      '40',
      ...look(),
    ]);
    expect(stdout).toContain('all 6 steps came out as expected');
    expect(stdout).toMatch(/GET \/verify: [1-9]\d* calls/);
    expect(status).toBe(0);
  });

  it('names each thing that is wrong', async () => {
    const [tempoSource] = grafana.dataSources;
    const kept = grafana.dataSources;
    await cluster.api.kubectl(['delete', 'service', 'otel-ingestor-headless', '-n', 'plumbline']);
    await cluster.setAvailable('Deployment', 'plumbline', 'training', 0);
    await cluster.setStatus('pvc', 'grafana', 'grafana-data', { phase: 'Pending' });
    const job = await cluster.forgetJob('redpanda-topics');
    await admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: ConfigResourceTypes.TOPIC,
          name: topics.traces.name,
          configEntries: [{ name: 'retention.ms', value: '1000000' }],
        },
      ],
    });
    const versioning = (Status: 'Enabled' | 'Suspended') =>
      thesis.objects.send(
        new PutBucketVersioningCommand({ Bucket: buckets.mlModels, VersioningConfiguration: { Status } }),
      );
    await versioning('Suspended');
    grafana.isIll = true;
    grafana.dataSources = tempoSource === undefined ? [] : [{ ...tempoSource, realUrl: 'http://127.0.0.1:9' }];
    await prometheus.setTarget('tempo', '127.0.0.1:9');
    await prometheus.setTarget('training', undefined);
    const names = 'objects,workloads,claims,jobs,topics,buckets,grafana,datasources,connections,explore,metrics';
    const report = await verify('--timeout', '5', '--only', names);
    expect(report.exitCode).toBe(1);
    expect(report.checks.every(({ outcome }) => outcome.result === 'failed')).toBe(true);
    expect(seen(report)).toMatchObject({
      objects: expect.stringContaining('plumbline/Service/otel-ingestor-headless') as string,
      workloads: expect.stringContaining('plumbline/Deployment/training: 0 of 1 available') as string,
      claims: expect.stringContaining('grafana/PersistentVolumeClaim/grafana-data is Pending') as string,
      jobs: expect.stringContaining(`redpanda/Job/${job} has not begun`) as string,
      topics: expect.stringContaining('traces has retention.ms=1000000, not 86400000') as string,
      buckets: expect.stringContaining('ml-models does not keep versions') as string,
      grafana: expect.stringContaining('its database is failing') as string,
      datasources: expect.stringContaining('Prometheus (uid prometheus) is not there') as string,
      connections: expect.stringContaining('Tempo: answers 502 through Grafana') as string,
      explore: expect.stringContaining('it answers 502') as string,
      metrics: expect.stringMatching(/training has no target[^]*tempo at http:\/\/127.0.0.1:9/) as string,
    });
    grafana.password = 'changed';
    expect(seen(await verify('--only', 'login')).login).toContain('refuses the password of admin');
    grafana.password = 'first-password';
    grafana.isIll = false;
    grafana.dataSources = kept;
    await versioning('Enabled');
    await prometheus.reset();
  });

  it('tells a trace that is taken and never arrives, on each of its ways', async () => {
    const sink = createServer((request, response) => request.resume().on('end', () => response.end('{}')));
    sink.listen(0, '127.0.0.1');
    await once(sink, 'listening');
    const address = `http://127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const names = 'trace,explore,raw-records,preprocessed-records,judged-records';
    const report = await verify('--timeout', '1', '--only', names, '--ingestor', address).finally(() => sink.close());
    expect(report.checks.map(({ outcome }) => outcome.result)).toEqual(Array(5).fill('failed'));
    expect(seen(report).trace).toContain('Tempo has not got it');
  });

  it('tells a worker that is gone by its group, by what is not read and by what does not come out of it', async () => {
    const preprocessing = thesis.workers.find(({ name }) => name === 'preprocessing');
    await preprocessing?.stop();
    const report = await verify('--timeout', '12', '--only', 'raw-records,preprocessed-records,consumers');
    await preprocessing?.restart();
    expect(seen(report)).toMatchObject({
      'raw-records': expect.stringContaining('passed') as string,
      'preprocessed-records': expect.stringContaining('is not on traces-preprocessed') as string,
      consumers: expect.stringMatching(/no member of preprocessing-group[^]*preprocessing has not read/) as string,
    });
  });

  it('tells that detection is gone by what it does not tell of the trace', async () => {
    const detection = thesis.workers.find(({ name }) => name === 'anomaly-detection');
    await detection?.stop();
    const report = await verify('--timeout', '15', '--only', 'preprocessed-records,judged-records');
    expect(report.checks.map(({ outcome }) => outcome.result)).toEqual(['passed', 'failed']);
  });

  /** Findings of the doctor by check, and what it could not tell. */
  async function doctor() {
    const only = 'health,collectors,consumers,targets,data-sources';
    const kubeconfig = ['--kubeconfig', cluster.api.kubeconfigFile];
    const { stdout, stderr } = await runPlumbline(['doctor', 'thesis', '--json', '--only', only, ...kubeconfig]);
    if (stdout === '') throw new Error(stderr);
    const { checks } = JSON.parse(stdout) as DoctorReport;
    const lines = checks.map(({ check, findings }) => [
      check.name,
      findings
        .filter(({ severity }) => severity === 'error')
        .map(({ where, problem, remedy }) => `${where}: ${problem} -> ${remedy}`)
        .join('\n'),
    ]);
    return {
      found: Object.fromEntries(lines) as Readonly<Record<string, string>>,
      unknown: checks.flatMap(({ untold, unknown = [], seen: why }) => (untold === undefined ? unknown : [why])),
    };
  }

  it('is found to be well by the doctor, but for Redpanda’s own address, which Kafka has not', async () => {
    const { found, unknown } = await doctor();
    expect(Object.values(found).join('')).toBe('');
    expect(unknown).toEqual([expect.stringContaining('redpanda/Pod/redpanda-0 does not answer at /v1/status/ready')]);
  });

  it('is told by the doctor which component is ill, and what mends it', async () => {
    const kept = grafana.dataSources;
    const [tempoSource, ...others] = kept;
    grafana.isIll = true;
    grafana.dataSources =
      tempoSource === undefined ? [] : [{ ...tempoSource, realUrl: 'http://127.0.0.1:9' }, ...others];
    await prometheus.setTarget('tempo', '127.0.0.1:9');
    const preprocessing = thesis.workers.find(({ name }) => name === 'preprocessing');
    await preprocessing?.stop();
    const { found, unknown } = await doctor();
    await preprocessing?.restart();
    grafana.isIll = false;
    grafana.dataSources = kept;
    await prometheus.reset();
    expect(found).toMatchObject({
      health: expect.stringMatching(
        /grafana-0: answers 503 to \/api\/health: .*failing.*logs grafana-0 -c grafana/,
      ) as string,
      consumers: expect.stringMatching(
        /worker preprocessing: is no member of preprocessing-group -> kubectl -n plumbline logs deployment\/preprocessing/,
      ) as string,
      targets: expect.stringMatching(/scrape job tempo, .*: is down: .*refused.*--only health,crashes/) as string,
      'data-sources': expect.stringMatching(
        /Tempo: answers 502 through Grafana.*--only health,network-policies/,
      ) as string,
    });
    // Its simulated pod goes on being ready.
    expect(unknown.join()).toContain('plumbline/Pod/preprocessing-0 does not answer at /readyz');
  });

  it('tells a namespace that is going', async () => {
    await cluster.api.kubectl(['delete', 'namespace', 'tempo', '--wait=false']);
    expect(seen(await verify('--only', 'namespaces')).namespaces).toContain('tempo is Terminating');
  });
});
