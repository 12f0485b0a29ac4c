import { ApiObject } from 'cdk8s';
import { Grafana } from '../visualization/grafana';
import { ObjectStore } from '../storage/object-store';
import { Prometheus } from '../metrics/prometheus';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { objectOf, renderApp, testApp } from '../testing';

function render() {
  const app = testApp();
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('blocks') });
  const grafana = new Grafana(app.chart('visualization'), 'grafana', { sources: [tempo] });
  return { app, storage, tempo, grafana, prometheus: new Prometheus(app.chart('metrics'), 'prometheus') };
}

describe('A component', () => {
  it('lets a rendered object be changed, also in fields that nobody here knows', () => {
    const { app, tempo } = render();
    const before = objectOf(renderApp(app), 'StatefulSet', 'tempo').spec;
    tempo.override('StatefulSet', ({ spec, ...object }) => ({
      ...object,
      spec: { ...(spec as object), fieldOfTheFuture: { kept: true } },
    }));
    tempo.override('StatefulSet/tempo', ({ spec, ...object }) => ({
      ...object,
      spec: { ...(spec as object), replicas: 0 },
    }));
    expect(objectOf(renderApp(app), 'StatefulSet', 'tempo').spec).toEqual({
      ...before,
      fieldOfTheFuture: { kept: true },
      replicas: 0,
    });
  });

  it('gives a Job that is changed another name, because it cannot be changed under the one it has', () => {
    const nameOf = (change: (spec: object) => object) => {
      const { app, storage } = render();
      storage.override('Job/objects-buckets', ({ spec, ...object }) => ({ ...object, spec: change(spec as object) }));
      return objectOf(renderApp(app), 'Job', 'objects-buckets').metadata.name;
    };
    const [plain, changed] = [nameOf((spec) => spec), nameOf((spec) => ({ ...spec, backoffLimit: 7 }))];
    expect([plain, changed]).toEqual([
      expect.stringMatching(/^objects-buckets-[0-9a-f]{10}$/),
      expect.stringMatching(/^objects-buckets-[0-9a-f]{10}$/),
    ]);
    expect(changed).not.toBe(plain);
  });

  it('says which objects it has when there is none of that name', () => {
    expect(() => render().tempo.override('Deployment', (object) => object)).toThrow(
      /there is no object of .*tempo Deployment; known: .*StatefulSet\/tempo/,
    );
  });

  it('is found by its main object', () => {
    const { storage, tempo, grafana, prometheus } = render();
    const found = [storage, tempo, grafana, prometheus].map((each) => ApiObject.of(each));
    expect(found.map(({ kind, name }) => `${kind}/${name}`)).toEqual([
      'StatefulSet/objects',
      'StatefulSet/tempo',
      'Deployment/grafana',
      'StatefulSet/prometheus',
    ]);
  });

  it('shows its workloads', () => {
    const { storage, tempo } = render();
    expect(tempo.workloads.map(({ name }) => name)).toEqual(['tempo']);
    expect(storage.workloads.map(({ name }) => name)).toEqual(['objects', 'objects-buckets']);
  });
});
