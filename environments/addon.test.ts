import { parse } from 'yaml';
import { NetworkPeer } from '../constructs';
import { checkAll, describeViolation, readDefinitions, sumResources, type KubeObject } from '../constructs/invariants';
import { fileOf, givenSecret, objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { addon } from './addon';

const objects = renderApp(platform(addon));
const kindsOf = (rendered: readonly KubeObject[]) => new Set(rendered.map(({ kind }) => kind));
const namesOf = (kind: string) => objects.filter((each) => each.kind === kind).map(({ metadata }) => metadata.name);

describe('The addon environment', () => {
  it('asks for what its page says', () => {
    const { cpu, memory, storage } = sumResources(objects);
    expect(cpu).toBeCloseTo(2.3, 1);
    expect(memory / 2 ** 30).toBeCloseTo(5, 1);
    expect(storage / 2 ** 30).toBe(44);
  });

  it('renders only what a team with Prometheus, Alertmanager and Grafana lacks', () => {
    expect(namesOf('StatefulSet').sort()).toEqual(['objects', 'otel-aggregator', 'redpanda']);
    expect(namesOf('Deployment').filter((name) => /grafana|prometheus|alertmanager|tempo|loki/.test(name))).toEqual([]);
  });

  it('stays in a namespace of its own, and asks for nothing in the whole cluster', () => {
    const namespaces = new Set(
      objects.map(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : metadata.namespace)),
    );
    expect(Array.from(namespaces)).toEqual(['plumbline']);
    expect(Array.from(kindsOf(objects)).filter((kind) => kind.startsWith('Cluster'))).toEqual([]);
  });

  it('has its metrics read and its rules evaluated by the operator of kube-prometheus-stack', () => {
    for (const [kind, name] of [
      ['PodMonitor', 'preprocessing'],
      ['PrometheusRule', 'pipeline'],
    ] as const)
      expect(objectOf(objects, kind, name).metadata).toMatchObject({
        namespace: 'plumbline',
        labels: { release: 'kube-prometheus-stack' },
      });
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'preprocessing').spec)).toContain(
      '"kubernetes.io/metadata.name":"monitoring"',
    );
  });

  it('takes a copy of the traces by OTLP, from collectors in any namespace, and hands them to the pipeline alone', () => {
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'otel-ingestor').spec)).toContain('"port":4317');
    const { exporters } = parse(fileOf(objects, 'otel-aggregator-config', 'config.yaml')) as {
      readonly exporters: Readonly<Record<string, unknown>>;
    };
    expect(Object.keys(exporters)).toEqual(['kafka/traces']);
  });

  it('may do without collectors of ours: those of the team then write to the topic', () => {
    const { otel: _, ...without } = addon;
    const written = renderApp(platform({ ...without, producers: [NetworkPeer.namespace('telemetry')] }));
    expect(checkAll(written, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
    expect(written.some(({ metadata }) => metadata.name.startsWith('otel-'))).toBe(false);
    expect(JSON.stringify(objectOf(written, 'NetworkPolicy', 'redpanda').spec)).toContain(
      '"kubernetes.io/metadata.name":"telemetry"',
    );
  });

  it('may use a Kafka and an S3 of the team, who say themselves how long objects are kept', () => {
    const { anomalyRetention: _, ...rest } = addon;
    const theirs = renderApp(
      platform({
        ...rest,
        broker: { external: { brokers: ['kafka.example.org:9092'] } },
        storage: { external: { endpoint: 'https://s3.example.org', region: 'eu-central-1' } },
      }),
    );
    const given = ['anomaly-detection', 'root-cause', 'training'].map((name) =>
      givenSecret('plumbline', `${name}-objects-s3`),
    );
    expect(checkAll([...theirs, ...given], readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
    expect(theirs.filter(({ kind }) => kind === 'StatefulSet').map(({ metadata }) => metadata.name)).toEqual([
      'otel-aggregator',
    ]);
  });
});
