import { thesis, type Answer } from '../verify/testing';
import { appliedAnswers, wellPods } from './applied.testing';
import { acceptance } from './checks/acceptance';
import { configuration } from './checks/configuration';
import { recentData } from './checks/recent-data';
import { reloads } from './checks/reloads';
import { serviceAccounts } from './checks/service-accounts';
import { services } from './checks/services';
import { usage } from './checks/usage';
import { environmentOf, examined, linesOf } from './testing';

const rendered = thesis();
const list = (...items: readonly object[]) => ({ items });
const applied = appliedAnswers(rendered);

describe('usage', () => {
  const metrics = '/apis/metrics.k8s.io/v1beta1';
  const pod = (more: object = {}) => ({
    metadata: { name: 'shop-0', namespace: 'shop' },
    spec: { containers: [{ name: 'shop', resources: { limits: { cpu: '1', memory: '512Mi' } } }] },
    ...more,
  });
  const rendering = environmentOf({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } });
  const of = (used: object, node: object, live = pod()) =>
    examined(usage, {
      rendered: rendering,
      answers: {
        '/api/v1/namespaces/shop/pods': list(live),
        '/api/v1/nodes': list({ metadata: { name: 'n' }, status: { allocatable: { cpu: '4', memory: '8Gi' } } }),
        [`${metrics}/nodes`]: list({ metadata: { name: 'n' }, usage: node }),
        [`${metrics}/namespaces/shop/pods`]: list({
          metadata: { name: 'shop-0', namespace: 'shop' },
          containers: [{ name: 'shop', usage: used }],
        }),
      },
    });

  it('is well below limits, and told of what is near them and of nodes that are full', async () => {
    expect((await of({ cpu: '500m', memory: '300Mi' }, { cpu: '1', memory: '2Gi' })).findings).toEqual([]);
    expect(linesOf(await of({ cpu: '990m', memory: '480Mi' }, { cpu: '3900m', memory: '2Gi' }))).toMatch(
      /^warning shop\/Pod\/shop-0: shop uses 94 % of its limit of memory, 512Mi -> .*top pod shop-0.*memoryLimit[^]*99 % of its limit of cpu, 1 -> [^]*Node\/n: 98 % of its cpu/,
    );
  });

  it('is told of who was killed for memory and runs again, and without the metrics API says what it looked at', async () => {
    const status = {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [{ name: 'shop', ready: true, lastState: { terminated: { reason: 'OOMKilled' } } }],
    };
    const answers = { '/api/v1/namespaces/shop/pods': list(pod({ status })) };
    const { seen, ...examination } = await examined(usage, { rendered: rendering, answers });
    expect(linesOf({ seen, ...examination })).toMatch(/^warning shop\/Pod\/shop-0: shop was killed for memory/);
    expect(seen).toBe('1 pod for kills alone: there is no metrics API, and kubectl top fails');
  });
});

describe('Services', () => {
  const slices = (...ready: readonly boolean[]) => ({
    '/apis/discovery.k8s.io/v1/namespaces/tempo/endpointslices': list({
      metadata: { namespace: 'tempo', labels: { 'kubernetes.io/service-name': 'tempo' } },
      endpoints: ready.map((each) => ({ conditions: { ready: each } })),
    }),
  });
  const only = environmentOf(
    ...rendered.objects.filter(
      ({ metadata, kind }) => metadata.name === 'tempo' && ['Service', 'StatefulSet'].includes(kind),
    ),
  );

  it('have a pod behind them that is ready, or it is said why not', async () => {
    const look = (more: Record<string, Answer>) =>
      examined(services, { rendered: only, answers: { ...appliedAnswers(only), ...more } });
    expect(await look(slices(true))).toEqual({ seen: '1 Service', findings: [] });
    expect(linesOf(await look(slices(false)))).toMatch(/selects no pod|none of its 1 pod is ready/);
    const nobody = { spec: { selector: { app: 'nobody' }, ports: [{ port: 3200 }] } };
    const live = { ...slices(), '/api/v1/namespaces/tempo/services/tempo': nobody };
    expect(linesOf(await look(live))).toMatch(/tempo\/Service\/tempo: selects no pod \(app=nobody\) -> .*show-labels/);
    const gone = { ...slices(), '/api/v1/namespaces/tempo/services/tempo': { status: 404, text: 'no' } };
    expect(linesOf(await look(gone))).toMatch(/is not there, and tempo\/StatefulSet\/tempo is -> plumbline up/);
  });

  it('are not looked for before anything is applied', async () => {
    expect(await examined(services, { rendered: only })).toEqual({ seen: 'nothing is applied yet', findings: [] });
  });
});

describe('ServiceAccounts', () => {
  const account = '/api/v1/namespaces/plumbline/serviceaccounts/credentials';
  const kinds = { '/api/v1': { resources: [{ name: 'serviceaccounts', kind: 'ServiceAccount', namespaced: true }] } };
  const review = (status: number, allowed: boolean): Record<string, Answer> => ({
    '/apis/authorization.k8s.io/v1/subjectaccessreviews': {
      status,
      text: JSON.stringify({ status: { allowed }, message: 'may not' }),
    },
  });

  it('may do what is rendered, or it is said what they may not', async () => {
    const look = (status: number, allowed: boolean) =>
      examined(serviceAccounts, {
        rendered,
        answers: { ...kinds, [account]: { metadata: {} }, ...review(status, allowed) },
      });
    expect((await look(201, true)).findings).toEqual([]);
    expect(linesOf(await look(201, false))).toMatch(
      /plumbline\/ServiceAccount\/credentials: may not create secrets in plumbline, .* -> plumbline up; kubectl auth can-i --list --as=system:serviceaccount:plumbline:credentials/,
    );
    await expect(look(403, false)).rejects.toThrow('answers 403: may not');
  });

  it('are not asked for before they are there', async () => {
    const { seen } = await examined(serviceAccounts, { rendered, answers: kinds });
    expect(seen).toBe('none that is given rights is there yet');
  });
});

describe('configuration', () => {
  const map = (data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'config', namespace: 'shop', labels: { 'app.kubernetes.io/part-of': 'plumbline' } },
    data,
  });
  const kinds = { '/api/v1': { resources: [{ name: 'configmaps', kind: 'ConfigMap', namespaced: true }] } };
  const of = (data: object, live: object) =>
    examined(configuration, {
      rendered: environmentOf(map(data)),
      answers: { ...kinds, '/api/v1/namespaces/shop/configmaps/config': map(live) },
    });

  it('can be read and is as rendered, or it is said which file is not', async () => {
    const well = { 'a.yaml': 'a: 1', 'b.json': '{"b": 2}', template: '{{ not: yaml' };
    expect(await of(well, well)).toEqual({ seen: '3 files', findings: [] });
    expect(linesOf(await of({ 'a.yaml': 'a: [1' }, {}))).toMatch(/shop\/ConfigMap\/config: a\.yaml: .*-> mend it/);
    expect(linesOf(await of({ 'b.json': '{' }, { 'b.json': '{' }))).toMatch(/config: b\.json: .*JSON/);
    expect(linesOf(await of(well, { ...well, 'a.yaml': 'a: 2' }))).toMatch(
      /config: a\.yaml is not as rendered.* -> plumbline up, with --force-conflicts/,
    );
  });

  it('of all environments can be read', async () => {
    expect((await examined(configuration)).findings).toEqual([]);
  });
});

describe('reloads', () => {
  const serve = (text: string) => ({
    ...wellPods(rendered),
    'plumbline/prometheus-0:9090': { '/metrics': { status: 200, text } },
  });

  it('were taken, or it is said who goes on with what was before', async () => {
    const look = (text: string) => examined(reloads, { rendered, answers: applied, pods: serve(text) });
    expect(await look('prometheus_config_last_reload_successful 1')).toEqual({
      seen: '1 pod',
      findings: [],
      unknown: [],
    });
    expect(linesOf(await look('prometheus_config_last_reload_successful 0'))).toMatch(
      /^error plumbline\/Pod\/prometheus-0: goes on with its old configuration: .* -> .*logs prometheus-0.*--only configuration/,
    );
  });

  it('cannot be told of who does not tell its metrics', async () => {
    const { unknown = [] } = await examined(reloads, { rendered, answers: applied, pods: wellPods(rendered) });
    expect(unknown.join()).toMatch(/prometheus-0 does not tell its metrics \(404/);
  });
});

describe('recent data', () => {
  const nowMs = 7_200_000;
  const look = (answer: Answer) =>
    examined(recentData, {
      rendered,
      answers: applied,
      nowMs,
      pods: { 'tempo/tempo-0:3200': { '/api/search?limit=1&start=3600&end=7200': answer } },
    });

  it('is there, or it is said what did not come', async () => {
    expect(await look({ traces: [{ traceID: '1' }] })).toEqual({ seen: 'tempo has some', findings: [], unknown: [] });
    expect(linesOf(await look({ traces: [] }))).toMatch(
      /^warning tempo\/StatefulSet\/tempo: has no trace of the last hour -> plumbline doctor --only collectors/,
    );
    expect((await look({ status: 500, text: 'broken' })).unknown).toEqual(['tempo/tempo: it answers 500: broken']);
  });
});

describe('acceptance', () => {
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'shop' } };
  const kinds = {
    '/api/v1': {
      resources: [
        { name: 'configmaps', kind: 'ConfigMap', namespaced: true },
        { name: 'namespaces', kind: 'Namespace', namespaced: false },
      ],
    },
  };
  const path =
    '/api/v1/namespaces/shop/configmaps/a?fieldManager=plumbline&force=false&fieldValidation=Strict&dryRun=All';
  const of = (answer: Answer, more: Record<string, Answer> = { '/api/v1/namespaces/shop': { metadata: {} } }) =>
    examined(acceptance, { rendered: environmentOf(object), answers: { ...kinds, ...more, [path]: answer } });

  it('is asked for without making anything, and says what would be refused', async () => {
    expect((await of({ metadata: {} })).findings).toEqual([]);
    const conflict = JSON.stringify({ message: 'Apply failed with 1 conflict: conflict with "helm"' });
    expect(linesOf(await of({ status: 409, text: conflict }))).toMatch(
      /shop\/ConfigMap\/a: would be refused: .*"helm" -> plumbline up --force-conflicts/,
    );
    const strict = JSON.stringify({ message: 'strict decoding error: unknown field "dat"' });
    expect(linesOf(await of({ status: 400, text: strict }))).toMatch(/unknown field "dat" -> npm run synth/);
  });

  it('leaves to others what they tell, and asks nothing of namespaces that are not there', async () => {
    const forbidden = JSON.stringify({ message: 'configmaps "a" is forbidden: User "guest" cannot patch' });
    expect((await of({ status: 403, text: forbidden })).findings).toEqual([]);
    const { seen } = await of({ metadata: {} }, {});
    expect(seen).toBe('0 objects asked for without being made; 1 in namespaces that are not there yet');
  });
});
