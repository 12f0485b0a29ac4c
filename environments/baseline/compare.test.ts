import { baseline, type Aspects, type Baseline, type Section } from './baseline';
import { differences, withChanges } from './compare';
import { describe as said, reportOf } from './report';

const selector = 'app.kubernetes.io/instance=redpanda,app.kubernetes.io/name=redpanda';

/** A platform that somebody runs. */
const was = baseline({
  namespaces: { streaming: {} },
  kinds: { 'PodMonitor of monitoring.coreos.com/v1': {} },
  workloads: {
    'CronJob streaming/backup': {},
    'DaemonSet streaming/agent': { selector: 'app=agent' },
    'Deployment streaming/console': { selector: 'app=console' },
    'PodTemplate streaming/training': {},
    'StatefulSet streaming/redpanda': { selector, serviceName: 'redpanda-headless', podManagementPolicy: 'Parallel' },
  },
  claims: { 'streaming/grafana-data': { size: '5Gi', access: 'ReadWriteOnce' } },
  claimTemplates: { 'streaming/redpanda/data': { size: '20Gi', access: 'ReadWriteOnce', storageClass: 'fast' } },
  services: {
    'streaming/redpanda': { 'port kafka': 9092, 'nodePort kafka': 30092, type: 'NodePort' },
    'streaming/redpanda-headless': { headless: true, 'port rpc': 33145 },
  },
  budgets: { 'streaming/redpanda': { selector } },
  bindings: { 'RoleBinding streaming/credentials': { role: 'Role credentials' } },
  priorityClasses: { 'plumbline-critical': { value: 1_000_000 } },
  accounts: { 'streaming/tempo': { role: 'arn:aws:iam::111122223333:role/tempo' } },
  secrets: {
    'streaming/admin': { source: 'generated', keys: 'password username' },
    'streaming/chat': { source: 'existing', keys: 'url', optional: true },
    'streaming/ca': { source: 'existing', keys: 'ca.crt' },
  },
  topics: {
    incidents: { partitions: 3, cleanup: 'compact' },
    traces: { partitions: 6, cleanup: 'delete' },
  },
  consumerGroups: { 'preprocessing-group': { topics: 'traces' } },
  buckets: { 'ml-models': {} },
  databases: { grafana: {} },
  alerts: { RedpandaDown: {} },
  series: { 'slo:error_ratio:rate5m': {} },
  dashboards: { redpanda: {} },
});

type Change = readonly [section: Section, id: string, now: Aspects | undefined];

/** The platform after changes, of which `undefined` takes a thing away and aspects are put beside those that there are. */
function changed(...changes: readonly Change[]): Baseline {
  const parts: Record<string, Record<string, Aspects>> = structuredClone(was);
  for (const [section, id, now] of changes) {
    const things = (parts[section] ??= {});
    if (now === undefined) Reflect.deleteProperty(things, id);
    else things[id] = { ...things[id], ...now };
  }
  return baseline(parts);
}

function breaksOf(...changes: readonly Change[]): readonly string[] {
  const all = differences({ environment: 'production', was, is: changed(...changes) });
  return reportOf(
    'production',
    all.filter(({ breaks }) => breaks !== undefined),
  );
}

function harmless(...changes: readonly Change[]): readonly string[] {
  const all = differences({ environment: 'production', was, is: changed(...changes) });
  expect(all.filter(({ breaks }) => breaks !== undefined)).toEqual([]);
  return all.map(said);
}

const redpanda = 'StatefulSet streaming/redpanda';
const template = 'streaming/redpanda/data';

/** Each breaking change with what is said of it. */
type Case = readonly [title: string, changes: readonly Change[], ...sentences: readonly RegExp[]];

const cases: readonly Case[] = [
  [
    'another selector',
    [['workloads', redpanda, { selector: 'app=broker' }]],
    /^production: StatefulSet streaming\/redpanda has another selector, app=broker instead of app.kubernetes.io\/\S+: Kubernetes refuses this change: kubectl delete statefulset redpanda -n streaming --cascade=orphan, and apply; its pods, .* one after another, claims stay\.$/,
  ],
  [
    'another selector of a Deployment',
    [['workloads', 'Deployment streaming/console', { selector: 'app=page' }]],
    /kubectl delete deployment console -n streaming --cascade=orphan/,
  ],
  [
    'another governing Service',
    [['workloads', redpanda, { serviceName: 'brokers' }]],
    /has another serviceName, brokers instead of redpanda-headless: Kubernetes refuses .* names of the old Service until they restart\.$/,
  ],
  [
    'pods one by one',
    [['workloads', redpanda, { podManagementPolicy: 'OrderedReady' }]],
    /Kubernetes refuses .* its pods and claims stay\.$/,
  ],
  [
    'another name of a StatefulSet',
    [
      ['workloads', redpanda, undefined],
      ['workloads', 'StatefulSet streaming/broker', { selector }],
      ['claimTemplates', template, undefined],
      ['claimTemplates', 'streaming/broker/data', { size: '20Gi' }],
    ],
    /redpanda is gone: Argo CD deletes the old one, and plumbline up leaves it running; its claims \(data-redpanda-0, …\) stay behind .*; StatefulSet streaming\/broker, if it is the same, begins with new, empty ones\.$/,
    /claim template streaming\/redpanda\/data is gone: its claims stay behind/,
  ],
  [
    'another name of a Deployment',
    [
      ['workloads', 'Deployment streaming/console', undefined],
      ['workloads', 'Deployment streaming/page', { selector: 'app=page' }],
    ],
    /done twice until somebody deletes it; .*; Deployment streaming\/page, if it is the same, is beside it\.$/,
  ],
  ['a DaemonSet that is gone', [['workloads', 'DaemonSet streaming/agent', undefined]], /done twice until somebody/],
  ['a CronJob that is gone', [['workloads', 'CronJob streaming/backup', undefined]], /done twice until somebody/],
  ['a template that is gone', [['workloads', 'PodTemplate streaming/training', undefined]], /who makes pods of it/],
  [
    'another namespace, which is named before others',
    [
      ['workloads', redpanda, undefined],
      ['workloads', 'StatefulSet brokers/redpanda', { selector }],
      ['workloads', 'StatefulSet brokers/another', { selector }],
    ],
    /; StatefulSet brokers\/redpanda, if it is the same, begins/,
  ],
  [
    'a namespace that is gone',
    [['namespaces', 'streaming', undefined]],
    /namespace streaming is gone: .* and empty: its claims and generated Secrets stay behind/,
  ],
  [
    'a kind that the cluster may not know',
    [['kinds', 'ScaledObject of keda.sh/v1alpha1', {}]],
    /kind ScaledObject of keda.sh\/v1alpha1 is new: a cluster that does not have its definition refuses/,
  ],
  [
    'a claim that would shrink',
    [['claims', 'streaming/grafana-data', { size: '4096Mi' }]],
    /claim streaming\/grafana-data would shrink from 5Gi to 4096Mi: refused, as volumes never do\. Render at least 5Gi\.$/,
  ],
  [
    'another access to a claim',
    [['claims', 'streaming/grafana-data', { access: 'ReadWriteMany' }]],
    /keeps its access/,
  ],
  ['a claim that is gone', [['claims', 'streaming/grafana-data', undefined]], /stays behind, and nobody mounts it/],
  [
    'a claim of a StatefulSet that would shrink',
    [['claimTemplates', template, { size: '10Gi' }]],
    /claim data-redpanda of streaming\/redpanda would shrink from 20Gi to 10Gi: refused/,
  ],
  [
    'a claim of a StatefulSet that grows',
    [['claimTemplates', template, { size: '40Gi' }]],
    /Kubernetes refuses another size, .*: npx plumbline grow data-redpanda production, which keeps its pods running\.$/,
  ],
  [
    'another storage class',
    [['claimTemplates', template, { storageClass: 'slow' }]],
    /has another storageClass, slow instead of fast: .*claims that are there keep their storageClass/,
  ],
  [
    'one more volume of a StatefulSet',
    [['claimTemplates', 'streaming/redpanda/cache', { size: '1Gi' }]],
    /is new \(size 1Gi\): Kubernetes refuses this change: .* for the new volume\.$/,
  ],
  ['one volume less', [['claimTemplates', template, undefined]], /what is in its claims is no longer read\.$/],
  [
    'a Service of another name',
    [
      ['services', 'streaming/redpanda', undefined],
      ['services', 'streaming/kafka', { 'port kafka': 9092 }],
    ],
    /Service streaming\/redpanda is gone: who dials redpanda.streaming finds no such host: .*; streaming\/kafka, if it is the same, answers\.$/,
  ],
  [
    'another port',
    [['services', 'streaming/redpanda', { 'port kafka': 9093 }]],
    /has another port kafka, 9093 instead of 9092: who dials redpanda.streaming:9092, or names port kafka, is refused: it is 9093\.$/,
  ],
  [
    'another port of nodes',
    [['services', 'streaming/redpanda', { 'nodePort kafka': 30093 }]],
    /port 30092 of the nodes/,
  ],
  ['no door', [['services', 'streaming/redpanda', { type: 'ClusterIP' }]], /who came in by NodePort finds no door/],
  [
    'an address',
    [['services', 'streaming/redpanda-headless', { headless: false }]],
    /kubectl delete service redpanda-h/,
  ],
  ['pods that are not guarded', [['budgets', 'streaming/redpanda', undefined]], /a drain may evict all pods/],
  ['other pods that are guarded', [['budgets', 'streaming/redpanda', { selector: 'app=x' }]], /it guards other pods/],
  [
    'another role',
    [['bindings', 'RoleBinding streaming/credentials', { role: 'Role all' }]],
    /kubectl delete rolebinding credentials -n streaming, and apply/,
  ],
  ['another priority', [['priorityClasses', 'plumbline-critical', { value: 1 }]], /a class keeps its numbers/],
  ['a priority that is gone', [['priorityClasses', 'plumbline-critical', undefined]], /pods that name .* are refused/],
  [
    'an account of another name',
    [
      ['accounts', 'streaming/tempo', undefined],
      ['accounts', 'streaming/traces', { role: 'arn:aws:iam::111122223333:role/tempo' }],
    ],
    /the cloud trusts system:serviceaccount:streaming:tempo .* until the role trusts the new one\.$/,
    /streaming\/traces is new .*: its pods are denied until arn.* trusts system:serviceaccount:streaming:traces\.$/,
  ],
  ['another role of a cloud', [['accounts', 'streaming/tempo', { role: 'arn:other' }]], /until arn:other is there/],
  [
    'a generated Secret of another name',
    [
      ['secrets', 'streaming/admin', undefined],
      ['secrets', 'streaming/root', { source: 'generated', keys: 'password username' }],
    ],
    /if it is streaming\/root now, that one gets new values, .* copy the Secret to its new name before\.$/,
  ],
  [
    'a Secret that somebody has to make',
    [['secrets', 'streaming/smtp', { source: 'existing', keys: 'password' }]],
    /Secret streaming\/smtp is new .*: pods wait until it is there: make streaming\/smtp with password before\.$/,
  ],
  [
    'a Secret that comes from a store',
    [['secrets', 'streaming/x', { source: 'external', keys: 'a' }]],
    /store of secrets/,
  ],
  ['a key more', [['secrets', 'streaming/ca', { keys: 'ca.crt crl' }]], /make streaming\/ca with crl before/],
  [
    'a Secret that nobody makes any more',
    [['secrets', 'streaming/admin', { source: 'existing' }]],
    /make streaming\/admin/,
  ],
  [
    'another authority',
    [['secrets', 'streaming/ca', { source: 'cert-manager' }]],
    /who trusts the old authority alone/,
  ],
  ['a Secret that is needed now', [['secrets', 'streaming/chat', { optional: false }]], /that started without it wait/],
  [
    'a topic that is gone',
    [['topics', 'traces', undefined]],
    /topic traces is gone: topic removed: preprocessing-group and consumers of others get no record of it any more/,
  ],
  ['fewer partitions', [['topics', 'traces', { partitions: 3 }]], /as partitions never shrink: render 6\.$/],
  [
    'more partitions',
    [['topics', 'traces', { partitions: 12 }]],
    /another partition than before, and are read out of order/,
  ],
  [
    'more partitions of state',
    [['topics', 'incidents', { partitions: 6 }]],
    /an older state of it stays in the old one/,
  ],
  ['state that is deleted', [['topics', 'incidents', { cleanup: 'delete' }]], /state that is older than its retention/],
  ['records that are deleted', [['topics', 'traces', { cleanup: 'compact' }]], /only the newest record of each key/],
  [
    'another consumer group',
    [
      ['consumerGroups', 'preprocessing-group', undefined],
      ['consumerGroups', 'assembly', { topics: 'traces' }],
    ],
    /begins with the oldest record of traces, .* a second time; assembly, if it is the same, is such a one\.$/,
  ],
  ['a bucket that is gone', [['buckets', 'ml-models', undefined]], /what is stored stays in it, and nobody reads it/],
  ['a database that is gone', [['databases', 'grafana', undefined]], /its tables stay where they are/],
  ['an alert that is gone', [['alerts', 'RedpandaDown', undefined]], /routes, silences and inhibitions that name it/],
  ['series that are gone', [['series', 'slo:error_ratio:rate5m', undefined]], /of others that ask for it see nothing/],
  [
    'a dashboard that is gone',
    [['dashboards', 'redpanda', undefined]],
    /bookmarks and links to \/d\/redpanda lead nowhere/,
  ],
];

describe('A change that breaks something for who runs the platform', () => {
  it.each(cases.map(([title, changes, ...sentences]) => ({ title, changes, sentences })))(
    'is told of, with what it breaks: $title',
    ({ changes, sentences }) => {
      expect(breaksOf(...changes)).toEqual(sentences.map((sentence) => expect.stringMatching(sentence) as string));
    },
  );

  it('is known of every part that is kept', () => {
    expect(new Set(cases.flatMap(([, changes]) => changes.map(([section]) => section)))).toEqual(
      new Set(Object.keys(was)),
    );
  });
});

describe('A change that breaks nothing', () => {
  it.each<readonly [title: string, change: Change, said: string]>([
    [
      'a new workload',
      ['workloads', 'Deployment streaming/x', { selector: 'a=b' }],
      'Deployment streaming/x is new (selector a=b)',
    ],
    [
      'a new port',
      ['services', 'streaming/redpanda', { 'port admin': 9644 }],
      'Service streaming/redpanda has port admin 9644',
    ],
    ['a new topic', ['topics', 'x', { partitions: 1 }], 'topic x is new (partitions 1)'],
    ['a new alert', ['alerts', 'X', {}], 'alert X is new'],
    [
      'a claim that grows in place',
      ['claims', 'streaming/grafana-data', { size: '6Gi' }],
      'PersistentVolumeClaim streaming/grafana-data has another size, 6Gi instead of 5Gi',
    ],
    [
      'a Secret that is made',
      ['secrets', 'streaming/y', { source: 'generated', keys: 'a' }],
      'Secret streaming/y is new (keys a, source generated)',
    ],
    [
      'a Secret that may be absent',
      ['secrets', 'streaming/y', { source: 'existing', keys: 'a', optional: true }],
      'Secret streaming/y is new (keys a, optional true, source existing)',
    ],
    ['a Secret that nobody needs', ['secrets', 'streaming/admin', undefined], 'Secret streaming/admin is gone'],
    [
      'a kind that is not used',
      ['kinds', 'PodMonitor of monitoring.coreos.com/v1', undefined],
      'kind PodMonitor of monitoring.coreos.com/v1 is gone',
    ],
  ])('is told of without: %s', (_, change, sentence) => {
    expect(harmless(change)).toEqual([sentence]);
  });

  it('is taken over, and what breaks something is left as it was', () => {
    const is = changed(
      ['topics', 'x', { partitions: 1 }],
      ['topics', 'traces', { partitions: 3 }],
      ['alerts', 'RedpandaDown', undefined],
    );
    const all = differences({ environment: 'production', was, is });
    const taken = all.filter(({ breaks }) => breaks === undefined);
    expect(withChanges(was, taken)).toEqual(changed(['topics', 'x', { partitions: 1 }]));
    expect(withChanges(was, all)).toEqual(is);
  });
});
