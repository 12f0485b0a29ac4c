import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import type { ScrapeTarget } from '../core/component';
import { Endpoint } from '../core/endpoint';
import { NetworkPeer } from '../core/network-peer';
import type { PlatformApp } from '../core/platform-app';
import { SecretSource } from '../core/secret-source';
import { RedisExporter } from '../databases/redis-exporter';
import { PodMonitors } from '../metrics/pod-monitors';
import { Prometheus } from '../metrics/prometheus';
import { fileOf, givenSecret, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { ExternalTargets, type ExternalTargetProps } from './external-targets';
import { FastApiTarget, type FastApiTargetProps } from './fastapi-target';
import { JenkinsTarget, type JenkinsTargetProps } from './jenkins-target';

const encrypted = (host: string) =>
  Endpoint.external(`${host}.example.org`, 443, { scheme: 'https', ranges: ['10.2.0.0/24'] });
const basic = { kind: 'basic' } as const;
const everyTarget: Required<ExternalTargetProps> = {
  endpoint: encrypted('tests'),
  path: '/federate/',
  credentials: { kind: 'bearer', source: SecretSource.existing({ name: 'tests-token', keys: { token: 'value' } }) },
  interval: Duration.minutes(1),
  labels: { site: 'lab' },
  params: { 'match[]': ['up'] },
  samples: 500,
};
const everyJenkins: Required<JenkinsTargetProps> = {
  name: 'ci',
  team: 'builds',
  endpoint: encrypted('jenkins'),
  path: '/jenkins/prometheus/',
  credentials: basic,
  metricsNamespace: 'ci',
  interval: Duration.minutes(2),
  labels: { site: 'lab' },
};
const everyFastApi: Required<FastApiTargetProps> = {
  name: 'orders',
  team: 'shop',
  endpoint: encrypted('orders'),
  path: '/internal/metrics',
  credentials: basic,
  errorRate: 0.01,
  latency: Duration.millis(300),
  interval: Duration.seconds(15),
  labels: { site: 'lab' },
};

function render(
  targets: Readonly<Record<string, ExternalTargetProps>>,
  jenkins: JenkinsTargetProps = { endpoint: encrypted('jenkins') },
  fastApi: FastApiTargetProps = { endpoint: encrypted('api') },
) {
  const app = testApp();
  const chart = app.chart('examples');
  const external = new ExternalTargets(chart, 'external', { targets });
  const applications = [new JenkinsTarget(chart, 'jenkins', jenkins), new FastApiTarget(chart, 'fastapi', fastApi)];
  const prometheus = new Prometheus(app.chart('metrics'), 'prometheus');
  prometheus.scrape(external, ...applications);
  prometheus.evaluate(...applications);
  const objects = renderApp(app);
  const config = parse(fileOf(objects, 'prometheus-config', 'prometheus.yml')) as {
    readonly scrape_configs: readonly { readonly job_name: string }[];
  };
  const jobOf = (name: string) => config.scrape_configs.find(({ job_name }) => job_name === name);
  return { app, objects, jobOf, applications };
}

/** A port of pods of ours. */
function renderedTarget(app: PlatformApp): ScrapeTarget {
  const exporter = new RedisExporter(app.chart('databases'), 'redis-exporter', { server: encrypted('redis') });
  const [target] = exporter.scrapeTargets;
  if (target === undefined) throw new Error('it has no metrics');
  return target;
}

describe('Targets outside of the platform', () => {
  it('need an endpoint only, and are limited', () => {
    const { app, jobOf, objects } = render({ cxtm: { endpoint: encrypted('cxtm') } });
    expect(violationsOf(app)).toEqual([]);
    expect(jobOf('cxtm')).toEqual({
      job_name: 'cxtm',
      metrics_path: '/metrics',
      scheme: 'https',
      sample_limit: 20_000,
      static_configs: [{ targets: ['cxtm.example.org:443'] }],
    });
    expect(JSON.stringify(objectOf(objects, 'NetworkPolicy', 'prometheus').spec.egress)).toContain('10.2.0.0/24');
  });

  it('take every prop; what they ask for is read of files, and sent nowhere else', () => {
    const { app, jobOf, objects } = render({ tests: everyTarget });
    expect(jobOf('tests')).toEqual({
      job_name: 'tests',
      metrics_path: '/federate/',
      scheme: 'https',
      scrape_interval: '60s',
      params: { 'match[]': ['up'] },
      sample_limit: 500,
      authorization: { type: 'Bearer', credentials_file: '/etc/prometheus-credentials/tests/token' },
      follow_redirects: false,
      static_configs: [{ targets: ['tests.example.org:443'] }],
      relabel_configs: [{ target_label: 'site', replacement: 'lab' }],
    });
    expect(JSON.stringify(objectOf(objects, 'StatefulSet', 'prometheus').spec.template)).toContain(
      '"items":[{"key":"value","path":"token"}],"secretName":"tests-token"',
    );
    expect(violationsOf(app, { given: [givenSecret('metrics', 'tests-token')] })).toEqual([]);
  });

  it('are refused where they cannot be read, or a secret would be seen', () => {
    const endpoint = encrypted('tests');
    expect(() => render({ Tests: { endpoint } })).toThrow('a lower-case DNS label');
    expect(() => render({ tests: { endpoint, path: 'metrics' } })).toThrow('a path from a slash on');
    expect(() => render({ tests: { endpoint, samples: 0 } })).toThrow('a whole number from 1 on');
    expect(() => render({ one: { endpoint }, two: { endpoint } })).toThrow('exists twice');
    const plain = Endpoint.external('tests.example.org', 80, { scheme: 'http' });
    expect(() => render({ tests: { endpoint: plain, credentials: basic } })).toThrow('encrypted');
    expect(() => render({ jenkins: { endpoint } })).toThrow('scrape job jenkins exists twice');
  });

  it('are not for the monitors of an operator', () => {
    const app = testApp();
    const external = new ExternalTargets(app.chart('examples'), 'external', { targets: { tests: everyTarget } });
    const monitors = new PodMonitors(app.chart('metrics'), 'monitors', { from: [NetworkPeer.namespace('monitoring')] });
    expect(() => monitors.scrape(external)).toThrow('a port of pods of the platform');
    const asking = renderedTarget(app);
    expect(() => monitors.scrape({ scrapeTargets: [{ ...asking, credentials: basic }] })).toThrow('everybody may read');
  });
});

describe('A Jenkins and a FastAPI application', () => {
  it('need an endpoint only; that of Jenkins has a slash at its end', () => {
    const { app, jobOf, objects } = render({});
    expect(violationsOf(app)).toEqual([]);
    expect(jobOf('jenkins')).toMatchObject({ metrics_path: '/prometheus/', scheme: 'https' });
    expect(jobOf('fastapi')).toMatchObject({ metrics_path: '/metrics' });
    expect(objects.filter(({ metadata, kind }) => metadata.namespace === 'examples' && kind === 'Deployment')).toEqual(
      [],
    );
  });

  it('take every prop', () => {
    const { app, jobOf, applications } = render({}, everyJenkins, everyFastApi);
    expect(jobOf('ci')).toMatchObject({
      metrics_path: '/jenkins/prometheus/',
      scrape_interval: '120s',
      basic_auth: {
        username_file: '/etc/prometheus-credentials/ci/username',
        password_file: '/etc/prometheus-credentials/ci/password',
      },
      follow_redirects: false,
    });
    const exprOf = (name: string) =>
      applications.flatMap(({ alerts }) => alerts).find((each) => each.name === name)?.expr;
    expect(exprOf('JenkinsBuildsFailing')).toContain('ci_jenkins_builds_failed_build_count_total{job="ci"}');
    expect(exprOf('FastApiErrors')).toContain('> 0.01');
    expect(exprOf('FastApiSlow')).toContain('> 0.3');
    const given = ['ci', 'orders'].map((job) => givenSecret('metrics', `${job}-scrape`));
    expect(violationsOf(app, { given })).toEqual([]);
  });
});
