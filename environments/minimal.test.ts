import { parse } from 'yaml';
import { sumResources } from '../constructs/invariants';
import { containerOf, fileOf, objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { minimal } from './minimal';

const objects = renderApp(platform(minimal));
const claimOf = (name: string) =>
  objectOf(objects, 'StatefulSet', name).spec.volumeClaimTemplates[0]?.spec.resources.requests.storage;

describe('The minimal environment', () => {
  it('fits three nodes of 4 CPU and 16 GiB beside what nodes run themselves', () => {
    const { cpu, memory } = sumResources(objects);
    expect(cpu).toBeLessThanOrEqual(3 * 3.2);
    expect(memory).toBeLessThanOrEqual(3 * 13 * 2 ** 30);
  });

  it('has the volumes of its page', () => {
    expect(claimOf('objects')).toBe('100Gi');
    expect(claimOf('prometheus')).toBe('50Gi');
    expect(claimOf('loki')).toBe('10Gi');
  });

  it('keeps metrics for fifteen days and traces for one', () => {
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain('time: 360h');
    expect(parse(fileOf(objects, 'tempo-config', 'tempo.yaml'))).toMatchObject({
      compactor: { compaction: { block_retention: '24h' } },
    });
  });

  it('has two to five collectors that take spans, by CPU and memory, and they go slowly', () => {
    const { spec } = objectOf(objects, 'HorizontalPodAutoscaler', 'otel-ingestor');
    expect(spec).toMatchObject({
      minReplicas: 2,
      maxReplicas: 5,
      behavior: { scaleDown: { policies: [{ value: 1 }] } },
    });
    expect(JSON.stringify(spec.metrics)).toMatch(/"averageUtilization":70.*"averageUtilization":80/);
  });

  it('sends alerts to people as soon as they give the address, and starts without it', () => {
    const { volumes = [] } = objectOf(objects, 'StatefulSet', 'alertmanager').spec.template.spec;
    expect(JSON.stringify(volumes)).toMatch(
      /"secretName":"alertmanager-team".*"optional":true|"optional":true.*"alertmanager-team"/,
    );
    expect(containerOf(objects, 'StatefulSet', 'alertmanager').image).toContain('alertmanager');
  });

  it('tells of what applications log, by the same Alertmanager, and of the API server', () => {
    const ruler = fileOf(objects, 'loki-config', 'loki.yaml');
    expect(ruler).toContain(
      'alertmanager_url: http://_http._tcp.alertmanager-headless.observability.svc.cluster.local\n',
    );
    expect(fileOf(objects, 'loki-rules', 'loki.yml')).toContain('alert: FailedLogins');
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain('job_name: kube-apiserver');
    expect(fileOf(objects, 'prometheus-rules', 'prometheus.yml')).toContain('alert: KubeApiServerDown');
  });

  it('is one namespace, beside one of agents and one of the shop', () => {
    const names = objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => metadata.name);
    expect(names).toEqual(['observability', 'observability-agents', 'shop']);
    const elsewhere = objects.filter(({ metadata }) => metadata.namespace === 'observability-agents');
    expect(elsewhere.some(({ kind }) => kind === 'DaemonSet')).toBe(true);
    expect(elsewhere.some(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')).toBe(false);
  });

  it('cannot be without what its parts need', () => {
    const { otel: _, ...deaf } = minimal;
    expect(() => platform(deaf)).toThrow('as `shop` needs it');
    const { tempo: __, ...blind } = minimal;
    expect(() => platform(blind)).toThrow('as `ownTraces` needs it');
  });
});
