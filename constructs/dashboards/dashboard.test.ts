import type { Dashboard } from '../core/dashboard';
import { dashboard, folders, ownTitle, ownUid, row } from './dashboard';
import { gridColumns, placed } from './layout';
import { heatmap, logs, nodeGraph, stat, table, timeseries, traces } from './panels';
import { logql, promql, serviceMap, traceql } from './queries';
import { choiceVariable, labelVariable, textVariable } from './variables';

const said = { title: 'A', description: 'What it tells.' };
const up = promql('up');

/** The parts of a model that are looked at. */
interface Model {
  readonly schemaVersion: number;
  readonly tags: readonly string[];
  readonly links: readonly object[];
  readonly templating: { readonly list: readonly Record<string, unknown>[] };
  readonly panels: readonly (Record<string, unknown> & {
    readonly type: string;
    readonly gridPos: object;
    readonly targets: readonly Record<string, unknown>[];
    readonly fieldConfig: { readonly defaults: Record<string, unknown>; readonly overrides: readonly object[] };
  })[];
}

function made(...rows: Parameters<typeof dashboard>[0]['rows']): Model {
  const value: Dashboard = dashboard({
    uid: 'x',
    title: 'X',
    folder: folders.platform,
    description: 'For a test.',
    rows,
    variables: [labelVariable({ name: 'job', title: 'Job', series: 'up' })],
  });
  expect(value).toMatchObject({ uid: 'x', title: 'X', folder: 'Platform' });
  return value.model as Model;
}

/** The only panel of a dashboard with it. */
function modelOf(panel: Parameters<typeof row>[1]) {
  const [, found] = made(row('Row', panel)).panels;
  if (found === undefined) throw new Error('there is no panel');
  return found;
}

describe('Places of panels', () => {
  it('are beside each other as long as there is room, and then below the highest', () => {
    const { places, bottom } = placed(
      [
        { width: 12, height: 4 },
        { width: 12, height: 8 },
        { width: 24, height: 6 },
        { width: 16, height: 2 },
        { width: 9, height: 2 },
      ],
      1,
    );
    expect(places.map(({ x, y }) => [x, y])).toEqual([
      [0, 1],
      [12, 1],
      [0, 9],
      [0, 15],
      [0, 17],
    ]);
    expect(bottom).toBe(19);
  });

  it('of nothing take no room', () => {
    expect(placed([], 7)).toEqual({ places: [], bottom: 7 });
  });
});

describe('A dashboard', () => {
  it('numbers rows and panels, and puts a row above its panels', () => {
    const stats = [1, 2, 3, 4, 5].map((index) => stat({ ...said, title: `S${index}`, unit: 'short', query: up }));
    const { panels } = made(row('First', ...stats), row('Second', timeseries({ ...said, unit: 's', queries: [up] })));
    expect(panels.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(panels.map(({ type, gridPos }) => [type, gridPos])).toEqual([
      ['row', { x: 0, y: 0, w: gridColumns, h: 1 }],
      ['stat', { x: 0, y: 1, w: 6, h: 4 }],
      ['stat', { x: 6, y: 1, w: 6, h: 4 }],
      ['stat', { x: 12, y: 1, w: 6, h: 4 }],
      ['stat', { x: 18, y: 1, w: 6, h: 4 }],
      ['stat', { x: 0, y: 5, w: 6, h: 4 }],
      ['row', { x: 0, y: 9, w: gridColumns, h: 1 }],
      ['timeseries', { x: 0, y: 10, w: 12, h: 8 }],
    ]);
  });

  it('lets people choose the stores that its panels ask, ours at first, and no others', () => {
    const { templating, panels } = made(
      row('R', logs({ ...said, query: logql('{a="b"}') }), stat({ ...said, unit: 'short', query: up })),
    );
    expect(templating.list.map(({ name, type, query, current }) => [name, type, query, current])).toEqual([
      ['metrics', 'datasource', 'prometheus', { selected: true, text: 'Prometheus', value: 'prometheus' }],
      ['logs', 'datasource', 'loki', { selected: true, text: 'Loki', value: 'loki' }],
      ['job', 'query', expect.objectContaining({ query: 'label_values(up, job)' }), expect.anything()],
    ]);
    expect(panels.flatMap(({ targets = [] }) => targets.map(({ datasource }) => datasource))).toEqual([
      { type: 'loki', uid: '${logs}' },
      { type: 'prometheus', uid: '${metrics}' },
    ]);
  });

  it('is of a schema that Grafana 12.0 knows, and links to all of ours', () => {
    const { schemaVersion, tags, links } = made(row('R'));
    expect(schemaVersion).toBe(41);
    expect(tags).toEqual(['plumbline', 'platform']);
    expect(links).toEqual([expect.objectContaining({ type: 'dashboards', tags: ['plumbline'], keepTime: true })]);
  });

  it('is plain data, the same each time', () => {
    const once = made(row('R', timeseries({ ...said, unit: 's', queries: [up] })));
    expect(JSON.parse(JSON.stringify(once))).toEqual(once);
    expect(made(row('R', timeseries({ ...said, unit: 's', queries: [up] })))).toEqual(once);
  });

  it('of a component has its name, unless that is the usual one', () => {
    expect(ownTitle('Object store', 'objects', 'objects')).toBe('Object store');
    expect(ownTitle('Object store', 'objects', 'archive')).toBe('Object store archive');
    expect(ownUid('otel', 'collectors')).toBe('otel-collectors');
    const long = ownUid('a-name-as-long-as-kubernetes-would-still-have-it', 'collectors');
    expect(long).toMatch(/^a-name-as-long-as-kubernetes-[0-9a-f]{10}$/);
    expect(long.length).toBeLessThanOrEqual(40);
  });
});

describe('A panel', () => {
  it('of series has its unit, begins at nothing, and names its queries', () => {
    const panel = modelOf(
      timeseries({ ...said, unit: 'cps', queries: [promql('a', { legend: '{{job}}', exemplars: true }), promql('b')] }),
    );
    expect(panel).toMatchObject({ title: 'A', description: 'What it tells.', type: 'timeseries' });
    expect(panel.fieldConfig.defaults).toMatchObject({ unit: 'cps', min: 0 });
    expect(panel.fieldConfig.defaults).not.toHaveProperty('max');
    expect(panel.targets).toEqual([
      expect.objectContaining({ refId: 'A', expr: 'a', legendFormat: '{{job}}', exemplar: true, range: true }),
      expect.objectContaining({ refId: 'B', expr: 'b', legendFormat: '__auto', range: true }),
    ]);
    expect(panel.targets[1]).not.toHaveProperty('exemplar');
  });

  it('draws thresholds, and has no red from 80 on where there are none', () => {
    const steps = (thresholds?: object) =>
      modelOf(stat({ ...said, unit: 'short', query: up, ...(thresholds && { thresholds }) })).fieldConfig.defaults
        .thresholds;
    expect(steps()).toEqual({ mode: 'absolute', steps: [{ value: null, color: 'text' }] });
    expect(steps({ warn: 1, bad: 5 })).toEqual({
      mode: 'absolute',
      steps: [
        { value: null, color: 'green' },
        { value: 1, color: 'orange' },
        { value: 5, color: 'red' },
      ],
    });
    const drawn = modelOf(timeseries({ ...said, unit: 's', queries: [up], thresholds: { bad: 2 } }));
    expect(drawn.fieldConfig.defaults.custom).toMatchObject({ thresholdsStyle: { mode: 'dashed' } });
  });

  it('of rows asks for the end of the time alone, and names its columns', () => {
    const { targets, fieldConfig, transformations, options } = modelOf(
      table({
        ...said,
        labels: { job: 'Job' },
        values: [
          { title: 'Up', query: promql('up'), unit: 'short' },
          { title: 'Late', query: promql('late'), unit: 's', thresholds: { bad: 1 } },
        ],
      }),
    );
    expect(targets).toEqual([
      expect.objectContaining({ refId: 'A', instant: true, range: false, format: 'table' }),
      expect.objectContaining({ refId: 'B', instant: true, range: false, format: 'table' }),
    ]);
    expect(transformations).toEqual([
      { id: 'merge', options: {} },
      {
        id: 'organize',
        options: {
          excludeByName: { Time: true },
          indexByName: { job: 0, 'Value #A': 1, 'Value #B': 2 },
          renameByName: { job: 'Job', 'Value #A': 'Up', 'Value #B': 'Late' },
        },
      },
    ]);
    expect(fieldConfig.overrides).toHaveLength(2);
    expect(options).toMatchObject({ sortBy: [{ displayName: 'Up', desc: true }] });
  });

  it('of rows knows the column of a query that is alone', () => {
    const panel = modelOf(
      table({ ...said, labels: { job: 'Job' }, values: [{ title: 'Up', query: up, unit: 'short' }] }),
    );
    expect(panel).toMatchObject({
      transformations: [{}, { options: { renameByName: { job: 'Job', 'Value #A': 'Up', Value: 'Up' } } }],
    });
  });

  it('of buckets asks for a heat map', () => {
    expect(modelOf(heatmap({ ...said, unit: 's', query: up })).targets).toEqual([
      expect.objectContaining({ format: 'heatmap', legendFormat: '{{le}}', range: true }),
    ]);
  });

  it('of traces and of services asks Tempo', () => {
    expect(modelOf(traces({ ...said, query: traceql('{ status = error }', 5) })).targets).toEqual([
      expect.objectContaining({ queryType: 'traceql', query: '{ status = error }', limit: 5, tableType: 'traces' }),
    ]);
    expect(modelOf(nodeGraph({ ...said, query: serviceMap() }))).toMatchObject({
      type: 'nodeGraph',
      targets: [{ queryType: 'serviceMap', serviceMapQuery: '{}' }],
      fieldConfig: { defaults: {}, overrides: [] },
    });
  });
});

describe('A choice', () => {
  it('is of all values at first, which an expression takes for a regular expression', () => {
    expect(labelVariable({ name: 'job', title: 'Job', series: 'up', all: 'a|b' }).build()).toMatchObject({
      includeAll: true,
      multi: true,
      allValue: 'a|b',
      current: { value: ['$__all'] },
    });
    expect(choiceVariable('level', 'Level', ['error', 'warn']).build()).toMatchObject({
      query: 'error,warn',
      allValue: '.*',
      current: { value: ['$__all'] },
    });
  });

  it('of a label of logs asks Loki for it', () => {
    const variable = labelVariable({
      name: 'service',
      title: 'Service',
      series: '{a="b"}',
      label: 'service_name',
      source: 'logs',
    });
    expect(variable.build()).toMatchObject({
      datasource: { type: 'loki', uid: '${logs}' },
      query: { type: 1, stream: '{a="b"}', label: 'service_name' },
    });
  });

  it('may be words', () => {
    expect(textVariable('search', 'Search').build()).toMatchObject({ type: 'textbox', query: '', label: 'Search' });
  });
});
