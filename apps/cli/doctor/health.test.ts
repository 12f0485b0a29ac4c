import { thesis, type Answer } from '../verify/testing';
import { appliedAnswers, wellPods, type Changes } from './applied.testing';
import { autoscaling } from './checks/autoscaling';
import { collectors } from './checks/collectors';
import { dataSources } from './checks/data-sources';
import { health } from './checks/health';
import { alertmanager, targets } from './checks/prometheus';
import { environmentOf, examined, linesOf } from './testing';
import { expectedDataSources, expectedScrapeJobs } from '../verify/expected';
import type { DoctorCheck } from './check';

const rendered = thesis();
type Pods = Record<string, Record<string, Answer>>;

function look(check: DoctorCheck, pods: Pods = {}, changes: Changes = {}, more: Record<string, Answer> = {}) {
  const all = { ...wellPods(rendered), ...pods };
  return examined(check, { rendered, answers: { ...appliedAnswers(rendered, changes), ...more }, pods: all });
}

describe('health of components', () => {
  it('is asked of every pod at the address that its kubelet asks, and is nothing before they are applied', async () => {
    const { seen, findings, unknown } = await look(health);
    expect({ findings, unknown }).toEqual({ findings: [], unknown: [] });
    expect(seen).toBe('13 pods asked');
    expect(await examined(health, { rendered })).toEqual({ seen: 'nothing is applied yet', findings: [] });
  });

  it.each<{ who: string; pods: Pods; says: RegExp }>([
    {
      who: 'Tempo that is not ready, by its own reason',
      pods: { 'tempo/tempo-0:3200': { '/ready': { status: 503, text: 'Ingester not ready: waiting' } } },
      says: /^error tempo\/Pod\/tempo-0: answers 503 to \/ready: Ingester not ready: waiting -> kubectl -n tempo logs tempo-0 -c tempo .*its bucket/,
    },
    {
      who: 'a worker, by each reason that it gives',
      pods: {
        'plumbline/training-0:8081': {
          '/readyz': { status: 503, text: '{"status":"not ready","reasons":["no broker","no store"]}' },
        },
      },
      says: /plumbline\/Pod\/training-0: answers 503 to \/readyz: no broker; no store -> .*doctor --only health,consumers/,
    },
    {
      who: 'a broker, of which only its kubelet has a program',
      pods: { 'redpanda/redpanda-0:9644': { '/v1/status/ready': { status: 503, text: '{"status":"booting"}' } } },
      says: /redpanda\/Pod\/redpanda-0: answers 503 .*booting.* -> .*doctor --only claims,crashes/,
    },
  ])('tells of $who', async ({ pods, says }) => {
    const examination = await look(health, pods);
    expect(linesOf(examination)).toMatch(says);
    expect(examination.findings).toHaveLength(1);
  });

  it('takes a login that is asked for as a sign of life', async () => {
    const pods = { 'grafana/grafana-0:3000': { '/api/health': { status: 401, text: '' } } };
    expect((await look(health, pods)).findings).toEqual([]);
  });

  it('does not know how a pod is that is ready and does not answer here, and says so', async () => {
    const { 'tempo/tempo-0:3200': _, ...others } = wellPods(rendered);
    const answers = appliedAnswers(rendered);
    const { findings, unknown = [] } = await examined(health, { rendered, answers, pods: others });
    expect(findings).toEqual([]);
    expect(unknown.join()).toMatch(
      /^tempo\/Pod\/tempo-0 does not answer at \/ready of port 3200 \(.+\); .*--only permissions/,
    );
  });

  it('knows that one is ill that is not ready and does not answer', async () => {
    const { 'tempo/tempo-0:3200': _, ...others } = wellPods(rendered);
    const answers = appliedAnswers(rendered, { unready: ['StatefulSet/tempo/tempo'] });
    const examination = await examined(health, { rendered, answers, pods: others });
    expect(linesOf(examination)).toMatch(/tempo\/Pod\/tempo-0: is not ready, and does not answer at \/ready/);
    expect(examination.unknown).toEqual([]);
  });

  it('says what is not there to be asked', async () => {
    const { seen } = await look(
      health,
      {},
      {
        scaledToZero: ['Deployment/grafana/grafana'],
        notApplied: ['Deployment/plumbline/training'],
      },
    );
    expect(seen).toBe('11 pods asked; scaled to 0: grafana; not applied: training');
  });
});

describe('collectors', () => {
  const counting = (...lines: readonly string[]): Pods => ({
    'plumbline/otel-aggregator-0:8888': { '/metrics': { status: 200, text: lines.join('\n') } },
  });

  it('are well when they lose nothing', async () => {
    const quiet = counting(
      '# HELP otelcol_receiver_refused_spans x',
      'otelcol_receiver_refused_spans{receiver="otlp"} 0',
    );
    expect(await look(collectors, quiet)).toEqual({ seen: '2 collectors', findings: [], unknown: [] });
  });

  it('that lost something before, and lose nothing now, are only warned of', async () => {
    const before = counting('otelcol_exporter_send_failed_spans_total{exporter="otlp_grpc/tempo"} 120');
    expect(linesOf(await look(collectors, before))).toMatch(
      /^warning plumbline\/Pod\/otel-aggregator-0: gives up .*\(otlp_grpc\/tempo\), or did: 120 spans .*, none now -> .*logs otel-aggregator-0/,
    );
  });

  it('that refuse while they are looked at, or are nearly full, are at fault', async () => {
    let refused = 10;
    const growing: Pods = {
      'plumbline/otel-ingestor-0:8888': {
        get '/metrics'() {
          refused += 5;
          return { status: 200, text: `otelcol_receiver_refused_spans{receiver="otlp",transport="http"} ${refused}` };
        },
      },
      ...counting(
        'otelcol_exporter_queue_size{exporter="kafka",data_type="traces"} 950',
        'otelcol_exporter_queue_capacity{exporter="kafka",data_type="traces"} 1000',
        'otelcol_exporter_queue_size{exporter="idle"} 0',
        'otelcol_exporter_queue_capacity{exporter="idle"} 0',
      ),
    };
    const lines = linesOf(await look(collectors, growing));
    expect(lines).toMatch(
      /error plumbline\/Pod\/otel-ingestor-0: refuses what it is sent \(otlp\): 5 spans .*memory limit/,
    );
    expect(lines).toMatch(/error plumbline\/Pod\/otel-aggregator-0: its queue of kafka is 95 % full/);
  });

  it('that do not tell their metrics are not taken for well', async () => {
    const { unknown = [] } = await look(collectors, { 'plumbline/otel-ingestor-0:8888': {} });
    expect(unknown.join()).toMatch(/^plumbline\/Pod\/otel-ingestor-0 does not tell its metrics \(it answers 404\)$/);
  });
});

describe('Prometheus', () => {
  const jobs = expectedScrapeJobs(rendered).items;
  const target = (scrapePool: string, state = 'up', lastError = '') => ({
    scrapePool,
    scrapeUrl: `http://${scrapePool}/metrics`,
    health: state,
    lastError,
  });
  const withTargets = (activeTargets: readonly object[]): Pods => ({
    'plumbline/prometheus-0:9090': { '/api/v1/targets?state=active': { data: { activeTargets } } },
  });

  it('that reads everything is well', async () => {
    const { findings, unknown } = await look(targets, withTargets(jobs.map((job) => target(job))));
    expect({ findings, unknown }).toEqual({ findings: [], unknown: [] });
  });

  it.each([
    ['connection refused', /--only health,crashes/],
    ['context deadline exceeded', /--only network-policies,health/],
    ['lookup tempo: no such host', /--only dns/],
    ['server returned HTTP status 401 Unauthorized', /--only secrets/],
  ])('tells of a target with "%s" what mostly is the reason', async (lastError, remedy) => {
    const active = jobs.map((job) => (job === 'tempo' ? target(job, 'down', lastError) : target(job)));
    const { findings } = await look(targets, withTargets(active));
    expect(findings).toHaveLength(1);
    expect(findings[0]?.problem).toContain(lastError);
    expect(findings[0]?.remedy).toMatch(remedy);
  });

  it('misses the target of what runs, and not of what is scaled to 0', async () => {
    const active = jobs.filter((job) => job !== 'tempo' && job !== 'grafana').map((job) => target(job));
    const lines = linesOf(await look(targets, withTargets(active), { scaledToZero: ['Deployment/grafana/grafana'] }));
    expect(lines).toMatch(/^error scrape job tempo: has no target.*--only dns,health$/);
  });

  it('does not know a target that was not read yet', async () => {
    const active = jobs.map((job) => target(job, job === 'tempo' ? 'unknown' : 'up'));
    expect((await look(targets, withTargets(active))).unknown).toEqual([expect.stringContaining('not read yet')]);
  });

  it('that is told of no Alertmanager is asked nothing, one that is not applied neither', async () => {
    expect(await look(alertmanager)).toEqual({ seen: 'Prometheus is told of no Alertmanager', findings: [] });
    const { seen } = await look(targets, {}, { notApplied: ['StatefulSet/plumbline/prometheus'] });
    expect(seen).toBe('prometheus is not applied yet');
  });
});

describe('data sources', () => {
  const { items } = expectedDataSources(rendered);
  const proxy = '/api/datasources/proxy/uid';
  const well: Record<string, Answer> = {
    '/api/user': { login: 'admin' },
    '/api/datasources': items,
    [`${proxy}/tempo/api/echo`]: { status: 200, text: 'echo' },
    [`${proxy}/prometheus/api/v1/query?query=vector(1)`]: { status: 'success' },
  };
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  const secret = {
    '/api/v1/namespaces/grafana/secrets/grafana-admin': { data: { user: encoded('admin'), password: encoded('x') } },
  };
  const asked = (changes: Record<string, Answer> = {}) =>
    look(dataSources, { 'grafana/grafana-0:3000': { ...well, ...changes } }, {}, secret);

  it('are reached through Grafana, as it is logged in with its Secret', async () => {
    expect(await asked()).toEqual({ seen: '2 data sources', findings: [], unknown: [] });
  });

  it.each<{ what: string; changes: Record<string, Answer>; says: RegExp }>([
    {
      what: 'one that Grafana does not reach',
      changes: { [`${proxy}/tempo/api/echo`]: { status: 502, text: 'bad gateway' } },
      says: /grafana\/Deployment\/grafana: Tempo: answers 502 .*--only health,network-policies,dns/,
    },
    {
      what: 'one that is not there',
      changes: { '/api/datasources': items.slice(1) },
      says: /has no data source Tempo \(uid tempo\) -> kubectl -n grafana rollout restart deployment\/grafana/,
    },
    {
      what: 'a password that was changed',
      changes: { '/api/user': { status: 401, text: '{}' } },
      says: /refuses the password of admin -> .*reset-admin-password/,
    },
  ])('are told: $what', async ({ changes, says }) => {
    expect(linesOf(await asked(changes))).toMatch(says);
  });
});

describe('autoscalers', () => {
  const scaler = {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'otel-ingestor', namespace: 'shop' },
  };
  const look = (...conditions: readonly object[]) =>
    examined(autoscaling, {
      rendered: environmentOf(scaler),
      answers: {
        '/apis/autoscaling/v2': {
          resources: [{ name: 'horizontalpodautoscalers', kind: 'HorizontalPodAutoscaler', namespaced: true }],
        },
        '/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers/otel-ingestor': { status: { conditions } },
      },
    });

  it('are told that have no metrics, or no room', async () => {
    const message = 'the HPA was unable to compute the replica count: unable to get metrics for resource cpu';
    const lines = linesOf(
      await look(
        { type: 'AbleToScale', status: 'True' },
        { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric', message },
        { type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' },
      ),
    );
    expect(lines).toMatch(
      /error shop\/HorizontalPodAutoscaler\/otel-ingestor: .*FailedGetResourceMetric: .*cpu -> kubectl -n shop describe hpa otel-ingestor; plumbline doctor --only metrics-api/,
    );
    expect(lines).toMatch(/warning .*would scale further than it may -> .*maxReplicas/);
  });

  it('are well that are active, idle by hand, or not at a limit', async () => {
    const { findings } = await look(
      { type: 'ScalingActive', status: 'False', reason: 'ScalingDisabled' },
      { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
    );
    expect(findings).toEqual([]);
  });
});
