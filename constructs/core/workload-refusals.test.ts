import { Size } from 'cdk8s';
import type { Chart } from 'cdk8s';
import { renderChart, testApp } from '../testing';
import { ConfigFile } from './config-file';
import { Deployment } from './deployment';
import { Endpoint } from './endpoint';
import { NetworkPeer } from './network-peer';
import { Service } from './service';
import { deployment, minimalWorkload as minimal } from './workload.testing';

describe('What cannot be rendered is refused at once', () => {
  const refused: readonly (readonly [what: string, build: (chart: Chart) => unknown, message: RegExp])[] = [
    [
      'a name that is no DNS label',
      deployment({ name: 'Web_1' }),
      /web\.name is "Web_1", which is not a lower-case DNS/,
    ],
    ['no replicas', deployment({ replicas: 0 }), /replicas is 0, which is not a count/],
    [
      'a quorum of an even number',
      deployment({ replicas: 2, quorum: true }),
      /replicas is 2, which is not an odd count/,
    ],
    [
      'a move of pods that costs a quorum',
      deployment({ replicas: 3, quorum: true, maxUnavailable: 2 }),
      /maxUnavailable is 2, which is not at most 1 of 3, which leaves a quorum/,
    ],
    [
      'replicas beside an autoscaler',
      deployment({ replicas: 2, autoscaler: { minReplicas: 2, maxReplicas: 5, cpuPercent: 70 } }),
      /not combined/,
    ],
    ['an autoscaler without a target', deployment({ autoscaler: { minReplicas: 1, maxReplicas: 2 } }), /target of CPU/],
    [
      'a request above its limit',
      deployment({ container: { ...minimal.container, resources: { cpu: '2', cpuLimit: '1', memory: '1Gi' } } }),
      /resources\.cpu is "2", which is not at most its limit 1/,
    ],
    [
      'a quantity that is none',
      deployment({ container: { ...minimal.container, resources: { cpu: 'lots', memory: '1Gi' } } }),
      /"lots", which is not a quantity/,
    ],
    [
      'an image that says latest',
      deployment({ container: { ...minimal.container, imageOverride: 'web:latest' } }),
      /"web:latest", which is not an image/,
    ],
    [
      'two values of one variable',
      (chart) => {
        const web = new Deployment(chart, 'web', minimal);
        web.setEnv('A', '1');
        web.setEnv('A', '2');
      },
      /env\.A is "2", which is not the value it has: 1/,
    ],
    [
      'two volumes at one path',
      (chart) => {
        const web = new Deployment(chart, 'web', minimal);
        web.mount(web.addScratch('a', Size.mebibytes(1)), '/tmp');
        web.mount(web.addScratch('b', Size.mebibytes(1)), '/tmp');
      },
      /mounts is "\/tmp", which is not free/,
    ],
    [
      'two volumes of one name',
      (chart) => {
        const web = new Deployment(chart, 'web', minimal);
        web.addScratch('a', Size.mebibytes(1));
        web.addScratch('a', Size.mebibytes(1));
      },
      /volume a exists twice/,
    ],
    [
      'a single file that is to change under running pods',
      (chart) => {
        const web = new Deployment(chart, 'web', minimal);
        const rules = web.addConfig('rules', [ConfigFile.yaml('rules.yaml', () => ({}))], { reload: true });
        web.mount(rules, '/etc/web/rules.yaml', { subPath: 'rules.yaml' });
      },
      /web\.rules\.subPath is "rules\.yaml", which is not absent: only whole folders change/,
    ],
    [
      'a mount in a container that is not there',
      (chart) => {
        const web = new Deployment(chart, 'web', minimal);
        web.mount(web.addScratch('a', Size.mebibytes(1)), '/tmp', { containers: ['sidecar'] });
      },
      /there is no container of web sidecar; known: web/,
    ],
    ['a port beyond the last', () => Endpoint.external('db.example.org', 70_000), /70000, which is not a port/],
    [
      'a range that is none',
      () => NetworkPeer.addresses('10.0.0.0/33'),
      /"10\.0\.0\.0\/33", which is not an address range/,
    ],
    ['a file name with a slash', () => ConfigFile.json('a/b', () => ({})), /"a\/b", which is not letters/],
    [
      'one name for two ports',
      (chart) => {
        const service = new Service(chart, 'service', { workload: new Deployment(chart, 'web', minimal) });
        service.endpoint({ name: 'http', port: 80 });
        service.endpoint({ name: 'http', port: 81 });
      },
      /port http \(81\) exists twice in Service web/,
    ],
  ];
  it.each(refused)('%s', (_, build, message) => {
    expect(() => renderChart((chart) => void build(chart))).toThrow(message);
  });

  it('a chart without a namespace', () => {
    expect(() => {
      const app = testApp();
      new Deployment(app.charts[0] ?? app.chart('metrics'), 'web', minimal);
    }).toThrow('the chart of 00-namespaces/web has no namespace');
  });
});
