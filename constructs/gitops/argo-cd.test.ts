import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chart, Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Deployment } from '../core/deployment';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { PlatformApp } from '../core/platform-app';
import { DemoShop } from '../examples/demo-shop';
import { images } from '../images';
import { checkAll, describeViolation, readDefinitions, type KubeObject } from '../invariants';
import { ObjectStore } from '../storage/object-store';
import { renderApp, renderChart, testApp } from '../testing';
import { ArgoCd, type ArgoCdProps } from './argo-cd';

const repository = { url: 'https://git.example.org/team/plumbline.git' };
const definitions = readDefinitions(join(__dirname, '..', '..', 'imports', 'crds'));

interface Spec {
  readonly project: string;
  readonly source: Readonly<Record<string, unknown>> & { readonly directory: { readonly include: string } };
  readonly destination: Readonly<Record<string, string>>;
  readonly syncPolicy: object;
}

interface ProjectSpec {
  readonly sourceRepos: readonly string[];
  readonly destinations: readonly { readonly namespace: string; readonly server: string }[];
  readonly clusterResourceWhitelist: readonly GroupKind[];
  readonly namespaceResourceWhitelist: readonly GroupKind[];
}

interface Specs {
  readonly Application: Spec;
  readonly AppProject: ProjectSpec;
}

interface GroupKind {
  readonly group: string;
  readonly kind: string;
}

function environment(): PlatformApp {
  const app = testApp({ name: 'prod', namespaces: { storage: 'lake', credentials: 'lake', streaming: 'bus' } });
  new ObjectStore(app.chart('storage'), 'objects').bucket('models');
  return app;
}

function render(app = environment(), props: Partial<ArgoCdProps> = {}) {
  const objects = renderApp(new ArgoCd(app, { repository, ...props }));
  const specOf = <Kind extends keyof Specs>(kind: Kind, name: string): Specs[Kind] => {
    const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found === undefined) throw new Error(`no ${kind} ${name}`);
    return found.spec as Specs[Kind];
  };
  return { objects, specOf };
}

const names = (kinds: readonly GroupKind[]) =>
  kinds.map(({ group, kind }) => (group === '' ? kind : `${group}/${kind}`));

describe('An environment for Argo CD', () => {
  const { objects, specOf } = render();

  it('has an Application for each of its files that has objects, in waves', () => {
    const waves = objects
      .filter(({ kind, metadata }) => kind === 'Application' && metadata.annotations !== undefined)
      .map(({ metadata, spec }) => [
        metadata.name,
        metadata.annotations?.['argocd.argoproj.io/sync-wave'],
        (spec as Spec).source.directory.include,
      ]);
    expect(waves).toEqual([
      ['plumbline-prod-namespaces', '-8', '00-namespaces.k8s.yaml'],
      ['plumbline-prod-storage', '-6', 'storage.k8s.yaml'],
      ['plumbline-prod-credentials', '-7', 'credentials.k8s.yaml'],
    ]);
  });

  it('reads the files where they are in the repository', () => {
    expect(specOf('Application', 'plumbline-prod-storage').source).toEqual({
      repoURL: repository.url,
      targetRevision: 'main',
      path: 'dist/prod',
      directory: { include: 'storage.k8s.yaml' },
    });
    expect(specOf('Application', 'plumbline-prod').source).toEqual({
      repoURL: repository.url,
      targetRevision: 'main',
      path: 'dist/argocd/prod',
      directory: { include: 'applications.k8s.yaml' },
    });
  });

  it('is written beside the environment, in the file that its root reads', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'argo-cd-'));
    const app = testApp({ name: 'prod', outdir, namespaces: { storage: 'lake', credentials: 'lake' } });
    new ObjectStore(app.chart('storage'), 'objects').bucket('models');
    new ArgoCd(app, { repository: { ...repository, path: '.' } }).synth();
    const { source } = specOf('Application', 'plumbline-prod');
    const text = readFileSync(join(outdir, 'argocd', 'prod', source.directory.include), 'utf8');
    expect(text).toContain('name: plumbline-prod-storage');
  });

  it('is kept as it is in the repository: drift is undone, what is gone is removed, errors are tried again', () => {
    expect(specOf('Application', 'plumbline-prod-storage').syncPolicy).toEqual({
      automated: { prune: true, selfHeal: true },
      syncOptions: ['ServerSideApply=true', 'PruneLast=true', 'FailOnSharedResource=true'],
      retry: { limit: -1, refresh: true, backoff: { duration: '10s', factor: 2, maxDuration: '5m' } },
    });
  });

  it('may come from one repository into its own namespaces, those without objects included', () => {
    const { sourceRepos, destinations } = specOf('AppProject', 'plumbline-prod');
    expect(sourceRepos).toEqual([repository.url]);
    expect(destinations.map(({ namespace }) => namespace)).toEqual(['bus', 'lake']);
  });

  it('may have the kinds that are rendered, and pods seen', () => {
    const project = specOf('AppProject', 'plumbline-prod');
    expect(names(project.clusterResourceWhitelist)).toEqual(['Namespace']);
    expect(names(project.namespaceResourceWhitelist)).toEqual([
      'ConfigMap',
      'PersistentVolumeClaim',
      'Pod',
      'Service',
      'ServiceAccount',
      'apps/ControllerRevision',
      'apps/StatefulSet',
      'batch/Job',
      'discovery.k8s.io/EndpointSlice',
      'networking.k8s.io/NetworkPolicy',
      'policy/PodDisruptionBudget',
      'rbac.authorization.k8s.io/Role',
      'rbac.authorization.k8s.io/RoleBinding',
    ]);
  });

  it('has a root that may make Applications beside Argo CD, and nothing else', () => {
    const { project } = specOf('Application', 'plumbline-prod');
    const { destinations, clusterResourceWhitelist, namespaceResourceWhitelist } = specOf('AppProject', project);
    expect(destinations).toEqual([{ server: 'https://kubernetes.default.svc', namespace: 'argocd' }]);
    expect(clusterResourceWhitelist).toEqual([]);
    expect(names(namespaceResourceWhitelist)).toEqual(['argoproj.io/Application']);
  });

  it('is what the definitions of Argo CD allow', () => {
    const faults = checkAll(objects, definitions).filter(({ invariant }) => invariant === 'schema');
    expect(faults.map(describeViolation)).toEqual([]);
  });

  it('permits a kind of the cluster that it has', () => {
    const app = environment();
    new k8s.KubeClusterRole(app.chart('storage'), 'reader', { metadata: { name: 'reader' } });
    // A chart gives every object its namespace; this one has none.
    const whole = new Chart(app, 'cluster', { disableResourceNameHashes: true });
    new k8s.KubeClusterRole(whole, 'reader', { metadata: { name: 'other' } });
    const { clusterResourceWhitelist } = render(app).specOf('AppProject', 'plumbline-prod');
    expect(names(clusterResourceWhitelist)).toEqual(['Namespace', 'rbac.authorization.k8s.io/ClusterRole']);
  });

  it('has its replica sets seen, where it has a Deployment', () => {
    const app = testApp({ name: 'prod' });
    const traces = Endpoint.external('collector.example.org', 4318, { scheme: 'http' });
    new DemoShop(app.chart('examples'), 'shop', { traces });
    const { namespaceResourceWhitelist } = render(app).specOf('AppProject', 'plumbline-prod');
    expect(names(namespaceResourceWhitelist)).toContain('apps/ReplicaSet');
    expect(names(namespaceResourceWhitelist)).not.toContain('apps/StatefulSet');
  });
});

describe('Argo CD itself', () => {
  it('may be in another namespace, and deploy to another cluster than its own', () => {
    const server = 'https://cluster.example.org:6443';
    const own = { url: 'git@example.org:team/plumbline.git', revision: 'v1.2.0', path: 'rendered/all' };
    const everything: Required<ArgoCdProps> = { repository: own, namespace: 'gitops', server };
    const { objects, specOf } = render(environment(), everything);
    expect(new Set(objects.map(({ metadata }) => metadata.namespace))).toEqual(new Set(['gitops']));
    const { source, destination } = specOf('Application', 'plumbline-prod-storage');
    expect(source).toMatchObject({ repoURL: own.url, targetRevision: 'v1.2.0', path: 'rendered/all/prod' });
    expect(destination).toEqual({ server, namespace: 'lake' });
    // Applications stay where Argo CD is.
    expect(specOf('Application', 'plumbline-prod').destination).toEqual({
      server: 'https://kubernetes.default.svc',
      namespace: 'gitops',
    });
    expect(specOf('AppProject', 'plumbline-prod').destinations[0]?.server).toBe(server);
  });

  it.each(['git.example.org/plumbline', 'http://git.example.org/plumbline', 'https://', ''])(
    'does not read "%s", which git could not, or in plain text',
    (url) => expect(() => render(environment(), { repository: { url } })).toThrow(InvalidPropError),
  );

  it.each(['/dist', '../dist', 'dist/../..'])('does not read outside of the repository, from %s', (path) =>
    expect(() => render(environment(), { repository: { ...repository, path } })).toThrow(
      `repository.path is "${path}"`,
    ),
  );
});

describe('What has data in it', () => {
  const kept = (objects: readonly KubeObject[]) =>
    objects
      .filter(
        ({ metadata }) => metadata.annotations?.['argocd.argoproj.io/sync-options'] === 'Prune=false,Delete=false',
      )
      .map(({ kind }) => kind);

  it('is not deleted by Argo CD: namespaces, with all that is in them', () => {
    expect(kept(renderApp(environment()))).toEqual(['Namespace', 'Namespace']);
  });

  it('is not deleted by Argo CD: claims that are no template’s', () => {
    const objects = renderChart((chart) => {
      const resources = { cpu: '10m', memory: '16Mi' };
      const container = { image: images.grafana, resources };
      const server = new Deployment(chart, 'web', { name: 'web', instance: 'web', runAs: { user: 1000 }, container });
      server.mount(server.addClaim('data', { size: Size.gibibytes(1) }), '/data');
    });
    expect(kept(objects)).toEqual(['PersistentVolumeClaim']);
  });
});
