import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { parse } from 'yaml';
import { interpolated, queriesOf } from '../../environments/dashboards.testing';
import { answered } from '../../environments/exposed-metrics.testing';
import {
  CertificateAuthority,
  checkBlackboxConfig,
  dataDirectory,
  freePort,
  startBlackboxExporter,
  startPrometheus,
  substituteAddresses,
  type BlackboxExporterPeer,
  type Peer,
  type PrometheusPeer,
} from '../../tools/peers';
import { dump } from '../core/yaml';
import { Prometheus } from '../metrics/prometheus';
import { containerOf, fileOf, renderApp, testApp } from '../testing';
import { everyKind } from './blackbox.testing';
import { BlackboxExporter } from './blackbox-exporter';
import { greeter, httpServer, httpsServer, mailServer, nameServer, type ProbedServer } from './probed-servers.testing';
import { SyntheticProbe } from './synthetic-probe';
import { NetworkTopology } from './topology';

type Probed = Readonly<Record<'site' | 'soon' | 'later' | 'mail' | 'ssh' | 'names', ProbedServer>>;

const loopback = '127.0.0.1';

/** What is asked of the local servers: each name says how it goes. */
function probesOf({ site, soon, later, mail, ssh, names }: Probed, closed: number): readonly SyntheticProbe[] {
  const url = (path: string) => `http://${loopback}:${site.port}${path}`;
  const timeout = Duration.seconds(2);
  const tls = { ca: 'own-ca' };
  const body = { matches: ['all is well'] };
  const question = { port: names.port, timeout };
  const conversation = [
    { expect: '^220' },
    { send: 'EHLO prober' },
    { expect: '^250 STARTTLS' },
    { send: 'STARTTLS' },
    { expect: '^220' },
    { startTls: true },
  ];
  const network = new NetworkTopology({
    regions: ['here', 'there'],
    sites: { berlin: { region: 'here', provider: 'own' }, virginia: { region: 'there', provider: 'aws' } },
    links: {
      'link-good': { from: 'berlin', to: 'virginia', host: loopback, port: ssh.port },
      'link-slow': {
        from: 'berlin',
        to: 'virginia',
        host: loopback,
        port: site.port,
        roundTrip: Duration.millis(0.001),
      },
      'link-closed': { from: 'berlin', to: 'virginia', host: loopback, port: closed },
    },
  });
  return [
    SyntheticProbe.http('good', url('/'), { body, timeout }),
    SyntheticProbe.http('slow', url('/slow'), { body, slow: Duration.millis(300), timeout }),
    SyntheticProbe.http('endless', url('/endless'), { timeout: Duration.seconds(1) }),
    SyntheticProbe.http('wrong-body', url('/maintenance'), { body, timeout }),
    SyntheticProbe.http('wrong-code', url('/gone'), { timeout }),
    SyntheticProbe.http('elsewhere', url('/elsewhere'), { timeout }),
    SyntheticProbe.http('failing', url('/failing'), { timeout }),
    SyntheticProbe.http('meant-to-fail', url('/failing'), { status: [503], timeout }),
    SyntheticProbe.gateway('closed-gateway', url('/api'), { timeout }),
    SyntheticProbe.gateway('open-gateway', url('/'), { timeout }),
    SyntheticProbe.gateway('bearer', url('/api'), { credential: { secret: 'probe', key: 'key' }, timeout }),
    SyntheticProbe.gateway('header', url('/api'), {
      credential: { secret: 'probe', key: 'key', header: 'X-Api-Key' },
      timeout,
    }),
    SyntheticProbe.cdn('cached', url('/cached'), { timeout }),
    SyntheticProbe.cdn('uncached', url('/'), { timeout }),
    SyntheticProbe.http('expires-soon', `https://${loopback}:${soon.port}/`, { tls, timeout }),
    SyntheticProbe.http('untrusted', `https://${loopback}:${soon.port}/`, { timeout }),
    SyntheticProbe.tls('expires-later', { host: loopback, port: later.port }, { tls, timeout }),
    SyntheticProbe.tls('unverified', { host: loopback, port: soon.port }, { verified: false, timeout }),
    SyntheticProbe.tls('mail', { host: loopback, port: mail.port }, { tls, conversation, timeout }),
    SyntheticProbe.tcp('ssh', { host: loopback, port: ssh.port }, { conversation: [{ expect: '^SSH-2' }], timeout }),
    SyntheticProbe.tcp(
      'not-pop',
      { host: loopback, port: ssh.port },
      { conversation: [{ expect: '^[+]OK' }], timeout },
    ),
    SyntheticProbe.tcp('closed', { host: loopback, port: closed }, { timeout }),
    SyntheticProbe.dns('known', loopback, {
      query: 'known.example.org',
      answers: { matches: ['\\t192\\.0\\.2\\.7$'] },
      ...question,
    }),
    SyntheticProbe.dns('hijacked', loopback, {
      query: 'known.example.org',
      answers: { matches: ['\\t192\\.0\\.2\\.8$'] },
      ...question,
    }),
    SyntheticProbe.dns('without-address', loopback, { query: 'empty.example.org', ...question }),
    SyntheticProbe.dns('unknown', loopback, { query: 'unknown.example.org', ...question }),
    SyntheticProbe.dns('meant-to-be-gone', loopback, { query: 'gone.example.org', codes: ['NXDOMAIN'], ...question }),
    SyntheticProbe.dns('slow-names', loopback, { query: 'slow.example.org', ...question }),
    SyntheticProbe.icmp('echo', loopback, { timeout }),
    SyntheticProbe.icmp('no-echo', '240.0.0.1', { timeout: Duration.seconds(1) }),
    ...network.probesFrom('berlin'),
  ];
}

/** Echo requests need root or a group that is let: where neither is, that probe fails as it would in a pod without the setting. */
async function canPing(): Promise<boolean> {
  if (process.getuid?.() === 0) return true;
  const [from = 1, to = 0] = (await readFile('/proc/sys/net/ipv4/ping_group_range', 'utf8')).split(/\s+/).map(Number);
  const group = process.getgid?.() ?? -1;
  return from <= group && group <= to;
}

describe('A blackbox exporter as it is rendered, asked by a Prometheus as it is rendered', () => {
  const servers: ProbedServer[] = [];
  const peers: Peer[] = [];
  let exporter: BlackboxExporterPeer;
  let prometheus: PrometheusPeer;
  let dashboards: BlackboxExporter['dashboards'];
  let configText: string;
  let pings: boolean;

  beforeAll(async () => {
    pings = await canPing();
    const folder = await dataDirectory('probed');
    const authority = await CertificateAuthority.create(folder);
    const named = (name: string, days: number) => authority.issue(name, `/CN=${name}`, [`IP:${loopback}`], days);
    const well = (response: { end: (text: string) => void }) => response.end('all is well');
    const probed: Probed = {
      site: await httpServer((request, response) => {
        const { url = '/', headers } = request;
        if (url === '/slow') setTimeout(() => well(response), 600);
        else if (url === '/maintenance') response.end('back soon');
        else if (url === '/gone') response.writeHead(404).end();
        else if (url === '/elsewhere') response.writeHead(302, { location: '/' }).end();
        else if (url === '/failing') response.writeHead(503).end();
        else if (url === '/cached') response.writeHead(200, { age: '12' }).end();
        else if (url === '/api')
          response
            .writeHead(
              [headers.authorization, headers['x-api-key']].some((each) => String(each).endsWith('sesame')) ? 200 : 401,
            )
            .end();
        else if (url !== '/endless') well(response);
      }),
      soon: await httpsServer((_, response) => well(response), await named('soon', 5)),
      later: await httpsServer((_, response) => well(response), await named('later', 15)),
      mail: await mailServer(await named('mail', 28)),
      ssh: await greeter('SSH-2.0-test\r\n'),
      names: await nameServer(
        { 'known.example.org': '192.0.2.7', 'empty.example.org': undefined, 'slow.example.org': '192.0.2.9' },
        { 'slow.example.org': 900 },
      ),
    };
    servers.push(...Object.values(probed));

    const app = testApp();
    const own = new BlackboxExporter(app.chart('network'), 'blackbox-exporter', {
      probes: probesOf(probed, await freePort()),
      from: { site: 'berlin', region: 'here', provider: 'own' },
      // Links wait for five seconds.
      interval: Duration.seconds(6),
    });
    dashboards = own.dashboards;
    app.collect({ metrics: new Prometheus(app.chart('metrics'), 'prometheus') });
    const objects = renderApp(app);

    const credential = join(folder, 'key');
    await writeFile(credential, 'sesame');
    const rendered = fileOf(objects, 'blackbox-exporter-config', 'blackbox.yml');
    const mounted = /credentials_file: (\S+)/.exec(rendered)?.[1] ?? '';
    configText = substituteAddresses(rendered, {
      [mounted]: credential,
      '/etc/plumbline/tls/own-ca-ca-crt/ca.crt': authority.certificateFile,
    });
    const { args = [] } = containerOf(objects, 'Deployment', 'blackbox-exporter');
    exporter = await startBlackboxExporter(
      configText,
      args.filter((arg) => !arg.startsWith('--config.file')),
    );

    peers.push(exporter);

    const rules = join(folder, 'rules.yml');
    // Whoever waits for alerts here does not wait for minutes.
    const waiting = fileOf(objects, 'prometheus-rules', 'blackbox-exporter.yml').replaceAll(/for: \d+s/g, 'for: 1s');
    await writeFile(rules, waiting);
    const { scrape_configs } = parse(
      substituteAddresses(fileOf(objects, 'prometheus-config', 'prometheus.yml'), {
        'blackbox-exporter.network.svc.cluster.local:9115': new URL(exporter.url).host,
      }),
    ) as { readonly scrape_configs: readonly { readonly job_name: string }[] };
    prometheus = await startPrometheus(
      dump({
        global: { evaluation_interval: '1s' },
        rule_files: [rules],
        scrape_configs: [
          ...scrape_configs.filter(({ job_name }) => job_name === 'blackbox-exporter-probes'),
          // Names of the cluster are not known here.
          {
            job_name: 'blackbox-exporter',
            scrape_interval: '1s',
            static_configs: [{ targets: [new URL(exporter.url).host] }],
          },
        ],
      }),
    );
    peers.push(prometheus);
  });

  afterAll(async () => {
    for (const server of servers) server.close();
    await Promise.all(peers.map((peer) => peer.stop()));
  });

  interface Found {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }

  async function ask(query: string): Promise<readonly Found[]> {
    const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`);
    return ((await answer.json()) as { readonly data: { readonly result: readonly Found[] } }).data.result;
  }

  /** Asks until it is so, or for two minutes; whoever asked says what is missing. */
  async function until<T>(look: () => Promise<T>, isSo: (seen: T) => boolean): Promise<T> {
    let seen = await look();
    for (let tries = 0; tries < 240 && !isSo(seen); tries += 1) {
      await sleep(500);
      seen = await look();
    }
    return seen;
  }

  const targetsOf = (found: readonly Found[]) => [...new Set(found.map(({ metric }) => metric['target'] ?? ''))].sort();

  async function firing(): Promise<Readonly<Record<string, readonly string[]>>> {
    const alerts = await ask('ALERTS{alertstate="firing"}');
    const names = [...new Set(alerts.map(({ metric }) => metric['alertname'] ?? ''))].sort();
    return Object.fromEntries(
      names.map((name) => [name, targetsOf(alerts.filter(({ metric }) => metric['alertname'] === name))]),
    );
  }

  it('takes its configuration, of every kind of probe, and would not take a wrong one', async () => {
    await checkBlackboxConfig(configText);
    const app = testApp();
    new BlackboxExporter(app.chart('network'), 'every', { probes: everyKind });
    await checkBlackboxConfig(fileOf(renderApp(app), 'every-config', 'blackbox.yml'));
    await expect(checkBlackboxConfig(configText.replace('all is well', '(all'))).rejects.toThrow(
      'Could not compile regular expression',
    );
    await expect(checkBlackboxConfig(configText.replace('body_size_limit', 'body_limit'))).rejects.toThrow(
      'body_limit',
    );
  });

  it('finds out of each target how it is', async () => {
    const good = [
      'bearer',
      'cached',
      'closed-gateway',
      'expires-later',
      'expires-soon',
      'good',
      'header',
      'known',
      'link-good',
    ];
    const fine = ['link-slow', 'mail', 'meant-to-be-gone', 'meant-to-fail', 'slow', 'slow-names', 'ssh', 'unverified'];
    const expected = [...good, ...fine, ...(pings ? ['echo'] : [])].sort();
    const seen = await until(
      async () => targetsOf(await ask('probe_success == 1')),
      (targets) => targets.length >= expected.length,
    );
    expect(seen).toEqual(expected);
    const bad = [
      ...['closed', 'elsewhere', 'endless', 'failing', 'hijacked', 'link-closed', 'no-echo', 'not-pop', 'open-gateway'],
      ...['uncached', 'unknown', 'untrusted', 'without-address', 'wrong-body', 'wrong-code'],
      ...(pings ? [] : ['echo']),
    ].sort();
    const failed = await until(
      async () => targetsOf(await ask('probe_success == 0')),
      (targets) => targets.length >= bad.length,
    );
    expect(failed).toEqual(bad);
    expect(await ask('up{job="blackbox-exporter-probes"} == 0')).toEqual([]);
  });

  it('gives series the labels of what is asked, and from where', async () => {
    const [link] = await ask('probe_success{target="link-good"}');
    expect(link?.metric).toEqual({
      __name__: 'probe_success',
      job: 'blackbox-exporter-probes',
      instance: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
      target: 'link-good',
      probe: 'tcp',
      link: 'link-good',
      region: 'there',
      site: 'virginia',
      provider: 'aws',
      from_region: 'here',
      from_site: 'berlin',
      from_provider: 'own',
    });
  });

  it('has the series that rules and dashboards ask for', async () => {
    const missing = await until(
      async () => {
        const counts = await Promise.all(answered.blackboxExporter.map((name) => ask(`count(${name})`)));
        return answered.blackboxExporter.filter((_, index) => counts[index]?.length === 0);
      },
      (names) => names.length === 0,
    );
    expect(missing).toEqual([]);
  });

  it('makes exactly the alerts fire that it should', async () => {
    const expected = {
      CdnAnswersUncached: ['uncached'],
      DnsProbeFailing: ['hijacked', 'unknown', 'without-address'],
      DnsProbeSlow: ['slow-names'],
      EndpointAnswersWrong: ['elsewhere', 'not-pop', 'open-gateway', 'wrong-body', 'wrong-code'],
      EndpointCertificateExpiresSoon: ['expires-soon', 'unverified'],
      EndpointCertificateExpiring: ['expires-later', 'expires-soon', 'unverified'],
      EndpointDown: ['closed', ...(pings ? [] : ['echo']), 'endless', 'no-echo', 'untrusted'],
      EndpointServerErrors: ['failing'],
      EndpointSlow: ['slow'],
      LinkRoundTripHigh: ['link-slow'],
      LinkUnreachable: ['link-closed'],
    };
    const seen = await until(firing, (now) => JSON.stringify(now) === JSON.stringify(expected));
    expect(seen).toEqual(expected);
  });

  it('answers what its dashboards ask, every query', async () => {
    const queries = dashboards.flatMap(queriesOf).map(({ panel, text }) => [panel, interpolated(text, '.+')] as const);
    expect(queries.length).toBeGreaterThan(20);
    const open: string[] = [];
    for (const [panel, text] of queries) {
      const found = await until(
        () => ask(text),
        (result) => result.length > 0,
      );
      if (found.length === 0) open.push(`${panel}: ${text}`);
    }
    expect(open).toEqual([]);
  });

  it('is missed when it is gone: nobody takes what is not asked for well', async () => {
    await exporter.stop();
    const seen = await until(firing, (now) => Object.keys(now).length === 2);
    expect(Object.keys(seen)).toEqual(['BlackboxExporterDown', 'ProbesNotRunning']);
  });
});
