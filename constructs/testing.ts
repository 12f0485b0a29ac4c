import { App, Chart, Yaml } from 'cdk8s';
import type { PlacementProps } from './core/placement';
import { Platform } from './core/platform';
import { PlatformApp, type PlatformAppProps } from './core/platform-app';
import { checkAll, describeViolation, type KubeObject } from './invariants';

export { exceptionsOf } from './invariants';
export type { Exception } from './invariants';

/** Objects that `build` makes in a chart of somebody else's app, in the namespace `test`. */
export function renderChart(build: (chart: Chart) => void): readonly KubeObject[] {
  const app = new App({ outdir: 'never-written' });
  const chart = new Chart(app, 'test', { namespace: 'test', disableResourceNameHashes: true });
  build(chart);
  return app.charts.flatMap((each) => each.toJson() as KubeObject[]);
}

/** Concerns of {@link testApp}. */
export const testConcerns = [
  'alerting',
  'anomaly',
  'caches',
  'collection',
  'credentials',
  'databases',
  'examples',
  'learning',
  'logs',
  'metrics',
  'network',
  'nodes',
  'operations',
  'storage',
  'streaming',
  'tracing',
  'visualization',
  'workloads',
] as const;

/** An app with a namespace of its own for each concern. */
export function testApp(props: Partial<PlatformAppProps> = {}): PlatformApp {
  return new PlatformApp({
    name: 'test',
    outdir: 'never-written',
    namespaces: Object.fromEntries(testConcerns.map((concern) => [concern, concern])),
    ...props,
  });
}

/** Every object of an app, as it would be written. */
export function renderApp(app: App): readonly KubeObject[] {
  return app.charts.flatMap((chart) => chart.toJson() as KubeObject[]);
}

/** @throws if there is not exactly one; the name of a Job may be given without its hash */
export function objectOf(objects: readonly KubeObject[], kind: string, name: string): RenderedObject {
  const found = objects.filter(
    (object) =>
      object.kind === kind &&
      (kind === 'Job' ? object.metadata.name.replace(/-[0-9a-f]{10}$/, '') : object.metadata.name) === name,
  );
  if (found.length !== 1) throw new Error(`there are ${found.length} ${kind} ${name}`);
  return found[0] as RenderedObject;
}

/** The parts of an object that tests look at; which of them there are depends on its kind. */
export interface RenderedObject extends KubeObject {
  readonly spec: RenderedSpec;
  readonly data: Readonly<Record<string, string>>;
}

export interface RenderedSpec {
  readonly template: PodTemplate;
  readonly ports: readonly { readonly name: string; readonly port: number }[];
  readonly ingress: readonly object[];
  readonly egress: readonly object[];
  readonly volumeClaimTemplates: readonly { readonly spec: ClaimSpec }[];
  readonly [field: string]: unknown;
}

export interface ClaimSpec {
  readonly storageClassName?: string;
  readonly resources: { readonly requests: { readonly storage: string } };
}

export interface PodTemplate {
  readonly metadata: { readonly labels: Record<string, string>; readonly annotations?: Record<string, string> };
  readonly spec: {
    readonly containers: readonly TestContainer[];
    readonly initContainers?: readonly TestContainer[];
    readonly [field: string]: unknown;
  };
}

export interface TestContainer {
  readonly name: string;
  readonly image: string;
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value?: string; readonly valueFrom?: unknown }[];
  readonly [field: string]: unknown;
}

/** The pod template of a controller. */
export function podTemplateOf(objects: readonly KubeObject[], kind: string, name: string): PodTemplate {
  const { spec } = objectOf(objects, kind, name);
  if (kind !== 'CronJob') return spec.template;
  return (spec.jobTemplate as { readonly spec: Pick<RenderedSpec, 'template'> }).spec.template;
}

/** The main container of a controller. */
export function containerOf(objects: readonly KubeObject[], kind: string, name: string): TestContainer {
  const [container] = podTemplateOf(objects, kind, name).spec.containers;
  if (container === undefined) throw new Error(`${kind} ${name} has no container`);
  return container;
}

/** Literal values of the main container's environment. */
export function envOf(objects: readonly KubeObject[], kind: string, name: string): Record<string, string | undefined> {
  return Object.fromEntries((containerOf(objects, kind, name).env ?? []).map((each) => [each.name, each.value]));
}

/** The text of a file in a ConfigMap. */
export function fileOf(objects: readonly KubeObject[], configMap: string, key: string): string {
  const text = objectOf(objects, 'ConfigMap', configMap).data[key];
  if (text === undefined) throw new Error(`ConfigMap ${configMap} has no ${key}`);
  return text;
}

/** What a check takes for granted, and leaves out. */
export interface CheckOptions {
  /** Objects that are in the cluster and not in the app. @default - none */
  readonly given?: readonly KubeObject[];
  /** Ids of invariants that do not have to hold, such as `default-deny` where policies are somebody else's. @default - none */
  readonly except?: readonly string[];
}

/** A Secret that somebody else makes, whatever is in it. */
export function givenSecret(namespace: string, name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
}

/** A namespace that is there, restricted and with every connection denied, as those of the platform are. */
export function givenNamespace(name: string): readonly KubeObject[] {
  const labels = { 'kubernetes.io/metadata.name': name, 'pod-security.kubernetes.io/enforce': 'restricted' };
  const spec = { podSelector: {}, policyTypes: ['Ingress', 'Egress'] };
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'given-default-deny', namespace: name },
      spec,
    },
  ];
}

/** What invariants an app breaks, a line each; its fields are checked against the version of Kubernetes that it names. */
export function violationsOf(app: App, { given = [], except = [] }: CheckOptions = {}): readonly string[] {
  const { kubernetes } = Platform.of(app);
  return checkAll([...renderApp(app), ...given], [], except, kubernetes).map(describeViolation);
}

/** Props that are a construct's own: what all have in common, where pods are placed and the like, has a test of its own. */
export type OwnProps<T> = Required<Omit<T, keyof PlacementProps | 'config' | 'team'>>;

/** For snapshots: YAML as it would be written. */
export function asYaml(objects: readonly KubeObject[]): string {
  return Yaml.stringify(...objects);
}
