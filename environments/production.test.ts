import { checkAll, describeViolation, readDefinitions, sumResources } from '../constructs/invariants';
import { join } from 'node:path';
import { parse } from 'yaml';
import { workers, type TopicsJob } from '../constructs/contracts';
import { ruleFilesOf } from '../constructs/metrics/placed-rules.testing';
import { fileOf, objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { production } from './production';
import { productionSize } from './production-sizes';

const objects = renderApp(platform(production));
const definitions = readDefinitions(join(__dirname, '..', 'imports', 'crds'));
const gibi = 2 ** 30;

/** Document 002's §7.1: cores, memory and storage of one replica, GiB, and how many there are. */
const table = [
  { name: 'loki', cores: 2, memory: 8, storage: 100, replicas: 3 },
  { name: 'vector', cores: 2, memory: 4, storage: 20, replicas: 5 },
  { name: 'prometheus', cores: 4, memory: 16, storage: 200, replicas: 2 },
  { name: 'mimir', cores: 8, memory: 32, storage: 500, replicas: 3 },
  { name: 'tempo', cores: 4, memory: 16, storage: 200, replicas: 3 },
] as const;

describe('The production environment', () => {
  it('keeps every invariant, with no Secret that nobody makes', () => {
    expect(checkAll(objects, definitions).map(describeViolation)).toEqual([]);
  });

  it.each(table)('has $name as document 002 sizes it: $replicas of $cores cores and $memory GiB', (row) => {
    const { spec } = objectOf(objects, 'StatefulSet', row.name);
    expect(spec.replicas ?? 1).toBe(row.replicas);
    const { cpu, memory, storage } = sumResources(objects.filter(({ metadata }) => metadata.name === row.name));
    expect([cpu, memory / gibi, storage / gibi]).toEqual([
      row.cores * row.replicas,
      row.memory * row.replicas,
      row.storage * row.replicas,
    ]);
  });

  it('keeps logs, metrics and traces for as long as documents 002 and 003 allow', () => {
    expect(productionSize.prometheus.retention.toDays()).toBe(15);
    expect(productionSize.mimir.retention.toDays()).toBeLessThanOrEqual(730);
    expect(productionSize.logs.retention.toDays()).toBeGreaterThanOrEqual(30);
    expect(productionSize.logs.retention.toDays()).toBeLessThanOrEqual(365);
    expect(productionSize.tempo.retention.toDays()).toBeGreaterThanOrEqual(7);
    expect(productionSize.tempo.retention.toDays()).toBeLessThanOrEqual(90);
  });

  it('promises 99.9 % of every way in and out, and tells how fast it is missed', () => {
    const rules = ruleFilesOf(objects, 'mimir');
    for (const name of ['TraceIntake', 'LogIntake', 'MetricIntake', 'TraceQueries', 'LogQueries', 'AlertDelivery']) {
      const file = Object.values(rules).find((text) => text.includes(`alert: ${name}BudgetBurnsFast`));
      expect([name, file]).toEqual([name, expect.stringContaining(`slo="${name}"} > 14.4 * 0.001`)]);
    }
    expect(rules['service-levels.yml']).toContain('vector(0.999)');
  });

  it('has three brokers in three zones, each topic three times, and users for all', () => {
    const { replicas, template } = objectOf(objects, 'StatefulSet', 'redpanda').spec;
    expect(replicas).toBe(3);
    expect(template.spec.topologySpreadConstraints).toContainEqual(
      expect.objectContaining({ topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'DoNotSchedule' }),
    );
    const job = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    expect(new Set(job.topics.map(({ replicationFactor }) => replicationFactor))).toEqual(new Set([3]));
    const users = new Set(job.acls?.map(({ user }) => user));
    expect(users).toEqual(
      new Set([...workers, 'otel-aggregator', 'incident-archive', 'backup-topics', 'airflow-training']),
    );
  });

  it('waits so short for more alerts of a kind that people are told within half a minute, also by the next of a replica that is gone', () => {
    const { route } = parse(fileOf(objects, 'alertmanager-config', 'alertmanager.yml')) as {
      readonly route: { readonly group_wait: string };
    };
    // Each waits fifteen seconds for the one before it, by default of `--cluster.peer-timeout`.
    expect(parseInt(route.group_wait, 10) + 15).toBeLessThan(30);
  });
});
