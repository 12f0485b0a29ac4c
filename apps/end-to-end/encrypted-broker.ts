import type { TopicsJob } from '@plumbline/contracts';
import { forKafka, startKafka, substituteAddresses, type KafkaPeer } from '@plumbline/tools/peers';
import { Yaml } from 'cdk8s';
import { readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { renderApp } from '../../constructs/testing';
import { encrypted } from '../../environments/encrypted.testing';
import { platform } from '../../main';
import { Certificates, replaceFile } from './encrypted-certificates';
import { generatedSecrets } from './mounted';
import { runJob, type Environment } from './plumbline';
import { Rendered, type Secrets } from './rendered';

/** The platform as constructs, and as it is rendered. */
export const app = platform(encrypted);
export const objects = renderApp(app);
export const rendered = new Rendered(Yaml.stringify(...objects));

/** Where pods have whom to trust, and their password at the broker. */
export const caFile = '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt';
const passwordFile = '/etc/plumbline/kafka-user/password';
const brokerCount = 3;
const service = 'redpanda.redpanda.svc.cluster.local:9092';

/** What stands in a rendered text → what takes its place. */
export type Addresses = Readonly<Record<string, string>>;

/** Three brokers with TLS, and the users of the platform, each with a password of its own. */
export interface EncryptedBroker {
  readonly kafka: KafkaPeer;
  readonly certificates: Certificates;
  readonly secrets: Secrets;
  /** PEM of whom to trust now. */
  readonly authority: string;
  /** Who bootstraps with one broker has this address for the Service's. */
  readonly seed: Addresses;
  /** Runs the rendered Job of topics and rights. */
  runTopicsJob(): Promise<void>;
  /** Name and password of a workload at the broker. */
  userOf(workload: string): { readonly username: string; readonly password: string };
  /** Puts a password where a worker's pod finds it. */
  setPassword(workload: string, password: string): Promise<void>;
  /**
   * Environment of a workload as its pod has it.
   *
   * @param user whose password its file is
   */
  env(name: string, addresses?: Addresses, user?: string): Environment;
  /** The text of a rendered file, its paths those of this machine. */
  readonly file: (configMap: string, key: string, table: Addresses) => string;
}

/**
 * Starts it, without topics: those are made by its Job.
 *
 * @param directory of certificates and passwords
 * @param given values of optional Secrets
 */
export async function startEncryptedBroker(directory: string, given: Secrets = {}): Promise<EncryptedBroker> {
  const users = join(directory, 'users');
  await mkdir(users);
  const certificates = await Certificates.create(app, directory);
  const { authorityFile } = certificates;
  const secrets: Secrets = { ...generatedSecrets(rendered), ...given };
  const topicsFile = rendered.file('redpanda-topics-job', 'job.json');
  const named = (JSON.parse(topicsFile) as TopicsJob).redpanda?.users.map(({ name }) => name) ?? [];
  const names = [...named, 'admin'];
  const userOf = (workload: string) => {
    const { username = '', password = '' } = secrets[`${workload}-redpanda-kafka`] ?? {};
    return { username, password };
  };
  const setPassword = (workload: string, password: string) => replaceFile(join(users, workload), password);
  for (const name of names) await setPassword(name, userOf(name).password);
  const kafka = await startKafka({
    mode: 'secure',
    brokers: brokerCount,
    authority: certificates.authority,
    heapMegabytes: 320,
    users: Object.fromEntries(names.map((name) => [name, userOf(name).password])),
  });
  const env = (name: string, addresses: Addresses = {}, user = name) =>
    rendered.environment(name, secrets, {
      [caFile]: authorityFile,
      [passwordFile]: join(users, user),
      [service]: kafka.brokers.join(','),
      ...addresses,
    });
  return {
    kafka,
    certificates,
    secrets,
    get authority() {
      return readFileSync(authorityFile, 'utf8');
    },
    seed: { [service]: kafka.brokers[0] ?? '' },
    runTopicsJob: () =>
      runJob('topics', forKafka(replicated(topicsFile, brokerCount)), env('redpanda-topics', {}, 'admin')),
    userOf,
    setPassword,
    env,
    file: (configMap, key, table) => substituteAddresses(rendered.file(configMap, key), table),
  };
}

/** The broker of this environment is one. */
function replicated(jobFile: string, replicationFactor: number): string {
  const job = JSON.parse(jobFile) as TopicsJob;
  return JSON.stringify({ ...job, topics: job.topics.map((topic) => ({ ...topic, replicationFactor })) });
}
