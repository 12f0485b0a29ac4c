import { buckets, consumerGroups, currentProfileKey, topics, type WorkerName } from '@plumbline/contracts';
import { answersOverTls, dataDirectory, freePort, getOverTls, PeerProcess, sendTraces } from '@plumbline/tools/peers';
import type { Incident } from '@plumbline/wire';
import { KafkaStream, markTopic } from '@plumbline/worker';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type Admin,
  type KafkaConfig,
} from 'kafkajs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { pino } from 'pino';
import { program } from '../../tools/peers/installed';
import { app, startEncryptedCluster, type EncryptedCluster } from './encrypted-cluster';
import { eventually } from './eventually';
import { grantedIn } from './granted';
import { KafkaAttempts, topicActions } from './kafka-attempts';
import { bucketActions, isRefusedBucket, isRefusedRule, prepareBucket } from './s3-attempts';
import { impatient } from './settings';
import { objectBytes } from './stored-traces';
import { preprocessedTraces, publishedIncidents } from './topics';
import { Traffic } from './traffic';
import { DiscordServer } from './webhook';
import type { WorkerProcess } from './workers';

const sent = 20;
/** Its certificate is for this name and no address. */
const prometheusHost = 'prometheus.plumbline.svc.cluster.local';
const granted = grantedIn(app);

describe('The platform with TLS, users and rights, on real servers as rendered', () => {
  const discord = new DiscordServer();
  let cluster: EncryptedCluster;
  let stream: KafkaStream;
  let traffic: Traffic;
  /** Ids of the traces that Tempo has. */
  let stored: readonly string[] = [];
  beforeAll(async () => {
    const settings = { ...impatient, WATERMARK_LAG_SECONDS: '12' };
    cluster = await startEncryptedCluster(settings, await discord.listen());
    stream = new KafkaStream({
      brokers: cluster.kafka.brokers,
      certificateAuthority: () => cluster.authority,
      credentials: cluster.userOf('admin'),
      clientId: 'end-to-end',
      logger: pino({ level: 'silent' }),
    });
    const { ingestor: endpoint, certificates } = cluster;
    await sendTraces({ endpoint, caFile: certificates.authorityFile, service: 'checkout', traces: sent });
    traffic = new Traffic(endpoint, 'payment', certificates.authorityFile);
  }, 240_000);
  afterAll(async () => {
    await traffic.stop();
    await stream.close();
    await discord.close();
    await cluster.stop();
  });

  /** How a workload connects. */
  function configOf(workload: string): KafkaConfig {
    return {
      brokers: [...cluster.kafka.brokers],
      ssl: { ca: [cluster.authority] },
      sasl: { mechanism: 'scram-sha-256', ...cluster.userOf(workload) },
      retry: { retries: 0 },
      logLevel: logLevel.NOTHING,
    };
  }

  async function asAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = new Kafka({ ...configOf('admin'), retry: { retries: 5 } }).admin();
    await admin.connect();
    return work(admin).finally(() => admin.disconnect());
  }

  function worker(name: WorkerName): WorkerProcess {
    const found = cluster.workers.get(name);
    if (found === undefined) throw new RangeError(`${name} is not running`);
    return found;
  }

  it('brings a trace to Tempo, whose API answers over TLS', async () => {
    const traceQl = encodeURIComponent('{ resource.service.name = "checkout" }');
    const query = `${cluster.tempo.queryUrl}/api/search?q=${traceQl}&limit=100`;
    stored = await eventually('the traces in Tempo', async () => {
      const { text } = await getOverTls(query, cluster.authority);
      const { traces = [] } = JSON.parse(text) as { readonly traces?: readonly { readonly traceID: string }[] };
      // Tempo leaves out leading zeros.
      return traces.length >= sent ? traces.map(({ traceID }) => traceID.padStart(32, '0')) : undefined;
    });
    expect(stored).toHaveLength(sent);
  });

  it('brings the same traces through brokers and a worker, each a user with its own rights', async () => {
    const put = await eventually('all traces on traces-preprocessed', async () => {
      const seen = await preprocessedTraces(stream);
      return stored.every((id) => seen.has(id)) ? seen : undefined;
    });
    expect(put.size).toBeGreaterThanOrEqual(sent);
  });

  it('makes one incident of a fault, and tells of it', async () => {
    const root = cluster.storeClient();
    await eventually('the first profile', () => objectBytes(root, buckets.mlModels, currentProfileKey), {
      timeoutMs: 180_000,
    });
    root.destroy();
    await eventually('traces judged normal', async () => {
      const normal = await worker('anomaly-detection').metric('plumbline_detection_traces_total', 'result="normal"');
      return normal > 100 ? normal : undefined;
    });
    traffic.behaviour = { spanDuration: '700ms', status: 'Error' };
    const isStored = ({ traces }: Incident) => traces.some(({ object }) => object !== undefined);
    const incident = await eventually(
      'an incident with a stored trace',
      async () => (await publishedIncidents(stream)).findLast(isStored),
      { timeoutMs: 180_000, everyMs: 1_000 },
    );
    await traffic.stop();
    expect(incident.causes[0]?.service).toMatch(/\/payment$/);
    await eventually('a message', () => discord.messages[0]);
    expect(new Set((await publishedIncidents(stream)).map(({ id }) => id))).toEqual(new Set([incident.id]));
    expect(discord.messages).toHaveLength(1);
  });

  it('has exactly the rights that were granted, and the Job takes what is granted no more', async () => {
    const expected = granted.users
      .flatMap((user) => [
        ...granted.topics.flatMap((topic) => [
          ...(granted.mayTopic(user, 'write', topic) ? [`${user} WRITE ${topic}`] : []),
          ...(granted.mayTopic(user, 'read', topic) ? [`${user} READ ${topic}`] : []),
          ...(granted.mayTopic(user, 'describe', topic) ? [`${user} DESCRIBE ${topic}`] : []),
        ]),
        ...granted.groups
          .filter((group) => granted.mayGroup(user, group))
          .flatMap((group) => [`${user} READ ${group}`, `${user} READ ${group}.*`]),
      ])
      .sort();
    await rightsBecome(expected);
    // As a workload that is gone was given it once, and as somebody gave it by hand.
    const mark = { ...right('no-longer-there', AclOperationTypes.DESCRIBE), resourceName: markTopic };
    const surplus = ['preprocessing', 'no-longer-there', 'by-hand'].map((user) => right(user, AclOperationTypes.ALL));
    const nameOf = ({ principal }: { readonly principal: string }) =>
      `${principal.slice('User:'.length)} ALL ${topics.incidents.name}`;
    try {
      await asAdmin((admin) => admin.createAcls({ acl: [mark, ...surplus] }));
      await rightsBecome([...expected, ...surplus.map(nameOf)]);
      await cluster.runTopicsJob();
      await rightsBecome([...expected, `by-hand ALL ${topics.incidents.name}`]);
    } finally {
      await asAdmin((admin) => admin.deleteAcls({ filters: surplus.map((each) => ({ ...each })) }));
    }
    await rightsBecome(expected);
  });

  /** A broker knows a moment later what another was told, and which one is asked is left to chance: so several in a row have to say so. */
  async function rightsBecome(wanted: readonly string[]): Promise<void> {
    const expected = wanted.toSorted();
    const giveUpAt = Date.now() + 30_000;
    for (let inARow = 0; inARow < 6;) {
      const found = await rights();
      if (isDeepStrictEqual(found, expected)) inARow += 1;
      else if (Date.now() < giveUpAt) inARow = 0;
      else expect(found).toEqual(expected);
    }
  }

  function right(user: string, operation: AclOperationTypes) {
    return {
      principal: `User:${user}`,
      host: '*',
      operation,
      permissionType: AclPermissionTypes.ALLOW,
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topics.incidents.name,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    };
  }

  /** But the marks of those who have some. */
  async function rights(): Promise<readonly string[]> {
    const { resources } = await asAdmin((admin) =>
      admin.describeAcls({
        resourceType: AclResourceTypes.ANY,
        resourcePatternType: ResourcePatternTypes.ANY,
        operation: AclOperationTypes.ANY,
        permissionType: AclPermissionTypes.ANY,
      }),
    );
    const operationName = (value: number) =>
      Object.entries<unknown>(AclOperationTypes).find(([, each]) => each === value)?.[0] ?? String(value);
    return resources
      .filter(({ resourceName }) => resourceName !== markTopic)
      .flatMap(({ acls, resourceName, resourcePatternType }) =>
        acls.map(({ principal, operation }) => {
          const isPrefix = resourcePatternType === ResourcePatternTypes.PREFIXED;
          return `${principal.slice('User:'.length)} ${operationName(operation)} ${resourceName}${isPrefix ? '*' : ''}`;
        }),
      )
      .sort();
  }

  it.each(granted.users)(
    'lets %s do with topics and groups what it was granted, and refuses all else',
    async (user) => {
      const attempts = await KafkaAttempts.as(configOf(user), cluster.kafka);
      const wrong: string[] = [];
      const check = (what: string, isRefused: boolean, isGranted: boolean) => {
        if (isRefused === isGranted) wrong.push(`${what} is ${isRefused ? 'refused' : 'allowed'}`);
      };
      try {
        for (const topic of granted.topics)
          for (const action of topicActions)
            check(`${action} ${topic}`, await attempts.isRefused(action, topic), granted.mayTopic(user, action, topic));
        for (const group of [...granted.groups, 'of-nobody'])
          for (const name of [group, `${group}.read-1`])
            check(`group ${name}`, await attempts.isRefusedGroup(name), granted.mayGroup(user, group));
        check('give rights', await attempts.isRefusedRights(), false);
      } finally {
        await attempts.close();
      }
      expect(wrong).toEqual([]);
    },
  );

  it.each(granted.identities)('lets %s do with buckets what it was granted, and refuses all else', async (identity) => {
    const [root, client] = [cluster.storeClient(), cluster.storeClient(identity)];
    const wrong: string[] = [];
    for (const bucket of granted.buckets) {
      await prepareBucket(root, bucket);
      for (const action of bucketActions) {
        const isRefused = await isRefusedBucket(client, action, bucket);
        if (isRefused === granted.mayBucket(identity, action, bucket))
          wrong.push(`${action} in ${bucket} is ${isRefused ? 'refused' : 'allowed'}`);
      }
      if (!(await isRefusedRule(client, bucket))) wrong.push(`rules of ${bucket} may be changed`);
    }
    for (const each of [root, client]) each.destroy();
    expect(wrong).toEqual([]);
  });

  it('tells a user of no topics but its own', async () => {
    const reader = new Kafka(configOf('notification')).admin();
    await reader.connect();
    const { topics: seen } = await reader.fetchTopicMetadata();
    await expect(reader.fetchOffsets({ groupId: consumerGroups.training, topics: ['incidents'] })).rejects.toThrow();
    await reader.disconnect();
    expect(seen.map(({ name }) => name).sort()).toEqual([topics.deliveries.name, topics.incidents.name]);
  });

  it('refuses who has no user, and who speaks in plain text', async () => {
    const sasl = { mechanism: 'scram-sha-256', username: 'preprocessing', password: 'guessed' } as const;
    const wrong = new Kafka({ ...configOf('preprocessing'), sasl }).admin();
    await expect(wrong.connect()).rejects.toThrow(/authentication/i);
    const answer = await fetch(`http://${cluster.ingestorHttp}/v1/traces`, { method: 'POST' });
    expect([answer.status, await answer.text()]).toEqual([
      400,
      expect.stringMatching(/HTTP request to an HTTPS server/),
    ]);
  });

  it('has Prometheus read itself and Tempo over TLS, by the names of Services', async () => {
    const directory = await dataDirectory('prometheus');
    const port = await freePort();
    const certificate = cluster.certificates.folder('prometheus-tls');
    const host = 'tempo-headless.tempo.svc.cluster.local';
    const config = cluster.file('prometheus-config', 'prometheus.yml', {
      '127.0.0.1:9090': `127.0.0.1:${port}`,
      '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt': cluster.certificates.authorityFile,
      // Where its pods are, which DNS would say.
      [`dns_sd_configs:
      - names:
          - ${host}
        type: A
        port: 3200
        refresh_interval: 15s`]: `static_configs:
      - targets:
          - ${new URL(cluster.tempo.queryUrl).host}`,
      'scrape_interval: 30s': 'scrape_interval: 1s',
      'scrape_timeout: 10s': 'scrape_timeout: 1s',
    });
    const web = cluster.file('prometheus-config', 'web.yml', { '/etc/plumbline/tls/server': certificate });
    const [configFile, webFile] = [join(directory, 'prometheus.yml'), join(directory, 'web.yml')];
    await Promise.all([writeFile(configFile, config), writeFile(webFile, web)]);
    const url = `https://127.0.0.1:${port}`;
    const ask = (path: string) => getOverTls(`${url}${path}`, cluster.authority, prometheusHost);
    const server = await PeerProcess.start({
      name: 'prometheus',
      command: program('prometheus'),
      args: [
        `--config.file=${configFile}`,
        `--web.config.file=${webFile}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
      ],
      directory,
      ready: answersOverTls(`${url}/-/ready`, cluster.authority, prometheusHost),
    });
    try {
      const up = await eventually('both targets', async () => {
        const { text } = await ask('/api/v1/query?query=up');
        const { data } = JSON.parse(text) as {
          readonly data: {
            readonly result: readonly { readonly metric: { job: string }; readonly value: unknown[] }[];
          };
        };
        const found = data.result.filter(({ value }) => value[1] === '1').map(({ metric }) => metric.job);
        return found.includes('tempo') && found.includes('prometheus') ? found : undefined;
      });
      expect(up).toEqual(expect.arrayContaining(['prometheus', 'tempo']));
    } finally {
      await server.stop();
    }
  });

  /** Lines of a worker's log that say that something is wrong. */
  async function complaints(name: WorkerName): Promise<readonly { readonly level: string; readonly msg: string }[]> {
    const lines = (await worker(name).log()).split('\n').filter((line) => line.startsWith('{'));
    return lines
      .map((line) => JSON.parse(line) as { readonly level: string; readonly msg: string })
      .filter(({ level }) => ['warn', 'error', 'fatal'].includes(level));
  }

  /** Starts a worker again while something is wrong, and mends it once it has been tried several times. */
  async function whileWrong(name: WorkerName, mend: () => Promise<unknown>): Promise<string> {
    // So that what it said before is not taken for it.
    await worker(name).stop();
    const ready = worker(name).restart();
    await eventually(`${name} says what is wrong`, async () => ((await complaints(name))[0] ? true : undefined));
    // Several tries: each could say it again.
    await sleep(6_000);
    const said = await complaints(name);
    const log = await worker(name).log();
    await mend();
    await ready;
    expect(said.map(({ level, msg }) => `${level}: ${msg}`)).toEqual([expect.stringMatching(/^error: trying again: /)]);
    expect(log).not.toContain(cluster.userOf(name).password);
    expect(await worker(name).isAlive()).toBe(true);
    return said[0]?.msg ?? '';
  }

  it('a worker with a wrong password says so once, naming broker and user, and goes on when the Secret is put right', async () => {
    const { password } = cluster.userOf('notification');
    await cluster.setPassword('notification', 'wrong-password');
    const said = await whileWrong('notification', () => cluster.setPassword('notification', password));
    expect(said).toMatch(
      /broker 127\.0\.0\.1:\d+ refuses user notification: there is none, or its password is another$/,
    );
    expect(await worker('notification').log()).not.toContain('wrong-password');
  });
});
