import { parse } from 'yaml';
import { fileOf, renderApp, testApp } from '../testing';
import { SecretSource } from '../core/secret-source';
import type { TopicsJob } from '../contracts';
import { RedpandaBroker, type RedpandaBrokerProps } from './redpanda-broker';
import { clusterPropertyObjections, heededAfterRestart, redpandaObjections } from './redpanda-schema.testing';

function render(props: RedpandaBrokerProps, tls: boolean) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  new RedpandaBroker(app.chart('streaming'), 'redpanda', props).topic('orders', { partitions: 3 });
  const objects = renderApp(app);
  const job = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
  return {
    node: parse(fileOf(objects, 'redpanda-config', 'redpanda.yaml')) as unknown,
    bootstrap: parse(fileOf(objects, 'redpanda-config', '.bootstrap.yaml')) as unknown,
    properties: job.redpanda?.properties ?? {},
  };
}

const users = SecretSource.generated();

describe('What Redpanda would object to', () => {
  it.each<[string, RedpandaBrokerProps, boolean]>([
    ['of one broker', {}, false],
    ['of three', { brokers: 3 }, false],
    ['of one, encrypted, with users', { users }, true],
    ['of three, encrypted, with users', { brokers: 3, users, overprovisioned: false }, true],
  ])('is nothing of what is rendered %s', (_, props, tls) => {
    const { node, bootstrap, properties } = render(props, tls);
    expect(redpandaObjections(node)).toEqual([]);
    expect(clusterPropertyObjections(bootstrap)).toEqual([]);
    expect(clusterPropertyObjections(properties)).toEqual([]);
    expect(Object.keys(properties)).not.toEqual([]);
    expect(heededAfterRestart(properties)).toEqual([]);
  });

  it.each<[string, object, string]>([
    ['a property that there is not', { retention: 1 }, 'redpanda.retention: there is no such field'],
    ['one of the cluster', { log_retention_ms: 1 }, 'redpanda.log_retention_ms: is a property of the cluster'],
    ['a text for a number', { crash_loop_limit: '5' }, 'redpanda.crash_loop_limit: "5" is no integer'],
    ['less than there can be', { crash_loop_limit: -1 }, 'redpanda.crash_loop_limit: -1 is not from 0 to 4294967295'],
    ['one listener for a list', { kafka_api: { address: 'a', port: 1 } }, 'redpanda.kafka_api: is no list'],
    ['a listener without a port', { kafka_api: [{ address: 'a' }] }, 'redpanda.kafka_api[0].port: is missing'],
    [
      'a way to log in that there is not',
      { kafka_api: [{ address: 'a', port: 9092, authentication_method: 'scram' }] },
      'redpanda.kafka_api[0].authentication_method: "scram" is none of none, sasl, mtls_identity',
    ],
    [
      'a port that there is not',
      { rpc_server: { address: 'a', port: 70_000 } },
      'redpanda.rpc_server.port: 70000 is not from 1 to 65535',
    ],
    ['a seed that is no object', { seed_servers: ['a:1'] }, 'redpanda.seed_servers[0]: is no section'],
    ['a key by another name', { rpc_server_tls: { key: 'k' } }, 'redpanda.rpc_server_tls.key: there is no such field'],
  ])('is, of a node, %s', (_, redpanda, objection) => {
    expect(redpandaObjections({ redpanda })).toEqual([expect.stringContaining(objection)]);
  });

  it('is a section that nobody reads, or a file without the one that all read', () => {
    expect(redpandaObjections({ redpanda: {}, pandaproxy: {} })).toEqual(['pandaproxy: there is no such field']);
    expect(redpandaObjections({ rpk: { overprovisioned: 'yes' } })).toEqual([
      'redpanda: is missing',
      'rpk.overprovisioned: "yes" is no boolean',
    ]);
  });

  it.each<[string, object, string]>([
    ['one that there is not', { topic_replication: 3 }, 'topic_replication: there is no such field'],
    ['its name in the source', { default_topic_replication: 3 }, 'default_topic_replication: there is no such field'],
    ['one that is deprecated', { enable_coproc: true }, 'enable_coproc: there is no such field'],
    ['one of a node', { crash_loop_limit: 5 }, 'crash_loop_limit: is a property of a node, not of the cluster'],
    ['a text for a list', { superusers: 'admin' }, 'superusers: "admin" is no strings'],
    ['a text for a switch', { enable_metrics_reporter: 'no' }, 'enable_metrics_reporter: "no" is no boolean'],
    ['a duration in words', { log_retention_ms: '1d' }, 'log_retention_ms: "1d" is no integer'],
    ['no copy at all', { default_topic_replications: 0 }, 'default_topic_replications: 0 is not from 1 to 32767'],
    ['a mode that there is not', { partition_autobalancing_mode: 'on' }, '"on" is none of off, node_add, continuous'],
    ['a metric that there is not', { enable_consumer_group_metrics: ['group', 'lag'] }, '"lag" is none of group'],
    ['null where there is no default', { storage_min_free_bytes: null }, 'storage_min_free_bytes: null is no integer'],
  ])('is, of the cluster, %s', (_, properties, objection) => {
    expect(clusterPropertyObjections(properties)).toEqual([expect.stringContaining(objection)]);
  });

  it('is not null where it means the default', () => {
    expect(clusterPropertyObjections({ kafka_enable_authorization: null })).toEqual([]);
  });

  it('does not include that a running cluster would not heed it, which is told apart', () => {
    expect(clusterPropertyObjections({ disable_metrics: true })).toEqual([]);
    expect(heededAfterRestart({ disable_metrics: true, superusers: [] })).toEqual(['disable_metrics']);
  });
});
