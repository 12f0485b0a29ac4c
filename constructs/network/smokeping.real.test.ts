import { appendFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration } from 'cdk8s';
import { interpolated, queriesOf } from '../../environments/dashboards.testing';
import { answered } from '../../environments/exposed-metrics.testing';
import {
  checkSmokeping,
  dataDirectory,
  startHttpd,
  startPrometheus,
  startSmokeping,
  startSmokepingProber,
  type Peer,
  type PrometheusPeer,
  type SmokepingProberPeer,
} from '../../tools/peers';
import { ruleGroups } from '../core/rule-groups';
import { dump } from '../core/yaml';
import { containerOf, fileOf, podTemplateOf, renderApp, testApp } from '../testing';
import { Smokeping } from './smokeping';
import { pagePath } from './smokeping-page';
import { writeSmokepingFiles, type SmokepingFiles } from './smokeping.testing';
import type { NetworkTarget } from './target';

const here: NetworkTarget = {
  name: 'here',
  host: '127.0.0.1',
  region: 'eu',
  site: 'Berlin 2',
  provider: 'own',
  link: 'lo',
};
/** Of a range for documentation, which nobody answers from. */
const silent: NetworkTarget = { name: 'silent', host: '203.0.113.77', region: 'eu', site: 'fra', link: 'dark' };
/** Forms that hosts may have; SmokePing looks none of them up before it pings. */
const forms = ['2001:db8::1', 'fe80::1%eth0', '_dns.example.org.', 'router.example.org'].map((host, index) => ({
  name: `form-${index}`,
  host,
}));

const peers: Peer[] = [];
afterAll(() => Promise.all(peers.map((peer) => peer.stop())));

function render(targets: readonly NetworkTarget[]) {
  const app = testApp();
  const smokeping = new Smokeping(app.chart('network'), 'smokeping', {
    targets,
    step: Duration.seconds(10),
    pings: 4,
    // Debian's fping 5.1 misses answers where it may not open raw sockets, unless it knows its own address; 5.2 mends it.
    config: { config: { Probes: { FPing: { sourceaddress: '127.0.0.1' } } } },
  });
  return { smokeping, objects: renderApp(app) };
}

/** Asks again and again until there is an answer; ends with the test's own deadline. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(500);
  }
}

describe('SmokePing, Apache and fping with the rendered files', () => {
  const { objects } = render([here, silent]);
  let files: SmokepingFiles;
  let url: string;

  beforeAll(async () => {
    files = await writeSmokepingFiles(objects);
    url = `http://127.0.0.1:${files.port}`;
    peers.push(await startSmokeping(files.config, files.directory));
    const user = podTemplateOf(objects, 'StatefulSet', 'smokeping').spec.securityContext as {
      readonly runAsUser: number;
    };
    peers.push(await startHttpd(files.httpd, files.directory, user.runAsUser, `${url}${pagePath}`));
  });

  const page = async (target = '') => (await fetch(`${url}${pagePath}${target && `?target=${target}`}`)).text();

  it('take them, whatever form a host has, and say what is wrong with others', async () => {
    const more = await writeSmokepingFiles(render([here, ...forms]).objects);
    expect((await checkSmokeping(more.config)).stdout).toContain('syntax OK');
    await appendFile(more.config, '\nnonsense = 1\n');
    await expect(checkSmokeping(more.config)).rejects.toThrow(/nonsense/);
  });

  it('write down each round, of a target that answers and of one that does not', async () => {
    const folders = (await readdir(files.data)).sort();
    expect(folders).toEqual(['region_eu']);
    const started = Date.now();
    const rounds = (await readdir(files.data, { recursive: true })).filter((name) => name.endsWith('.rrd'));
    expect(rounds.map((name) => name.replace(/.*\//, '')).sort()).toEqual(['here.rrd', 'silent.rrd']);
    for (const name of rounds)
      await eventually(async () => ((await stat(join(files.data, name))).mtimeMs > started ? true : undefined));
  });

  it('show all that is measured, by place, at the address itself', async () => {
    const front = await fetch(`${url}/`);
    expect([front.status, new URL(front.url).pathname]).toEqual([200, pagePath]);
    const text = await front.text();
    expect(text).toContain('<title>SmokePing Latency Page for Latency and loss</title>');
    for (const shown of ['>eu', 'Charts', 'mailto:noc@localhost.localdomain']) expect(text).toContain(shown);
    expect(await page('region_eu.site_fra')).toContain('silent');
    for (const style of text.matchAll(/(?:href|src)="(\/smokeping\/(?:css|js)\/[^"]+)"/g))
      expect([style[1], (await fetch(`${url}${style[1] ?? ''}`)).status]).toEqual([style[1], 200]);
  });

  it('draw graphs of a target', async () => {
    const [site = ''] = (await readdir(join(files.data, 'region_eu'))).filter((name) => name.startsWith('site_berlin'));
    const text = await page(`region_eu.${site}.here`);
    const pictures = Array.from(text.matchAll(/src="(cache\/[^"]+_last_\d+\.png)"/gi), ([, path = '']) => path);
    // Of three hours, thirty, ten days and more than a year.
    expect(pictures).toHaveLength(4);
    for (const path of pictures) {
      const picture = await fetch(`${url}/smokeping/${path}`);
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png']);
      expect((await picture.arrayBuffer()).byteLength).toBeGreaterThan(1000);
    }
  });

  it('give nothing else of the machine', async () => {
    const statusOf = async (path: string) => (await fetch(`${url}${path}`)).status;
    expect(await statusOf('/etc/passwd')).toBe(404);
    expect(await statusOf('/smokeping/cache/..%2f..%2fconfig')).toBe(404);
    expect(await statusOf('/cgi-bin/smokeping.cgi')).toBe(404);
  });
});

describe('The prober with the rendered configuration, as Prometheus reads it', () => {
  const { smokeping, objects } = render([here, silent]);
  let prober: SmokepingProberPeer;
  let prometheus: PrometheusPeer;

  beforeAll(async () => {
    const { args = [] } = containerOf(objects, 'Deployment', 'smokeping-prober');
    prober = await startSmokepingProber(args, fileOf(objects, 'smokeping-prober-config', 'config.yaml'));
    peers.push(prober);
    const directory = await dataDirectory('smokeping-rules');
    const rules = join(directory, 'rules.yml');
    await writeFile(rules, dump({ groups: ruleGroups(smokeping, { runbookUrl: 'docs/runbooks', sources: [] }) }));
    const [target] = smokeping.scrapeTargets;
    prometheus = await startPrometheus(
      dump({
        global: { scrape_interval: '1s', evaluation_interval: '1s' },
        rule_files: [rules],
        scrape_configs: [{ job_name: target?.job, static_configs: [{ targets: [new URL(prober.url).host] }] }],
      }),
    );
    peers.push(prometheus);
  });

  interface Sample {
    readonly metric: Readonly<Record<string, string>>;
    readonly value: readonly [number, string];
  }
  async function ask(query: string): Promise<readonly Sample[]> {
    const answer = await fetch(`${prometheus.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`);
    const { data } = (await answer.json()) as { readonly data: { readonly result: readonly Sample[] } };
    return data.result;
  }

  it('answers with every series that rules ask for', async () => {
    const text = await (await fetch(`${prober.url}/metrics`)).text();
    const missing = answered.smokepingProber.filter((name) => !new RegExp(`^${name}[ {]`, 'm').test(text));
    expect(missing).toEqual([]);
  });

  it('tells what is lost, by name, place and link of a target', async () => {
    const [lost, kept] = await eventually(async () => {
      const losses = await ask('target:smokeping_loss:ratio_rate5m');
      const of = (name: string) => losses.find(({ metric }) => metric.target === name);
      return of('silent')?.value[1] === '1' && of('here') !== undefined ? [of('silent'), of('here')] : undefined;
    });
    const { name: _, ...labels } = { ...here, target: 'here', job: 'smokeping-prober' };
    expect(kept?.metric).toEqual({ __name__: 'target:smokeping_loss:ratio_rate5m', ...labels });
    expect(Number(kept?.value[1])).toBeLessThan(0.5);
    expect(lost?.metric).toMatchObject({ target: 'silent', site: 'fra', link: 'dark' });
  });

  it('tells how long the way takes, of what answers alone', async () => {
    const [median, ...others] = await eventually(async () => {
      const found = await ask('target:smokeping_round_trip_seconds:p50_rate5m');
      return found.length > 0 ? found : undefined;
    });
    expect(others).toEqual([]);
    expect(median?.metric.target).toBe('here');
    expect(Number(median?.value[1])).toBeGreaterThan(0);
    expect(Number(median?.value[1])).toBeLessThan(1);
  });

  it('makes alerts of the link behind which nothing answers, and of no other', async () => {
    const alerts = await eventually(async () => {
      const found = await ask('ALERTS');
      return found.length > 0 ? found : undefined;
    });
    expect(alerts.map(({ metric }) => [metric.alertname, metric.link])).toEqual([['NetworkLinkDown', 'dark']]);
  });

  it('answers every panel of its dashboard', async () => {
    const [board] = smokeping.dashboards;
    const queries = board === undefined ? [] : queriesOf(board);
    expect(queries.length).toBeGreaterThan(12);
    for (const { panel, text } of queries) {
      const result = await eventually(async () => {
        const found = await ask(interpolated(text, '.*'));
        return found.length > 0 ? found : undefined;
      });
      expect([panel, result.length > 0]).toEqual([panel, true]);
    }
  });
});
