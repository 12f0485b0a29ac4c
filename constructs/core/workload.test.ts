import { Duration, Size } from 'cdk8s';
import { images } from '../images';
import {
  asYaml,
  containerOf,
  objectOf,
  podTemplateOf,
  renderChart,
  testApp,
  renderApp,
  violationsOf,
} from '../testing';
import { ConfigFile } from './config-file';
import { DaemonSet } from './daemon-set';
import { defined } from './defined';
import { Deployment, type DeploymentProps } from './deployment';
import { PodField } from './env-source';
import { CronJob, Job } from './job';
import { Probe } from './probe';
import { SecurityProfile } from './security-profile';
import { StatefulSet } from './stateful-set';
import type { WorkloadProps } from './workload';
import { deployment, minimalWorkload as minimal } from './workload.testing';

const everything: Required<Omit<DeploymentProps, 'pod'>> = {
  ...minimal,
  role: 'frontend',
  replicas: 2,
  quorum: false,
  maxUnavailable: 1,
  spread: { nodes: 'preferred', zones: 'preferred' },
  autoscaler: {
    minReplicas: 2,
    maxReplicas: 5,
    cpuPercent: 70,
    memoryPercent: 80,
    behavior: { scaleUp: { stabilizationWindowSeconds: 30 } },
  },
  recreate: false,
  profile: SecurityProfile.restricted,
  runAs: { user: 1000, group: 2000, ownsVolumes: false, pings: true },
  gracePeriod: Duration.seconds(45),
  nodeSelector: { disk: 'ssd' },
  tolerations: [{ key: 'dedicated', operator: 'Equal', value: 'shop', effect: 'NoSchedule' }],
  priorityClass: 'important',
  labels: { team: 'checkout' },
  initContainers: [{ name: 'prepare', image: images.tempo, resources: { cpu: '10m', memory: '16Mi' } }],
  sidecars: [{ name: 'helper', image: images.tempo, resources: { cpu: '10m', memory: '16Mi' } }],
  container: {
    name: 'server',
    image: images.tempo,
    imageOverride: 'example.org/web:1.2.3',
    command: ['/web'],
    args: ['--verbose'],
    env: { COLOUR: 'blue' },
    envFrom: { POD_NAME: PodField.podName },
    resources: { cpu: '100m', cpuLimit: '1', memory: '64Mi', memoryLimit: '128Mi' },
    readiness: Probe.http('http', '/ready'),
    liveness: Probe.tcp('http'),
    startup: Probe.command(['/web', 'check']),
    writableRoot: true,
    lifecycle: { preStop: { exec: { command: ['/web', 'drain'] } } },
  },
};

describe('A workload', () => {
  it('needs little', () => {
    const objects = renderChart(deployment());
    expect(objects.map(({ kind }) => kind).sort()).toEqual([
      'Deployment',
      'NetworkPolicy',
      'PodDisruptionBudget',
      'ServiceAccount',
    ]);
    expect(asYaml(objects)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { replicas: _, ...props } = everything;
    const objects = renderChart((chart) => {
      new Deployment(chart, 'web', props).listen('http', 8080);
    });
    expect(podTemplateOf(objects, 'Deployment', 'web').spec).toMatchObject({
      nodeSelector: { disk: 'ssd' },
      priorityClassName: 'important',
      terminationGracePeriodSeconds: 45,
    });
    expect(asYaml(objects)).toMatchSnapshot();
  });

  it('meets the restricted Pod Security Standard and cannot write to its root', () => {
    const { spec } = podTemplateOf(renderChart(deployment()), 'Deployment', 'web');
    expect(spec.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
    expect(spec.containers[0]?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    expect(spec.automountServiceAccountToken).toBe(false);
  });

  it('may ping without any capability, where it is said, and meets that standard all the same', () => {
    const { spec } = podTemplateOf(
      renderChart(deployment({ runAs: { user: 1000, pings: true } })),
      'Deployment',
      'web',
    );
    expect(spec.securityContext).toMatchObject({
      sysctls: [{ name: 'net.ipv4.ping_group_range', value: '1000 1000' }],
    });
    expect(spec.containers[0]?.securityContext).toMatchObject({ capabilities: { drop: ['ALL'] } });
    const app = testApp();
    deployment({ runAs: { user: 1000, pings: true } })(app.chart('metrics'));
    expect(violationsOf(app).filter((text) => text.includes('sysctl'))).toEqual([]);
  });

  it('has helpers beside it, which see its volumes where that is said and have none of its profile', () => {
    const helper = { name: 'helper', image: images.tempo, resources: { cpu: '10m', memory: '16Mi' } };
    const profile = SecurityProfile.baseline({ reason: 'it binds a low port', capabilities: ['NET_BIND_SERVICE'] });
    const objects = renderChart((chart) => {
      const web = deployment({ profile, sidecars: [helper] })(chart);
      web.mount(web.addScratch('cache', Size.mebibytes(8)), '/cache', { containers: ['web', 'helper'] });
    });
    const [main, beside] = podTemplateOf(objects, 'Deployment', 'web').spec.containers;
    expect(main?.securityContext).toMatchObject({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE'] } });
    expect(beside).toMatchObject({ name: 'helper', volumeMounts: [{ name: 'cache', mountPath: '/cache' }] });
    expect(beside?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      capabilities: { drop: ['ALL'] },
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      seccompProfile: { type: 'RuntimeDefault' },
    });
  });

  it('is selected by name and instance and nothing else', () => {
    const objects = renderChart(deployment({ labels: { team: 'checkout' }, role: 'frontend' }));
    const selector = { 'app.kubernetes.io/name': 'web', 'app.kubernetes.io/instance': 'shop' };
    expect(objectOf(objects, 'Deployment', 'web').spec).toMatchObject({ selector: { matchLabels: selector } });
    expect(objectOf(objects, 'NetworkPolicy', 'web').spec).toMatchObject({ podSelector: { matchLabels: selector } });
    expect(objectOf(objects, 'PodDisruptionBudget', 'web').spec).toMatchObject({ selector: { matchLabels: selector } });
    expect(podTemplateOf(objects, 'Deployment', 'web').metadata.labels).toMatchObject({
      ...selector,
      team: 'checkout',
    });
  });

  it('leaves its replicas to its autoscaler, which removes them slowly, and spreads what may become many', () => {
    const objects = renderChart(deployment({ autoscaler: { minReplicas: 2, maxReplicas: 5, cpuPercent: 70 } }));
    expect(objectOf(objects, 'HorizontalPodAutoscaler', 'web').spec.behavior).toEqual({
      scaleDown: { stabilizationWindowSeconds: 300, policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] },
    });
    expect(objectOf(objects, 'Deployment', 'web').spec).not.toHaveProperty('replicas');
    expect(objectOf(objects, 'HorizontalPodAutoscaler', 'web').spec).toMatchObject({ minReplicas: 2, maxReplicas: 5 });
    expect(podTemplateOf(objects, 'Deployment', 'web').spec.topologySpreadConstraints).toHaveLength(2);
  });

  it('restarts its pods when a file changes that they read, however late it is known', () => {
    const hashOf = (level: string) => {
      const objects = renderChart((chart) => {
        const settings = { level: 'info' };
        const web = new Deployment(chart, 'web', minimal);
        web.mount(web.addConfig('config', [ConfigFile.yaml('web.yaml', () => settings)]), '/etc/web');
        settings.level = level;
      });
      expect(objectOf(objects, 'ConfigMap', 'web-config').data).toEqual({
        'web.yaml': `level: ${level}\n`,
      });
      return podTemplateOf(objects, 'Deployment', 'web').metadata.annotations?.['plumbline.dev/config-hash'];
    };
    expect(hashOf('debug')).toMatch(/^[0-9a-f]{10}$/);
    expect(hashOf('debug')).toBe(hashOf('debug'));
    expect(hashOf('debug')).not.toBe(hashOf('warn'));
  });

  it('keeps its pods where the program reads a file again when it changes', () => {
    const annotationsOf = (level: string) =>
      podTemplateOf(
        renderChart((chart) => {
          const web = new Deployment(chart, 'web', minimal);
          const rules = web.addConfig('rules', [ConfigFile.yaml('rules.yaml', () => ({ level }))], { reload: true });
          web.mount(rules, '/etc/web/rules');
          web.mount(web.addConfig('config', [ConfigFile.yaml('web.yaml', () => ({}))]), '/etc/web/config');
        }),
        'Deployment',
        'web',
      ).metadata.annotations;
    expect(annotationsOf('debug')).toEqual(annotationsOf('warn'));
    expect(annotationsOf('debug')).toHaveProperty(['plumbline.dev/config-hash']);
  });

  it('replaces rather than rolls pods that share a claim', () => {
    const objects = renderChart((chart) => {
      const web = new Deployment(chart, 'web', minimal);
      web.mount(web.addClaim('data', { size: Size.gibibytes(1), storageClass: 'fast' }), '/data');
    });
    expect(objectOf(objects, 'Deployment', 'web').spec).toMatchObject({ strategy: { type: 'Recreate' } });
    expect(objectOf(objects, 'PersistentVolumeClaim', 'web-data').spec).toMatchObject({
      storageClassName: 'fast',
      resources: { requests: { storage: '1Gi' } },
    });
  });

  it('takes placement, labels, storage class and registry from its environment', () => {
    const app = testApp({
      labels: { site: 'berlin' },
      imageRegistry: 'registry.example.org/mirror/',
      cluster: { storageClass: 'slow', nodeSelector: { pool: 'obs' }, tolerations: [{ operator: 'Exists' }] },
    });
    const web = new StatefulSet(app.chart('metrics'), 'web', { ...minimal, nodeSelector: { disk: 'ssd' } });
    web.mount(web.addClaim('data', { size: Size.mebibytes(1500) }), '/data');
    const objects = renderApp(app);
    expect(podTemplateOf(objects, 'StatefulSet', 'web').spec).toMatchObject({
      nodeSelector: { pool: 'obs', disk: 'ssd' },
      tolerations: [{ operator: 'Exists' }],
    });
    expect(containerOf(objects, 'StatefulSet', 'web').image).toBe('registry.example.org/mirror/grafana/tempo:2.8.4');
    expect(objectOf(objects, 'StatefulSet', 'web')).toMatchObject({
      metadata: { labels: { site: 'berlin' } },
      spec: {
        volumeClaimTemplates: [{ spec: { storageClassName: 'slow', resources: { requests: { storage: '1500Mi' } } } }],
      },
    });
  });

  it('gets rights in the Kubernetes API together with a token and the way to it', () => {
    const app = testApp();
    const web = new Job(app.chart('metrics'), 'web', minimal);
    web.grantApi('tracing', [{ apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }]);
    const objects = renderApp(app);
    expect(objectOf(objects, 'RoleBinding', 'web')).toMatchObject({
      metadata: { namespace: 'tracing' },
      subjects: [{ kind: 'ServiceAccount', name: 'web', namespace: 'metrics' }],
    });
    expect(podTemplateOf(objects, 'Job', 'web').spec.automountServiceAccountToken).toBe(true);
    expect(violationsOf(app)).toEqual([]);
  });
});

describe('A stateful set', () => {
  it('writes claim templates with apiVersion and kind, without which Argo CD never sees it in sync', () => {
    const objects = renderChart((chart) => {
      const web = new StatefulSet(chart, 'web', { ...minimal, parallel: true });
      web.mount(web.addClaim('data', { size: Size.gibibytes(2) }), '/data');
    });
    expect(objectOf(objects, 'StatefulSet', 'web').spec).toMatchObject({
      podManagementPolicy: 'Parallel',
      serviceName: 'web-headless',
      volumeClaimTemplates: [{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { name: 'data' } }],
    });
    expect(objectOf(objects, 'Service', 'web-headless').spec).toMatchObject({
      clusterIP: 'None',
      publishNotReadyAddresses: true,
    });
  });
});

describe('A job', () => {
  const nameOf = (props: Partial<WorkloadProps>) =>
    renderChart((chart) => {
      new Job(chart, 'job', { ...minimal, ...props });
    }).find(({ kind }) => kind === 'Job')?.metadata.name;

  it('has a name that changes with what it does, because it could not be changed under its name', () => {
    expect(nameOf({})).toMatch(/^web-[0-9a-f]{10}$/);
    expect(nameOf({})).toBe(nameOf({}));
    expect(nameOf({ priorityClass: 'other' })).not.toBe(nameOf({}));
  });

  it('runs at set times, never two at once and none an hour late, as a cron job', () => {
    const objects = renderChart((chart) => new CronJob(chart, 'job', { ...minimal, schedule: '0 3 * * 0' }));
    expect(objectOf(objects, 'CronJob', 'web').spec).toMatchObject({
      schedule: '0 3 * * 0',
      concurrencyPolicy: 'Forbid',
      startingDeadlineSeconds: 3600,
    });
  });
});

describe('A daemon set', () => {
  it('has no disruption budget, which drains would ignore', () => {
    const objects = renderChart((chart) => new DaemonSet(chart, 'agent', minimal));
    expect(objects.map(({ kind }) => kind).sort()).toEqual(['DaemonSet', 'NetworkPolicy', 'ServiceAccount']);
  });
});

describe('Replicas', () => {
  const placed = (spread: DeploymentProps['spread'], replicas = 2) => {
    const objects = renderChart(deployment({ replicas, ...defined({ spread }) }));
    const { affinity, topologySpreadConstraints } = podTemplateOf(objects, 'Deployment', 'web').spec;
    const constraints = (topologySpreadConstraints ?? []) as readonly Record<string, string>[];
    return { affinity, constraints: constraints.map((each) => [each.topologyKey, each.whenUnsatisfiable]) };
  };

  it('are spread over nodes and zones where that can be, and apart where they are to be', () => {
    expect(placed(undefined)).toEqual({
      affinity: undefined,
      constraints: [
        ['kubernetes.io/hostname', 'ScheduleAnyway'],
        ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ],
    });
    const { affinity, constraints } = placed({ nodes: 'required', zones: 'required' });
    expect(constraints).toEqual([['topology.kubernetes.io/zone', 'DoNotSchedule']]);
    expect(affinity).toMatchObject({
      podAntiAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'kubernetes.io/hostname' }],
      },
    });
  });

  it('are nothing to be kept apart where there is one', () => {
    expect(placed({ nodes: 'required', zones: 'required' }, 1)).toEqual({ affinity: undefined, constraints: [] });
  });
});

describe('A workload that votes', () => {
  it.each([
    [1, 1],
    [3, 1],
    [5, 2],
  ])('of %d pods lets %d be moved at once', (replicas, maxUnavailable) => {
    const objects = renderChart(deployment({ replicas, quorum: true, maxUnavailable }));
    expect(objectOf(objects, 'PodDisruptionBudget', 'web').spec).toMatchObject({ maxUnavailable });
  });
});
