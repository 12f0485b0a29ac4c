import { readDefinitions } from '../invariants';
import { checkAll, describeViolation } from '../invariants';
import type { CredentialsJob } from '../contracts';
import { fileOf, podTemplateOf, renderApp, renderChart, testApp, violationsOf } from '../testing';
import { images } from '../images';
import { Deployment } from './deployment';
import { Probe } from './probe';
import { SecretRef, type SecretRefProps } from './secret-ref';
import { SecretSource } from './secret-source';
import type { PlatformApp } from './platform-app';

const keys = { user: { kind: 'literal', value: 'admin' }, password: { kind: 'password' } } as const;

/** A workload in the namespace `visualization` that takes its password from a Secret. */
function userOf(app: PlatformApp, props: Partial<SecretRefProps>): SecretRef {
  const chart = app.chart('visualization');
  const secret = new SecretRef(chart, 'secret', { name: 'login', keys, ...props });
  const web = new Deployment(chart, 'web', {
    name: 'web',
    instance: 'web',
    runAs: { user: 1000 },
    container: {
      image: images.grafana,
      resources: { cpu: '100m', memory: '64Mi' },
      envFrom: { PASSWORD: secret.key('password') },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
  web.listen('http', 3000);
  web.mount(web.addSecret('login', secret), '/run/login');
  return secret;
}

function referencesOf(app: PlatformApp) {
  const { containers, volumes } = podTemplateOf(renderApp(app), 'Deployment', 'web').spec;
  return { env: containers[0]?.env, volumes };
}

describe('A Secret', () => {
  it('is made once, of random values, by a Job that may read and create only what it makes', () => {
    const app = testApp();
    userOf(app, { copies: [{ namespace: 'storage', name: 'login' }] });
    const objects = renderApp(app);
    const job = JSON.parse(fileOf(objects, 'credentials-job', 'job.json')) as CredentialsJob;
    expect(job.secrets).toEqual([
      {
        namespace: 'visualization',
        name: 'login',
        labels: { 'app.kubernetes.io/part-of': 'plumbline', 'app.kubernetes.io/managed-by': 'plumbline-credentials' },
        keys: [
          { key: 'user', kind: 'literal', value: 'admin' },
          { key: 'password', kind: 'password' },
        ],
        copies: [{ namespace: 'storage', name: 'login' }],
      },
    ]);
    const roles = objects.filter(({ kind }) => kind === 'Role');
    expect(roles.map(({ metadata }) => metadata.namespace).sort()).toEqual(['storage', 'visualization']);
    for (const role of roles) {
      expect(role.rules).toEqual([
        { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
        { apiGroups: [''], resources: ['secrets'], resourceNames: ['login'], verbs: ['get', 'patch'] },
      ]);
    }
    expect(objects.some(({ kind }) => kind === 'Secret')).toBe(false);
    expect(violationsOf(app)).toEqual([]);
  });

  it('is bootstrapped by one Job for the whole app, however many charts ask', () => {
    const app = testApp();
    new SecretRef(app.chart('storage'), 'a', { name: 'a', keys });
    new SecretRef(app.chart('metrics'), 'b', { name: 'b', keys });
    expect(renderApp(app).filter(({ kind }) => kind === 'Job')).toHaveLength(1);
  });

  it('may be somebody else’s, with keys of other names', () => {
    const app = testApp();
    userOf(app, { source: SecretSource.existing({ name: 'their-login', keys: { password: 'pw' } }), optional: true });
    const { env, volumes } = referencesOf(app);
    expect(env).toEqual([
      { name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'their-login', key: 'pw', optional: true } } },
    ]);
    expect(volumes).toMatchObject([
      {
        secret: {
          secretName: 'their-login',
          optional: true,
          items: [
            { key: 'user', path: 'user' },
            { key: 'pw', path: 'password' },
          ],
        },
      },
    ]);
    expect(renderApp(app).some(({ kind }) => kind === 'Job')).toBe(false);
  });

  it('may come from a secret store', () => {
    const app = testApp();
    const source = SecretSource.external({ store: 'vault', path: 'plumbline/' });
    userOf(app, { source, copies: [{ namespace: 'storage', name: 'login' }] });
    const objects = renderApp(app);
    const external = objects.filter(({ kind }) => kind === 'ExternalSecret');
    expect(external.map(({ metadata }) => metadata.namespace).sort()).toEqual(['storage', 'visualization']);
    expect(external[0]?.spec).toMatchObject({
      secretStoreRef: { kind: 'ClusterSecretStore', name: 'vault' },
      target: { name: 'login' },
      data: [
        { secretKey: 'user', remoteRef: { key: 'plumbline/login', property: 'user' } },
        { secretKey: 'password', remoteRef: { key: 'plumbline/login', property: 'password' } },
      ],
    });
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
  });

  it('has one source', () => {
    const chart = testApp().chart('storage');
    new SecretRef(chart, 'a', { name: 'login', keys });
    expect(() => new SecretRef(chart, 'b', { name: 'login', keys })).toThrow('Secret login exists twice');
  });

  it('has the keys it was made with and no others', () => {
    const secret = new SecretRef(testApp().chart('storage'), 'a', { name: 'login', keys });
    expect(() => secret.key('token')).toThrow('there is no key of Secret login token; known: user, password');
  });

  it('gives no literal value to a password', () => {
    const render = () =>
      renderChart((chart) => new SecretRef(chart, 'a', { name: 'a', keys: { pw: { kind: 'password', value: 'x' } } }));
    expect(render).toThrow('a.keys.pw is "x", which is not right for the kind password');
  });
});
