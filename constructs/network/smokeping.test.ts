import { Duration, Size } from 'cdk8s';
import { parse } from 'yaml';
import { NodePort } from '../core/exposure';
import {
  asYaml,
  containerOf,
  fileOf,
  objectOf,
  podTemplateOf,
  renderApp,
  testApp,
  violationsOf,
  type OwnProps,
} from '../testing';
import { ruleGroups } from '../core/rule-groups';
import { Prometheus } from '../metrics/prometheus';
import type { ProberConfig } from './prober-config';
import { Smokeping, type SmokepingProps } from './smokeping';
import { smokepingTargets } from './smokeping-alerts.testing';
import type { NetworkTarget } from './target';

const gateway: NetworkTarget = { name: 'gateway', host: '192.0.2.254' };

const everything: OwnProps<SmokepingProps> = {
  exposure: new NodePort(30800),
  name: 'latency',
  targets: [
    ...smokepingTargets,
    { name: 'v6', host: '2001:db8::7', region: 'Frankfurt am Main', site: 'DC 2' },
    { name: 'router', host: 'router.example.org', site: 'DC 2' },
  ],
  nameRanges: ['198.51.100.0/24'],
  step: Duration.minutes(5),
  pings: 10,
  interval: Duration.millis(500),
  limits: { loss: 0.02, roundTrip: Duration.millis(80), jitter: Duration.millis(20) },
  title: 'Ways out of Berlin',
  contact: 'network@example.org',
  volume: { size: Size.gibibytes(1), storageClass: 'fast' },
  resources: { cpu: '100m', memory: '256Mi' },
  daemonResources: { cpu: '100m', memory: '128Mi' },
  image: 'example.org/smokeping:2.9.0',
  prober: { image: 'example.org/prober:0.12.0', resources: { cpu: '100m', memory: '64Mi' } },
};

function render(props: Partial<SmokepingProps> = {}, tls = false) {
  const app = testApp(tls ? { tls: { ca: 'ca' } } : {});
  const smokeping = new Smokeping(app.chart('network'), 'smokeping', { targets: [gateway], ...props });
  new Prometheus(app.chart('metrics'), 'prometheus').scrape(smokeping);
  return { app, smokeping, objects: renderApp(app) };
}

const ofNetwork = ({ objects }: ReturnType<typeof render>) =>
  asYaml(objects.filter(({ metadata }) => metadata.namespace === 'network'));

describe('SmokePing', () => {
  it('needs a target and nothing else', () => {
    const rendered = render();
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofNetwork(rendered)).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const rendered = render(everything);
    const { objects } = rendered;
    const config = fileOf(objects, 'latency-config', 'config');
    for (const line of ['step = 300', 'pings = 10', 'title = Ways out of Berlin', 'contact = network@example.org'])
      expect(config).toContain(`${line}\n`);
    const [template] = objectOf(objects, 'StatefulSet', 'latency').spec.volumeClaimTemplates;
    expect(template?.spec).toMatchObject({ storageClassName: 'fast', resources: { requests: { storage: '1Gi' } } });
    const images = podTemplateOf(objects, 'StatefulSet', 'latency').spec.containers.map(({ image }) => image);
    expect(images).toEqual(['example.org/smokeping:2.9.0', 'example.org/smokeping:2.9.0']);
    expect(containerOf(objects, 'Deployment', 'latency-prober').image).toBe('example.org/prober:0.12.0');
    expect(violationsOf(rendered.app)).toEqual([]);
    expect(ofNetwork(rendered)).toMatchSnapshot();
  });

  it('pings without any capability, in pods that are restricted', () => {
    const { objects } = render();
    for (const [kind, name] of [['StatefulSet', 'smokeping'] as const, ['Deployment', 'smokeping-prober'] as const]) {
      const { spec } = podTemplateOf(objects, kind, name);
      expect(spec.securityContext).toMatchObject({
        runAsNonRoot: true,
        sysctls: [{ name: 'net.ipv4.ping_group_range' }],
      });
      for (const { securityContext } of spec.containers)
        expect(securityContext).toMatchObject({
          capabilities: { drop: ['ALL'] },
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
        });
    }
  });

  it('lets pings out to its targets alone, and asks DNS only for names', () => {
    const egress = (props: Partial<SmokepingProps>) =>
      objectOf(render(props).objects, 'NetworkPolicy', 'smokeping-prober').spec.egress;
    const to = (cidr: string) => ({ to: [{ ipBlock: { cidr } }] });
    expect(egress({})).toEqual([to('192.0.2.254/32')]);
    expect(egress({ targets: [{ name: 'local', host: 'fe80::1%eth0' }] })).toEqual([to('fe80::1/128')]);
    const named = egress({ targets: [gateway, { name: 'r', host: 'r.example.org' }], nameRanges: ['10.0.0.0/8'] });
    expect(named).toEqual(expect.arrayContaining([to('192.0.2.254/32'), to('10.0.0.0/8')]));
    expect(JSON.stringify(named)).toContain('"port":53');
    expect(egress({ targets: [{ name: 'r', host: 'r.example.org' }] })).toEqual(
      expect.arrayContaining([to('0.0.0.0/0'), to('::/0')]),
    );
  });

  it('shows targets below their region and site, by addresses of their version', () => {
    const config = fileOf(render({ targets: everything.targets }).objects, 'smokeping-config', 'config');
    const targets = config.slice(config.indexOf('*** Targets ***'));
    expect(targets.match(/^\++ .+$/gm)).toEqual([
      expect.stringMatching(/^\+ region_frankfurt-am-main-[0-9a-f]{6}$/),
      expect.stringMatching(/^\+\+ site_dc-2-[0-9a-f]{6}$/),
      '+++ v6',
      '+ region_eu',
      '++ site_fra',
      '+++ fra-core',
      '+++ fra-edge',
      expect.stringMatching(/^\+ site_dc-2-[0-9a-f]{6}$/),
      '++ router',
      '+ resolver',
    ]);
    expect(targets).toContain('+++ v6\n\nprobe = FPing6\nmenu = v6\ntitle = v6: 2001:db8::7\nhost = 2001:db8::7\n');
    expect(targets).toContain('title = fra-edge: 192.0.2.1, aws, link ber-fra\n');
  });

  it('gives the prober every host, once, by sockets for pings', () => {
    const { objects } = render(everything);
    const config = parse(fileOf(objects, 'latency-prober-config', 'config.yaml')) as ProberConfig;
    const hosts = ['192.0.2.1', '192.0.2.2', '203.0.113.53', '2001:db8::7', 'router.example.org'];
    expect(config.targets).toEqual([{ hosts, interval: '500ms', network: 'ip', protocol: 'udp' }]);
  });

  it('takes settings of its own files', () => {
    const config = { config: { Probes: { FPing: { packetsize: 1000 } } }, 'httpd.conf': { LogLevel: 'info' } };
    const { objects } = render({ config });
    expect(fileOf(objects, 'smokeping-config', 'config')).toMatch(
      /\+ FPing\n\nbinary = \S+\n.*\n.*\npacketsize = 1000\n/,
    );
    expect(fileOf(objects, 'smokeping-config', 'httpd.conf')).toContain('\nLogLevel info\n');
    expect(() => render({ config: { targets: {} } })).toThrow('config, httpd.conf');
  });

  it('has a page that a door can be opened to', () => {
    const { app, smokeping } = render();
    smokeping.page.expose(new NodePort(30800));
    expect(objectOf(renderApp(app), 'Service', 'smokeping').spec).toMatchObject({
      type: 'NodePort',
      ports: [{ port: 8080, nodePort: 30800 }],
    });
    expect(violationsOf(app)).toEqual([]);
  });

  it('encrypts its metrics where the platform does', () => {
    const { objects } = render({}, true);
    expect(containerOf(objects, 'Deployment', 'smokeping-prober').args).toContain(
      '--web.config.file=/etc/smokeping-prober/web.yaml',
    );
    expect(fileOf(objects, 'smokeping-prober-config', 'web.yaml')).toContain(
      'cert_file: /etc/plumbline/tls/server/tls.crt',
    );
  });

  it('tells of limits as they are set', () => {
    const { smokeping } = render({ limits: everything.limits });
    const expr = (name: string) => smokeping.alerts.find((alert) => alert.name === name)?.expr;
    expect(expr('NetworkPacketLoss')).toContain('> 0.02 < 1');
    expect(expr('NetworkLatencyHigh')).toContain('> 0.08');
    expect(expr('NetworkJitterHigh')).toContain('> 0.02');
  });

  it('records what a target is called, with labels only that it has', () => {
    const [group] = ruleGroups(render().smokeping, { runbookUrl: 'docs/runbooks', sources: [] });
    expect(group?.rules[0]).toMatchObject({
      record: 'target:smokeping:info',
      labels: { job: 'smokeping-prober', host: '192.0.2.254', target: 'gateway' },
    });
    expect(Object.keys(group?.rules[0]?.labels ?? {})).toEqual(['job', 'host', 'target']);
  });

  it.each([
    ['no targets', { targets: [] }, 'at least one target'],
    ['a host twice', { targets: [gateway, { ...gateway, name: 'again' }] }, 'a host that no other target has'],
    ['a title that is two lines', { title: 'a\nb' }, 'plain words in one line'],
    ['a contact that is none', { contact: 'me' }, 'an address of mail'],
    ['a flood', { interval: Duration.millis(1) }, 'a tenth of a second or more'],
    ['half a ping', { pings: 4.5 }, 'a whole number from 3 on'],
    ['more pings than there is time for', { pings: 100 }, 'time for 100 pings'],
    ['a volume that is too small', { volume: { size: Size.mebibytes(5) } }, 'MiB that the graphs take'],
  ])('refuses %s', (_, props, message) => {
    expect(() => render(props)).toThrow(message);
  });
});
