import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { RedpandaSettings, TopicsJob } from '@plumbline/contracts';
import { createLogger } from '../logging';
import { withFolder } from '../testing';
import { RedpandaAdmin } from './redpanda-admin';
import { DocumentedApi } from './redpanda-admin.testing';
import { ensureTieredProperties } from './redpanda-tiered-storage';
import { folderWith, runWith } from './testing';
import { runTopicsJob, withConfig } from './topics-job';

const key = { accessKeyId: 'AKIDHIDDEN', secretAccessKey: `of "them" and 'us', \\ $HOME` };
const secrets = { cloud_storage_access_key: key.accessKeyId, cloud_storage_secret_key: key.secretAccessKey };
const wanted = { cloud_storage_enabled: true, cloud_storage_bucket: 'topics' };
const restart = 'kubectl -n streaming rollout restart statefulset/redpanda';
const patience = { attempts: 3, pauseMs: 1 };

const broker = (node_id: number, besides: object = {}) => ({
  node_id,
  config_version: 2,
  restart: false,
  invalid: [],
  unknown: [],
  ...besides,
});

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

describe('Tiered storage of a Redpanda that is there', () => {
  let api: DocumentedApi;
  let endpoint: URL;
  let log: string;
  beforeEach(async () => {
    log = '';
    api = new DocumentedApi();
    endpoint = await api.listen();
  });
  afterEach(() => api.close());

  const lines = () =>
    log
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Line);
  const warnings = () => lines().filter(({ level }) => level === 'warn');

  /** Neither as it is, nor as JSON has it, in whatever was logged. */
  function expectNoSecret(text: string): void {
    for (const secret of Object.values(key)) {
      expect(text).not.toContain(secret);
      expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
      expect(text).not.toContain(JSON.stringify(JSON.stringify(secret)).slice(3, -3));
    }
  }

  async function ensure(properties: RedpandaSettings['properties'] = wanted, role = false): Promise<void> {
    const stream = new Writable({
      write(chunk: Buffer, _encoding, done) {
        log += chunk.toString();
        done();
      },
    });
    await withFolder(async (folder) => {
      const directory = await folderWith(join(folder, 'key'), key);
      const settings = { restart, ...(!role && { accessKeyDirectory: directory }) };
      const logger = createLogger('test', 'info', stream);
      await ensureTieredProperties(new RedpandaAdmin(endpoint), properties, settings, logger, patience);
    });
  }

  it('is turned on by one request, as Redpanda refuses it without a key; the log has what changed, and no key', async () => {
    await ensure();
    expect(api.changes.map(({ body }) => body)).toEqual([{ upsert: { ...wanted, ...secrets }, remove: [] }]);
    expect(lines()).toEqual([
      expect.objectContaining({ properties: wanted, msg: 'cluster properties changed' }) as unknown,
    ]);
    expectNoSecret(log);
  });

  it('is sent its key each time, of which the API does not say whether it is another, and nothing else twice', async () => {
    await ensure();
    await ensure();
    expect(api.changes.slice(1).map(({ body }) => body)).toEqual([{ upsert: secrets, remove: [] }]);
    expect(lines().filter(({ msg }) => msg === 'cluster properties changed')).toHaveLength(1);
    expectNoSecret(log);
  });

  it('has no key where brokers have a role, and is asked for nothing that it has already', async () => {
    await ensure(wanted, true);
    await ensure(wanted, true);
    expect(api.changes.map(({ body }) => body)).toEqual([{ upsert: wanted, remove: [] }]);
  });

  it('says which brokers are to be started again, and how, once all have taken up what was changed', async () => {
    const before = [broker(0, { config_version: 1 }), broker(1, { restart: true }), broker(2, { config_version: 1 })];
    api.statuses = [before, [broker(0, { restart: true }), broker(1, { restart: true }), broker(2)]];
    await ensure();
    expect(warnings()).toEqual([
      expect.objectContaining({
        nodes: [0, 1],
        command: restart,
        msg: 'brokers heed what was changed when they are started again',
      }) as unknown,
    ]);
  });

  it('does not wait for ever for a broker that is away, and names it', async () => {
    api.statuses = [[broker(0, { restart: true }), broker(1, { config_version: 1 })]];
    await ensure();
    expect(api.requests.filter(({ path }) => path.endsWith('/status'))).toHaveLength(patience.attempts);
    expect(warnings().map(({ nodes, msg }) => [nodes, msg])).toEqual([
      [[1], 'brokers have not taken up what was changed'],
      [[0], 'brokers heed what was changed when they are started again'],
    ]);
  });

  it('says nothing more when all were started again', async () => {
    api.statuses = [[broker(0), broker(1)]];
    await ensure();
    expect(warnings()).toEqual([]);
  });

  it.each(['invalid', 'unknown'])('is an error if brokers call what was set %s', async (field) => {
    api.statuses = [[broker(0), broker(1, { [field]: ['cloud_storage_secret_key'] })]];
    await expect(ensure()).rejects.toMatchObject({
      code: 'PLUMBLINE_JOB_SERVER',
      message: 'brokers cannot read what was set: cloud_storage_secret_key',
    });
    expectNoSecret(log);
  });

  it('goes on if what brokers cannot read was set by others, and says so', async () => {
    api.statuses = [[broker(0, { unknown: ['of_another_version'] })]];
    await ensure();
    expect(lines().filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ brokers: [{ node: 0, invalid: [], unknown: ['of_another_version'] }] }) as unknown,
    ]);
  });

  it('is an error if the status is none', async () => {
    api.statuses = [[{ node_id: 0, restart: 'no' }]];
    await expect(ensure()).rejects.toThrow('restart');
  });

  it('tells no key in an error, though the answer repeats the request', async () => {
    api.refusing = true;
    const refused = ensure();
    await expect(refused).rejects.toThrow('was answered with 400: cannot be: {"upsert":');
    await refused.catch((error: unknown) => expectNoSecret(String(error)));
    expectNoSecret(log);
  });

  it('is of every topic, beside what is said of it, and of none without it', () => {
    const topic = {
      name: 'traces',
      partitions: 3,
      replicationFactor: 3,
      cleanupPolicy: 'delete',
      retentionMs: 1,
      maxMessageBytes: 2,
      logAppendTime: false,
    } as const;
    const redpanda = { adminEndpoint: endpoint.origin, properties: {}, users: [] };
    const [without] = withConfig({ topics: [topic], redpanda });
    const [tiered] = withConfig({ topics: [topic], redpanda: { ...redpanda, tieredStorage: { restart } } });
    expect(without?.config).toEqual({
      'cleanup.policy': 'delete',
      'retention.ms': '1',
      'max.message.bytes': '2',
      'message.timestamp.type': 'CreateTime',
    });
    expect(tiered?.config).toEqual({
      ...without?.config,
      'redpanda.remote.write': 'true',
      'redpanda.remote.read': 'true',
    });
  });

  it('is what the Job of topics does first, whose log has no key either', async () => {
    api.statuses = [[broker(0, { restart: true })]];
    await withFolder(async (folder) => {
      const accessKeyDirectory = await folderWith(join(folder, 'key'), key);
      const user = await folderWith(join(folder, 'empty'), { username: 'x', password: '' });
      const job: TopicsJob = {
        topics: [],
        redpanda: {
          adminEndpoint: endpoint.origin,
          properties: wanted,
          // Ends the Job before it asks for a broker of Kafka, which is not here.
          users: [{ name: 'x', directory: user }],
          tieredStorage: { accessKeyDirectory, restart },
        },
      };
      const { code, log: said } = await runWith(runTopicsJob, job, { KAFKA_BROKERS: '127.0.0.1:1' });
      expect(code).toBe(1);
      expect(said).toContain(restart);
      expect(said).toContain('user x');
      expect(api.changes.map(({ body }) => body)).toEqual([{ upsert: { ...wanted, ...secrets }, remove: [] }]);
      expectNoSecret(said);
    });
  });

  it('is nothing without the key that it is to have', async () => {
    const settings = { restart, accessKeyDirectory: '/there/is/none' };
    const admin = new RedpandaAdmin(endpoint);
    await expect(ensureTieredProperties(admin, wanted, settings, createLogger('test', 'fatal'))).rejects.toThrow(
      'key of tiered storage',
    );
    expect(api.requests).toEqual([]);
  });
});
