import { Size } from 'cdk8s';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Grafana } from '../constructs';
import { containerOf, objectOf, renderApp, testApp, violationsOf } from '../constructs/testing';
import { Memcached, type MemcachedProps } from './memcached';

function render(props: MemcachedProps = {}) {
  const app = testApp();
  const memcached = new Memcached(app.chart('storage'), 'memcached', props);
  return { app, memcached };
}

describe('The construct of the page that says how to write one', () => {
  it('keeps every invariant, and is reached by a wire', () => {
    const { app, memcached } = render();
    const grafana = new Grafana(app.chart('visualization'), 'grafana');
    const [client] = grafana.workloads;
    client?.setEnv('CACHE', client.connectTo(memcached.cache).authority);
    const objects = renderApp(app);
    expect(containerOf(objects, 'Deployment', 'grafana').env).toContainEqual({
      name: 'CACHE',
      value: 'memcached.storage.svc.cluster.local:11211',
    });
    expect(objectOf(objects, 'NetworkPolicy', 'memcached').spec.ingress).toHaveLength(1);
    expect(violationsOf(app)).toEqual([]);
  });

  it('has the size and the pods that it is asked for', () => {
    const objects = renderApp(render({ cacheSize: Size.gibibytes(1), replicas: 2, image: 'example.org/m:1.0' }).app);
    expect(containerOf(objects, 'Deployment', 'memcached')).toMatchObject({
      image: 'example.org/m:1.0',
      args: ['--memory-limit=1024'],
      resources: { limits: { memory: '1056Mi' } },
    });
    expect(objectOf(objects, 'Deployment', 'memcached').spec).toMatchObject({ replicas: 2 });
  });

  it('is on the page as it is, in at most sixty lines', () => {
    const page = readFileSync(join(__dirname, '..', 'docs', 'how-to', 'write-a-construct.md'), 'utf8');
    const source = readFileSync(join(__dirname, 'memcached.ts'), 'utf8');
    expect(page).toContain(`\`\`\`ts\n${source}\`\`\``);
    expect(source.split('\n').length).toBeLessThanOrEqual(60);
  });
});
