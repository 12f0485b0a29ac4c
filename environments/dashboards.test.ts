import { Grafana, type Dashboard } from '../constructs';
import { signalSources } from '../constructs/core/data-source';
import { fileOf, objectOf, renderApp, testApp } from '../constructs/testing';
import { platform } from '../main';
import { modelOf } from './dashboards';
import { allDashboards, allPromql } from './dashboards.testing';
import { mistakesInTypes } from './dashboard-types.testing';
import { documented } from './documented-metrics.testing';
import { answered, seriesOf, workerSeries } from './exposed-metrics.testing';
import { allRules, components } from './signals.testing';
import { addon, environments, minimal, thesis } from './index';

/** What would be wrong with a dashboard, a line each. */
function mistakesIn(dashboard: Dashboard): readonly string[] {
  const { panels, templating } = modelOf(dashboard);
  const mistakes: string[] = [];
  const ids = panels.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) mistakes.push('two panels have one id');
  const variables = new Map(templating.list.map((variable) => [variable.name, variable]));
  for (const [index, { type, title, description = '', gridPos, targets = [], fieldConfig }] of panels.entries()) {
    const say = (what: string) => mistakes.push(`${title}: ${what}`);
    if (title.trim() === '') say('has no title');
    if (gridPos.x < 0 || gridPos.x + gridPos.w > 24) say('is wider than the grid');
    for (const other of panels.slice(index + 1)) {
      const { x, y, w, h } = other.gridPos;
      const beside = gridPos.x + gridPos.w <= x || x + w <= gridPos.x;
      const below = gridPos.y + gridPos.h <= y || y + h <= gridPos.y;
      if (!beside && !below) say(`overlaps ${other.title}`);
    }
    if (type === 'row') continue;
    if (!/^[A-Z].{8,}[.]$/s.test(description)) say('does not say what it tells');
    if (targets.length === 0) say('asks nothing');
    if (new Set(targets.map(({ refId }) => refId)).size !== targets.length) say('has two queries of one name');
    if (['timeseries', 'stat'].includes(type) && fieldConfig?.defaults.unit === undefined) say('has no unit');
    for (const { datasource } of targets) {
      const name = /^\$\{(\w+)\}$/.exec(datasource.uid)?.[1] ?? '';
      const variable = variables.get(name);
      if (variable?.type !== 'datasource' || variable.query !== datasource.type)
        say(`asks a store that cannot be chosen: ${datasource.uid}`);
    }
  }
  return mistakes;
}

const shown = allDashboards.map((dashboard) => [dashboard.uid, dashboard] as const);

describe('Every dashboard', () => {
  it.each(shown)('%s says what it shows, where nothing overlaps, of stores that can be chosen', (_, dashboard) => {
    expect(mistakesIn(dashboard)).toEqual([]);
    expect(modelOf(dashboard).description).toMatch(/^.{20,}\.$/);
  });

  it('would be seen to be wrong', () => {
    const panel = {
      id: 1,
      type: 'timeseries',
      title: 'A',
      gridPos: { x: 20, y: 0, w: 8, h: 8 },
      targets: [{ refId: 'A', datasource: { type: 'prometheus', uid: 'prometheus' }, expr: 'up' }],
    };
    const model = { panels: [panel, { ...panel, title: 'B' }], templating: { list: [] } };
    expect(mistakesIn({ uid: 'x', title: 'X', folder: 'F', model })).toEqual(
      expect.arrayContaining([
        'two panels have one id',
        'A: is wider than the grid',
        'A: overlaps B',
        'A: does not say what it tells',
        'A: has no unit',
        'A: asks a store that cannot be chosen: prometheus',
      ]),
    );
  });

  it('is of the types that Grafana publishes, field by field', () => {
    expect(mistakesInTypes(allDashboards)).toEqual([]);
  });

  it('would be seen not to be of them: a misspelt option, a value that is none, a field of another kind of panel', () => {
    const broker = allDashboards.find(({ uid }) => uid === 'redpanda');
    const text = JSON.stringify(broker?.model)
      .replace('"showLegend"', '"showLegent"')
      .replace('"graphMode":"area"', '"graphMode":"aria"')
      .replace('"editorMode":"code"', '"maxLines":3');
    const wrong = { uid: 'wrong', title: 'Wrong', folder: 'F', model: JSON.parse(text) as object };
    expect(mistakesInTypes([wrong])).toEqual([
      expect.stringContaining('"aria"'),
      expect.stringContaining(`'"maxLines"' does not exist`),
      expect.stringContaining(`'"showLegent"' does not exist`),
    ]);
  });

  it('uses variables only that it has', () => {
    const unknown = allDashboards.flatMap((dashboard) => {
      const { templating, panels } = modelOf(dashboard);
      const names = templating.list.map(({ name }) => name);
      const used = JSON.stringify([panels, templating.list.map(({ query }) => query)]).matchAll(/\$\{?(\w+)/g);
      return Array.from(used, ([, name = '']) => name).filter(
        (name) => !name.startsWith('__') && !names.includes(name),
      );
    });
    expect(unknown).toEqual([]);
  });

  it('is of its own uid and title', () => {
    for (const field of ['uid', 'title'] as const) {
      const values = allDashboards.map((dashboard) => dashboard[field]);
      expect(values).toEqual([...new Set(values)]);
    }
  });
});

describe('Every component', () => {
  it('has a dashboard, but what tells nothing of itself', () => {
    const without = components.filter(({ dashboards }) => dashboards.length === 0);
    expect(without.flatMap(({ name, scrapeTargets }) => (scrapeTargets.length > 0 ? [name] : []))).toEqual([]);
  });
});

describe('Every series that a panel asks for', () => {
  it('is exposed by our workers, answered by a real server, written down, or recorded by a rule', async () => {
    const known = [
      ...(await workerSeries()),
      ...Object.values(answered).flat(),
      ...Object.keys(documented),
      ...allRules.flatMap(({ record }) => record ?? []),
    ];
    const unknownTo = (queries: readonly string[]) => [
      ...new Set(queries.flatMap(seriesOf).filter((name) => !known.includes(name))),
    ];
    expect(unknownTo(allPromql)).toEqual([]);
    expect(unknownTo(['rate(plumbline_worker_retry_total{a="b"}[2m])'])).toEqual(['plumbline_worker_retry_total']);
  });
});

describe('The dashboards of an environment', () => {
  it('are found by the sidecar of a Grafana that is not ours', () => {
    const objects = renderApp(platform(addon));
    const maps = objects.filter(({ metadata }) => metadata.labels?.grafana_dashboard === '1');
    const uids = maps.flatMap(({ metadata }) => Object.keys(objectOf(objects, 'ConfigMap', metadata.name).data));
    expect(uids).toEqual(expect.arrayContaining(['pipeline-incidents.json', 'pipeline-workers.json']));
    for (const { metadata } of maps) expect(metadata.annotations?.grafana_folder).toMatch(/./);
  });

  it.each([thesis, minimal].map((environment) => [environment.name, environment] as const))(
    'of %s find their stores in its Grafana, by the uids that the stores carry',
    (_, environment) => {
      const objects = renderApp(platform(environment));
      const sources = fileOf(objects, 'grafana-datasources', 'datasources.yaml');
      const maps = objects.filter(
        ({ kind, metadata }) => kind === 'ConfigMap' && /^grafana-dashboard-/.test(metadata.name),
      );
      const files = maps.flatMap(({ metadata }) => Object.values(objectOf(objects, 'ConfigMap', metadata.name).data));
      expect(files.length).toBeGreaterThan(5);
      for (const file of files) {
        const { templating } = JSON.parse(file) as ReturnType<typeof modelOf>;
        for (const { type, current } of templating.list)
          if (type === 'datasource') expect(sources).toContain(`uid: ${String(current.value)}\n`);
      }
    },
  );

  it.each(environments.map((environment) => [environment.name, environment] as const))(
    'of %s can be applied by any client: it keeps a copy of each ConfigMap in an annotation of at most 256 KiB',
    (_, environment) => {
      const maps = renderApp(platform(environment)).filter(({ kind }) => kind === 'ConfigMap');
      const sizes = maps.map((map) => [map.metadata.name, JSON.stringify(map).length] as const);
      expect(sizes.filter(([, size]) => size > 200_000)).toEqual([]);
    },
  );

  it('go to the first store of a kind in a Grafana that has none of the uid', () => {
    const app = testApp();
    const grafana = new Grafana(app.chart('visualization'), 'grafana');
    grafana.show({ dashboards: allDashboards });
    const uids = Object.values(signalSources).map(({ uid }) => uid);
    for (const dashboard of allDashboards)
      for (const { targets = [] } of modelOf(dashboard).panels)
        for (const { datasource } of targets) expect(uids).not.toContain(datasource.uid);
    expect(renderApp(app).length).toBeGreaterThan(0);
  });
});
