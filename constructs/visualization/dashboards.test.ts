import type { Dashboard } from '../core/dashboard';
import { fileOf, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { parse } from 'yaml';
import { Grafana } from './grafana';

const broker: Dashboard = {
  uid: 'broker',
  title: 'Broker',
  folder: 'Platform',
  model: { panels: [], title: 'x', id: 7 },
};

function render(...dashboards: readonly Dashboard[]) {
  const app = testApp();
  const grafana = new Grafana(app.chart('visualization'), 'grafana');
  grafana.show({ dashboards });
  return { app, grafana, objects: renderApp(app) };
}

describe('Dashboards in Grafana', () => {
  it('are in folders, a ConfigMap each, under their own uid and title', () => {
    const shop: Dashboard = { uid: 'shop', title: 'Shop', folder: 'Applications of $ALL', model: {} };
    const { app, objects } = render(broker, shop, { ...broker, uid: 'lag', title: 'Lag' });
    expect(violationsOf(app)).toEqual([]);
    for (const uid of ['broker', 'lag', 'shop'])
      expect(Object.keys(objectOf(objects, 'ConfigMap', `grafana-dashboard-${uid}`).data)).toEqual([`${uid}.json`]);
    expect(JSON.parse(fileOf(objects, 'grafana-dashboard-broker', 'broker.json'))).toEqual({
      id: null,
      uid: 'broker',
      title: 'Broker',
      panels: [],
    });
    const { providers } = parse(fileOf(objects, 'grafana-dashboards', 'dashboards.yaml')) as {
      readonly providers: readonly { readonly folder: string; readonly folderUid: string; readonly options: object }[];
    };
    const { containers, volumes } = podTemplateOf(objects, 'Deployment', 'grafana').spec;
    const mounted = (containers[0]?.volumeMounts ?? []) as readonly {
      readonly name: string;
      readonly mountPath: string;
    }[];
    expect(providers.map(({ folder }) => folder)).toEqual(['Applications of $$ALL', 'Platform']);
    const below = (path: string) =>
      mounted.flatMap((mount) => (mount.mountPath.startsWith(`${path}/`) ? [mount.name] : []));
    expect(providers.map(({ options }) => below((options as { path: string }).path))).toEqual([
      ['dashboard-shop'],
      ['dashboard-broker', 'dashboard-lag'],
    ]);
    expect(JSON.stringify(volumes)).toContain('"configMap":{"name":"grafana-dashboard-lag"}');
  });

  it('restart Grafana when they change', () => {
    const hashOf = (model: object) =>
      podTemplateOf(render({ ...broker, model }).objects, 'Deployment', 'grafana').metadata.annotations;
    expect(hashOf({ panels: [1] })).not.toEqual(hashOf({ panels: [2] }));
  });

  it('leave nothing where there are none', () => {
    const names = render().objects.map(({ metadata }) => metadata.name);
    expect(names.filter((name) => name.includes('dashboards'))).toEqual([]);
  });

  it('are collected from every component of an app', () => {
    class Shown extends Grafana {
      override readonly dashboards = [broker];
    }
    const app = testApp();
    const grafana = new Shown(app.chart('visualization'), 'grafana');
    app.collect({ dashboards: grafana });
    expect(fileOf(renderApp(app), 'grafana-dashboard-broker', 'broker.json')).toContain('"Broker"');
  });

  it('are told apart by uid, and in a folder by title', () => {
    const { grafana } = render(broker);
    expect(() => grafana.show({ dashboards: [{ ...broker, folder: 'Else' }] })).toThrow(
      'dashboard broker exists twice',
    );
    expect(() => grafana.show({ dashboards: [{ ...broker, uid: 'other' }] })).toThrow(
      'dashboard Broker exists twice in folder Platform',
    );
  });

  it('that several components carry are shown once, where it is the same value', () => {
    const { objects } = render(broker, broker);
    expect(objects.filter(({ metadata }) => metadata.name === 'grafana-dashboard-broker')).toHaveLength(1);
    expect(() => render(broker, { ...broker })).toThrow('dashboard broker exists twice');
  });

  it('have names that objects can have, whatever their uid', () => {
    const { app, objects } = render({ ...broker, uid: 'My_Broker' });
    expect(violationsOf(app)).toEqual([]);
    expect(objects.some(({ metadata }) => /^grafana-dashboard-my-broker-[0-9a-f]{10}$/.test(metadata.name))).toBe(true);
  });

  it.each([
    [{ uid: 'a b' }, 'uid of dashboard Broker is "a b", which is not of at most 40 letters'],
    [{ title: '' }, 'title of dashboard broker is "", which is not a text that people see'],
    [{ folder: ' ' }, 'folder of dashboard broker is " ", which is not a text that people see'],
  ])('are refused as Grafana would refuse them: %j', (change, message) => {
    expect(() => render({ ...broker, ...change })).toThrow(message);
  });

  it('fit into a ConfigMap, and which does not is said', () => {
    const large = (size: number): Dashboard => ({ ...broker, model: { text: 'x'.repeat(size) } });
    expect(() => render(large(1_100_000))).toThrow(
      /1 files of one ConfigMap are 110\d{4} bytes, and it holds at most 1048576; the largest: broker\.json 110\d{4}/,
    );
    expect(() => render(large(600_000), { ...large(600_000), uid: 'other', title: 'Other' })).not.toThrow();
  });
});
