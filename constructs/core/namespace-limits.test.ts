import { Size } from 'cdk8s';
import { images } from '../images';
import { podTemplateOf, renderApp, testApp, violationsOf, type RenderedObject } from '../testing';
import { ConfigFile } from './config-file';
import { DaemonSet } from './daemon-set';
import { Deployment, type DeploymentProps } from './deployment';
import { CronJob } from './job';
import type { NamespaceLimitsProps } from './namespace-limits';
import { override } from './override';
import type { PlatformAppProps } from './platform-app';
import { PlatformJob } from './platform-job';
import { StatefulSet } from './stateful-set';
import { minimalWorkload } from './workload.testing';

const resources = { cpu: '500m', memory: '1Gi', memoryLimit: '2Gi' };
const one = (name: string) => ({
  ...minimalWorkload,
  name,
  instance: name,
  container: { image: images.tempo, resources },
});
/** None of them is asked whether it is well. */
const unprobed = { except: ['probes-set'] };
const exact: NamespaceLimitsProps = { headroomPercent: 0 };

/** An app with workloads in the namespace `storage`. */
function render(
  namespaceLimits: NamespaceLimitsProps,
  build: (chart: ReturnType<ReturnType<typeof testApp>['chart']>) => void,
  props: Partial<PlatformAppProps> = {},
) {
  const app = testApp({ namespaceLimits, ...props });
  build(app.chart('storage'));
  return app;
}

function limitsOf(app: ReturnType<typeof testApp>, namespace = 'storage') {
  const objects = renderApp(app) as readonly RenderedObject[];
  const specOf = (kind: string) =>
    objects.find((each) => each.kind === kind && each.metadata.namespace === namespace)?.spec;
  return { quota: specOf('ResourceQuota')?.hard, range: specOf('LimitRange')?.limits };
}

const quota = (props: Partial<DeploymentProps>) =>
  limitsOf(render(exact, (chart) => new Deployment(chart, 'web', { ...one('web'), ...props }))).quota;

describe('The quota of a namespace', () => {
  it('counts each new pod of a rollout, and the old one until it has ended', () => {
    expect(quota({ replicas: 2 })).toEqual({
      'requests.cpu': '2',
      'requests.memory': '4Gi',
      'limits.memory': '8Gi',
      pods: '4',
      persistentvolumeclaims: '0',
      'requests.storage': '0',
    });
    // One that has just gone counts until the server has noticed.
    expect(quota({ replicas: 1, recreate: true })).toMatchObject({ pods: '2', 'requests.cpu': '1' });
  });

  it('counts as many pods as an autoscaler may want', () => {
    const autoscaler = { minReplicas: 1, maxReplicas: 6, cpuPercent: 60 };
    expect(quota({ autoscaler })).toMatchObject({ pods: '8', 'requests.cpu': '4' });
  });

  it('counts a pod as the API server does: what runs together, or the largest step before it', () => {
    const small = { image: images.tempo, resources: { cpu: '100m', memory: '512Mi' } };
    const large = { image: images.tempo, resources: { cpu: '2', memory: '512Mi' } };
    expect(quota({ recreate: true, sidecars: [{ name: 'helper', ...small }], initContainers: [large] })).toMatchObject({
      // Of two pods.
      'requests.cpu': '4',
      'requests.memory': '3Gi',
      'limits.memory': '5Gi',
    });
  });

  it('counts volumes of each replica', () => {
    const app = render(exact, (chart) => {
      new StatefulSet(chart, 'db', { ...one('db'), replicas: 3 }).addClaim('data', { size: Size.gibibytes(5) });
      new Deployment(chart, 'web', one('web')).addClaim('cache', { size: Size.gibibytes(1) });
    });
    expect(limitsOf(app).quota).toMatchObject({ pods: '6', persistentvolumeclaims: '4', 'requests.storage': '16Gi' });
  });

  it('counts Jobs, those that are made by hand of a schedule too', () => {
    const app = render(exact, (chart) => {
      new PlatformJob(chart, 'setup', {
        name: 'setup',
        instance: 'setup',
        job: 'credentials',
        file: ConfigFile.json('job.json', () => ({})),
      });
      new CronJob(chart, 'nightly', { ...one('nightly'), schedule: '0 3 * * *' });
    });
    expect(limitsOf(app).quota).toMatchObject({ pods: '3', 'requests.cpu': '1025m' });
  });

  it('counts a pod of an agent for each node and those that a rollout replaces, for which it has to know how many nodes there are', () => {
    const agent = (props: NamespaceLimitsProps) =>
      render(props, (chart) => new DaemonSet(chart, 'agent', one('agent')));
    expect(limitsOf(agent({ ...exact, nodes: 5 })).quota).toMatchObject({ pods: '6', 'requests.cpu': '3' });
    expect(() => renderApp(agent(exact))).toThrow(
      'namespaceLimits.nodes is undefined, which is not how many nodes there may be, each with a pod of DaemonSet/agent',
    );
  });

  it('counts what is changed after it was made, too', () => {
    const app = render(exact, (chart) => {
      const web = new StatefulSet(chart, 'web', one('web'));
      override(web, 'StatefulSet', (object) => ({ ...object, spec: { ...(object.spec as object), replicas: 3 } }));
    });
    expect(limitsOf(app).quota).toMatchObject({ pods: '4' });
  });

  it('leaves a fifth for what somebody starts by hand', () => {
    const { quota: hard } = limitsOf(render({}, (chart) => new StatefulSet(chart, 'web', one('web'))));
    expect(hard).toMatchObject({ 'requests.cpu': '1200m', 'requests.memory': '2458Mi', pods: '3' });
  });

  it('may be larger than what is rendered, and not smaller: the error says by whom', () => {
    const app = (cpu: string) =>
      render({ ...exact, quotas: { storage: { cpu } } }, (chart) => {
        new StatefulSet(chart, 'db', { ...one('db'), replicas: 3 });
        new StatefulSet(chart, 'web', one('web'));
      });
    expect(limitsOf(app('3')).quota).toMatchObject({ 'requests.cpu': '3' });
    expect(limitsOf(app('8')).quota).toMatchObject({ 'requests.cpu': '8', 'requests.memory': '6Gi' });
    expect(() => renderApp(app('2900m'))).toThrow(
      'QuotaTooSmallError: the quota of storage is requests.cpu 2900m, and what is in it may ask for 3 together, rollouts and autoscalers counted: ' +
        'StatefulSet/db 2, StatefulSet/web 1',
    );
  });

  it('is of a namespace that there is', () => {
    expect(() => testApp({ namespaceLimits: { quotas: { nowhere: { cpu: '1' } } } })).toThrow(
      'there is no namespace nowhere',
    );
    expect(() => testApp({ namespaceLimits: { headroomPercent: -1 } })).toThrow('headroomPercent is -1');
    expect(() => testApp({ namespaceLimits: { nodes: 0 } })).toThrow('nodes is 0');
  });
});

describe('The range of a namespace', () => {
  it('gives something to containers that ask for nothing, no limit of CPU, and lets none have more memory than the largest', () => {
    const app = render({}, (chart) => new StatefulSet(chart, 'web', one('web')));
    const nothingAsked = { defaultRequest: { cpu: '50m', memory: '64Mi' }, default: { memory: '256Mi' } };
    expect(limitsOf(app).range).toEqual([{ type: 'Container', ...nothingAsked, max: { memory: '2Gi' } }]);
    expect(limitsOf(app, 'metrics').range).toEqual([{ type: 'Container', ...nothingAsked, max: { memory: '256Mi' } }]);
    expect(violationsOf(app, unprobed)).toEqual([]);
  });

  it('is only where the environment asks for it', () => {
    const kinds = renderApp(testApp()).map(({ kind }) => kind);
    for (const kind of ['ResourceQuota', 'LimitRange', 'PriorityClass']) expect(kinds).not.toContain(kind);
  });
});

describe('Priority classes', () => {
  const classes = (props: Partial<PlatformAppProps>) => {
    const app = render(
      { nodes: 1 },
      (chart) => {
        new StatefulSet(chart, 'broker', { ...one('broker'), role: 'broker' });
        new Deployment(chart, 'web', one('web'));
        new Deployment(chart, 'own', { ...one('own'), priorityClass: 'system-cluster-critical' });
        new DaemonSet(chart, 'agent', { ...one('agent'), role: 'log-agent' });
      },
      props,
    );
    const objects = renderApp(app);
    const of = (kind: string, name: string) => podTemplateOf(objects, kind, name).spec.priorityClassName;
    return {
      app,
      made: objects.filter(({ kind }) => kind === 'PriorityClass'),
      used: [of('StatefulSet', 'broker'), of('Deployment', 'web'), of('Deployment', 'own'), of('DaemonSet', 'agent')],
    };
  };

  it('are of pods by what they are in the platform, unless a component says another', () => {
    const { app, made, used } = classes({ priorities: {} });
    expect(used).toEqual(['plumbline-critical', 'plumbline-standard', 'system-cluster-critical', 'plumbline-agents']);
    expect(made.map(({ metadata, value, preemptionPolicy }) => [metadata.name, value, preemptionPolicy])).toEqual([
      ['plumbline-critical', 1_000_000, 'PreemptLowerPriority'],
      ['plumbline-agents', 500_000, 'PreemptLowerPriority'],
      ['plumbline-standard', 100_000, 'Never'],
    ]);
    expect(violationsOf(app, unprobed)).toEqual([]);
  });

  it('may be somebody else’s, by their names', () => {
    const { app, made, used } = classes({ priorities: { names: { critical: 'gold' }, existing: true } });
    expect(used).toContain('gold');
    expect(made).toEqual([]);
    expect(violationsOf(app, unprobed)).toContainEqual(expect.stringContaining('there is no PriorityClass gold'));
  });

  it('are none where the environment has none', () => {
    expect(classes({}).used).toEqual([undefined, undefined, 'system-cluster-critical', undefined]);
  });
});
