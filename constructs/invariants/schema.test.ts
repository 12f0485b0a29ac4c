import * as client from '@kubernetes/client-node';

import { defined } from '../core/defined';
import { ObjectStore } from '../storage/object-store';
import { testApp, violationsOf } from '../testing';
import { loadKubernetesTypes, type ObjectType } from './kubernetes-types';
import { alternatives, choices, enumerations } from './kubernetes-values';
import { parseObjects } from './rendered';
import { schemaInvariant } from './schema';

const definitions = parseObjects(
  `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: monitors.example.org }
spec:
  group: example.org
  names: { kind: Monitor, plural: monitors }
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [port]
              properties:
                port: { x-kubernetes-int-or-string: true, type: string }
                scheme: { type: string, enum: [http, https] }
                path: { type: string, pattern: '^/' }
                action: { type: string, pattern: '^(?i)(keep|drop)$' }
                labels: { type: object, additionalProperties: { type: string } }
                rules:
                  type: array
                  items:
                    type: object
                    properties: { keep: { type: boolean, default: true }, label: { type: string } }
                extra: { type: object, x-kubernetes-preserve-unknown-fields: true, properties: { a: { type: string } } }
`,
  'monitor.yaml',
);

const check = (text: string) => schemaInvariant(definitions).check(parseObjects(text, 'test'));
const monitor = (spec: string) =>
  check(`{apiVersion: example.org/v1, kind: Monitor, metadata: {name: m}, spec: ${spec}}`);

describe('a custom resource', () => {
  it('is held to the schema of its definition', () => {
    expect(monitor('{port: 8080, scheme: http, labels: {any: thing}, extra: {b: 1}}')).toEqual([]);
    expect(monitor('{port: metrics}')).toEqual([]);
    expect(monitor('{port: 1, path: /metrics, action: Keep}')).toEqual([]);
    expect(monitor('{port: 1, rules: [{keep: true, label: a}]}')).toEqual([]);
  });

  it.each([
    ['an unknown field', '{port: 1, prot: 2}', 'spec'],
    ['a missing field', '{}', 'spec'],
    ['a missing field that the API server would fill in', '{port: 1, rules: [{label: a}]}', 'spec.rules[0]'],
    ['a wrong value', '{port: 1, scheme: ftp}', 'spec.scheme'],
    ['a value that does not match', '{port: 1, path: metrics}', 'spec.path'],
    ['a wrong type in a map', '{port: 1, labels: {a: 1}}', 'spec.labels.a'],
  ])('is refused for %s', (_what, spec, path) => {
    expect(monitor(spec)).toContainEqual(expect.objectContaining({ object: 'Monitor m', path }));
  });

  it('has checked metadata too', () => {
    const found = check('{apiVersion: example.org/v1, kind: Monitor, metadata: {name: m, label: {}}, spec: {port: 1}}');
    expect(found).toContainEqual(expect.objectContaining({ path: 'metadata.label' }));
  });
});

describe('the types of the API', () => {
  const types = loadKubernetesTypes();
  const reached = reachable(types);

  it('are those of the kinds that cdk8s renders', () => {
    expect(types.kind('apps/v1', 'Deployment')?.name).toBe('io.k8s.api.apps.v1.Deployment');
    expect(types.kind('networking.k8s.io/v1', 'NetworkPolicy')).toBeDefined();
    expect(types.kind('extensions/v1beta1', 'Deployment')).toBeUndefined();
  });

  it('carry names as YAML has them, not as TypeScript does', () => {
    const spec = types.type('cdk8s-plus-28.k8s.ServiceSpec');
    expect(spec.fields.has('clusterIP')).toBe(true);
    expect(spec.fields.has('clusterIp')).toBe(false);
  });

  it('have the fields that the Kubernetes client library has, which was generated from the same API by other means', () => {
    const classes = client as unknown as Readonly<Record<string, ClientClass | undefined>>;
    const differences = reached.flatMap(({ name, fields }) => {
      const [, version = '', short = ''] = /\.v(\w+)\.(\w+)$/.exec(name) ?? [];
      const known = classes[`V${version}${short}`]?.getAttributeTypeMap().map(({ baseName }) => baseName);
      // What the cluster writes is no part of what is rendered.
      const rendered = known?.filter((field) => field !== 'status' || !known.includes('spec'));
      return rendered?.toSorted().join() === Array.from(fields.keys()).toSorted().join() ? [] : [name];
    });
    expect(reached.length).toBeGreaterThan(100);
    expect(differences).toEqual([]);
  });

  it('contain every type and field that the tables of values speak of', () => {
    const deployed = new Set(
      reached.flatMap(({ name, fields }) => Array.from(fields.keys(), (field) => `${name}#${field}`)),
    );
    const missing = [
      ...Object.keys(enumerations),
      ...Object.entries(alternatives).flatMap(([type, { fields }]) => fields.map((field) => `${type}#${field}`)),
      ...Object.entries(choices).flatMap(([type, fields]) => fields.map((field) => `${type}#${field}`)),
    ].filter((name) => !deployed.has(name));
    expect(missing).toEqual([]);
  });
});

interface ClientClass {
  readonly getAttributeTypeMap: () => readonly { readonly baseName: string }[];
}

/** Every type that some kind of those a platform renders contains. */
function reachable(types: ReturnType<typeof loadKubernetesTypes>): readonly ObjectType[] {
  const roots = [
    'v1 ConfigMap',
    'v1 Service',
    'v1 PersistentVolume',
    'v1 Node',
    'apps/v1 Deployment',
    'apps/v1 StatefulSet',
    'apps/v1 DaemonSet',
    'batch/v1 CronJob',
    'autoscaling/v2 HorizontalPodAutoscaler',
    'networking.k8s.io/v1 NetworkPolicy',
    'networking.k8s.io/v1 Ingress',
    'policy/v1 PodDisruptionBudget',
    'rbac.authorization.k8s.io/v1 RoleBinding',
    'scheduling.k8s.io/v1 PriorityClass',
    'storage.k8s.io/v1 StorageClass',
  ];
  const found = new Map<string, ObjectType>();
  const visit = (type: ObjectType): void => {
    if (found.has(type.name)) return;
    found.set(type.name, type);
    for (const { shape } of type.fields.values()) {
      let inner = shape;
      while (inner.is === 'list' || inner.is === 'map') inner = inner.of;
      if (inner.is === 'object') visit(types.type(inner.type));
    }
  };
  for (const root of roots) {
    const [apiVersion = '', kind = ''] = root.split(' ');
    const type = types.kind(apiVersion, kind);
    if (type === undefined) throw new Error(`there is no ${root}`);
    visit(type);
  }
  return Array.from(found.values());
}

describe('A version of Kubernetes that an environment names', () => {
  const near = (kubernetes?: string) => {
    const app = testApp(defined({ kubernetes }));
    const store = new ObjectStore(app.chart('storage'), 'store');
    store.override('Service/store', (object) => ({
      ...object,
      spec: { ...(object.spec as object), trafficDistribution: 'PreferClose' },
    }));
    return violationsOf(app);
  };

  it('has the fields that came with it, where they are put', () => {
    expect(near('1.33')).toEqual([]);
    expect(near()).toEqual(['Service storage/store: spec.trafficDistribution: is not a field of ServiceSpec [schema]']);
  });

  it('is one whose types are installed', () => {
    expect(() => near('1.29')).toThrow('npm install --save-dev cdk8s-plus-29');
    expect(() => near('latest')).toThrow('kubernetes is "latest", which is not a minor version such as 1.33');
  });
});
