import { Size } from 'cdk8s';
import { Memcached, ObjectStore, Postgres, RedpandaBroker, SecretSource } from '../../constructs';
import { parseObjects } from '../../constructs/invariants';
import { testApp } from '../../constructs/testing';
import type { Baseline } from './baseline';
import { differences } from './compare';
import { ofObjects } from './objects';
import { baselineOf } from './rendered';
import { reportOf } from './report';

interface Choice {
  readonly gibibytes?: number;
  readonly name?: string;
  readonly partitions?: number;
  readonly group?: string;
  readonly bucket?: string;
}

function render(choice: Choice = {}): Baseline {
  const { gibibytes = 20, name = 'redpanda', partitions = 6, group = 'readers', bucket = 'receipts' } = choice;
  const app = testApp();
  const broker = new RedpandaBroker(app.chart('streaming'), 'broker', {
    name,
    users: SecretSource.generated(),
    volume: { size: Size.gibibytes(gibibytes) },
  });
  const store = new ObjectStore(app.chart('storage'), 'objects');
  const [cache] = new Memcached(app.chart('caches'), 'cache').workloads;
  if (cache === undefined) throw new Error('a cache has no workload');
  broker.topic('orders', { partitions }).grantConsume(cache, group);
  store.bucket(bucket).grantRead(cache);
  new Postgres(app.chart('databases'), 'postgres').grantOwn(cache);
  return baselineOf(app);
}

const was = render();

function changes(choice: Choice): readonly string[] {
  return reportOf('test', differences({ environment: 'test', was, is: render(choice) }));
}

describe('What is kept of an environment', () => {
  it('is the same as long as it is', () => {
    expect(changes({})).toEqual([]);
  });

  it('is of its objects, and of what its components say', () => {
    const selector = 'app.kubernetes.io/instance=redpanda,app.kubernetes.io/name=redpanda';
    expect(was.workloads['StatefulSet streaming/redpanda']).toEqual({
      selector,
      serviceName: 'redpanda-headless',
      podManagementPolicy: 'Parallel',
    });
    expect(was.claimTemplates['streaming/redpanda/data']).toEqual({ size: '20Gi', access: 'ReadWriteOnce' });
    expect(was.services['streaming/redpanda-headless']).toMatchObject({ headless: true, 'port kafka': 9092 });
    expect(was.budgets['streaming/redpanda']).toEqual({ selector });
    expect(was.secrets['streaming/admin-redpanda-kafka']).toEqual({ keys: 'password username', source: 'generated' });
    expect(was.topics).toEqual({ orders: { partitions: 6, cleanup: 'delete' } });
    expect(was.consumerGroups).toEqual({ readers: { topics: 'orders' } });
    expect([was.buckets, was.databases].map(Object.keys)).toEqual([['receipts'], ['cache']]);
    expect(Object.keys(was.alerts)).toContain('RedpandaDown');
    expect(Object.keys(was.dashboards)).toContain('redpanda');
    expect(Object.keys(was.namespaces)).toContain('streaming');
  });

  it.each<[string, Choice, RegExp]>([
    ['a volume', { gibibytes: 10 }, /claim data-redpanda of streaming\/redpanda would shrink from 20Gi to 10Gi/],
    [
      'a name',
      { name: 'kafka' },
      /StatefulSet streaming\/redpanda is gone: .*StatefulSet streaming\/kafka, if it is the same/,
    ],
    ['a number of partitions', { partitions: 3 }, /topic orders has another partitions, 3 instead of 6/],
    ['a group', { group: 'others' }, /consumer group readers is gone: .*; others, if it is the same/],
    ['a bucket', { bucket: 'invoices' }, /bucket receipts is gone: .*; invoices, if it is the same/],
  ])('is another when a construct gives it another: %s', (_, choice, sentence) => {
    expect(changes(choice)).toContainEqual(expect.stringMatching(sentence));
  });

  it('is also of what few environments have', () => {
    const objects = parseObjects(
      `
apiVersion: v1
kind: ServiceAccount
metadata: { name: tempo, namespace: tracing, annotations: { eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/tempo', note: x } }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: other, namespace: tracing }
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: { name: high }
value: 1000
preemptionPolicy: Never
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: nodes }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: nodes }
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: { name: data, namespace: tracing }
spec: { accessModes: [ReadWriteOnce], storageClassName: fast, resources: { requests: { storage: 5Gi } } }
---
apiVersion: v1
kind: Service
metadata: { name: dns, namespace: tracing }
spec: { type: NodePort, ports: [{ name: dns, port: 53, protocol: UDP, nodePort: 30053 }] }
---
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: tempo-tls, namespace: tracing }
spec: { secretName: tempo-tls }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: copies, namespace: tracing }
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: copies
              env: [{ name: A, valueFrom: { secretKeyRef: { name: made, key: a } } }]
          volumes:
            - { name: tls, secret: { secretName: tempo-tls, items: [{ key: tls.crt, path: tls.crt }] } }
`,
      'few.yaml',
    );
    expect(ofObjects(objects)).toEqual({
      namespaces: {},
      kinds: { 'Certificate of cert-manager.io/v1': {} },
      workloads: { 'CronJob tracing/copies': {} },
      claims: { 'tracing/data': { size: '5Gi', access: 'ReadWriteOnce', storageClass: 'fast' } },
      claimTemplates: {},
      services: { 'tracing/dns': { type: 'NodePort', 'port dns': '53/UDP', 'nodePort dns': 30053 } },
      budgets: {},
      bindings: { 'ClusterRoleBinding nodes': { role: 'ClusterRole nodes' } },
      priorityClasses: { high: { value: 1000, preemption: 'Never' } },
      accounts: { 'tracing/tempo': { role: 'arn:aws:iam::1:role/tempo' } },
      secrets: {
        'tracing/made': { keys: 'a', source: 'existing' },
        'tracing/tempo-tls': { keys: 'tls.crt', source: 'cert-manager' },
      },
    });
  });
});
