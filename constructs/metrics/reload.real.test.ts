import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Duration, Size } from 'cdk8s';
import { startPrometheus, type PrometheusPeer } from '../../tools/peers';
import { containerOf, fileOf, podTemplateOf, renderApp, testApp } from '../testing';
import { Prometheus, type PrometheusProps } from './prometheus';

function render(props: PrometheusProps = {}) {
  const app = testApp();
  new Prometheus(app.chart('metrics'), 'prometheus', { ...props, volume: { size: Size.gibibytes(4) } });
  return renderApp(app);
}

const configOf = (props: PrometheusProps = {}) => fileOf(render(props), 'prometheus-config', 'prometheus.yml');

describe('A Prometheus that runs', () => {
  const reloading = (containerOf(render(), 'StatefulSet', 'prometheus').args ?? []).filter((arg) =>
    arg.startsWith('--config.auto'),
  );
  let server: PrometheusPeer;
  beforeAll(async () => {
    server = await startPrometheus(configOf({ retention: Duration.days(2) }), [
      ...reloading,
      '--config.auto-reload-interval=1s',
    ]);
  });
  afterAll(() => server.stop());

  async function status(of: 'config' | 'runtimeinfo'): Promise<Record<string, string>> {
    const answer = await fetch(`${server.url}/api/v1/status/${of}`);
    return ((await answer.json()) as { data: Record<string, string> }).data;
  }

  /** As the kubelet does: by a rename, so that nobody reads half of it. */
  async function replace(text: string): Promise<void> {
    await writeFile(join(server.directory, 'next.yaml'), text);
    await rename(join(server.directory, 'next.yaml'), join(server.directory, 'prometheus.yaml'));
  }

  it('goes on with another scrape list and another retention, and was not restarted', async () => {
    const [before, { startTime, storageRetention }] = [await status('config'), await status('runtimeinfo')];
    expect(before.yaml).toContain('scrape_interval: 30s');
    expect(storageRetention).toContain('2d');
    await replace(configOf({ retention: Duration.days(3), scrapeInterval: Duration.seconds(15) }));
    let { yaml = '' } = await status('config');
    for (let tries = 0; !yaml.includes('scrape_interval: 15s') && tries < 100; tries += 1) {
      await sleep(200);
      ({ yaml = '' } = await status('config'));
    }
    expect(yaml).toContain('scrape_interval: 15s');
    const now = await status('runtimeinfo');
    expect(now.storageRetention).toContain('3d');
    expect(now.startTime).toBe(startTime);
    expect(now.reloadConfigSuccess).toBe(true);
  });

  it('is not restarted by its manifest either', () => {
    const templateOf = (props: PrometheusProps) => podTemplateOf(render(props), 'StatefulSet', 'prometheus');
    expect(templateOf({ scrapeInterval: Duration.seconds(15) })).toEqual(templateOf({}));
  });
});
