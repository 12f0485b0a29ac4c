import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  RowBuilder,
  type Panel as PanelModel,
  type RowPanel,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { contentHash } from '../core/content-hash';
import type { Dashboard } from '../core/dashboard';
import type { SignalKind } from '../core/data-source';
import { gridColumns, placed } from './layout';
import type { Panel } from './panel';
import { sourceVariable } from './variables';

/** Folders of our dashboards: by who looks at them. */
export const folders = {
  /** What people run on the platform: requests, traces, logs. */
  applications: 'Applications',
  /** What the pipeline finds, and how it does. */
  pipeline: 'Pipeline',
  /** The servers of the platform. */
  platform: 'Platform',
  /** Nodes and workloads of the cluster. */
  infrastructure: 'Infrastructure',
} as const;

/** Panels that belong together, under a title. */
export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** Options of {@link dashboard}. */
export interface DashboardProps extends Pick<Dashboard, 'uid' | 'title'> {
  readonly folder: (typeof folders)[keyof typeof folders];
  /** Whom it is for and what it answers. */
  readonly description: string;
  readonly rows: readonly Row[];
  /** Choices beside those of the stores. @default - none */
  readonly variables?: readonly Builder<VariableModel>[];
  /** How far it looks back at first. @default '1h' */
  readonly past?: string;
}

/** As Grafana 12.0 writes it; later ones read it. What the SDK would say is newer than what that knows. */
const schemaVersion = 41;

export function row(title: string, ...panels: readonly Panel[]): Row {
  return { title, panels };
}

/**
 * A dashboard, from what it says: panels get ids and places in their order, and there is a choice of each kind of store that is asked. All of
 * ours link to each other.
 */
export function dashboard(props: DashboardProps): Dashboard {
  const { uid, title, folder, description, rows, variables = [], past = '1h' } = props;
  const others = new DashboardLinkBuilder('Dashboards')
    .type(DashboardLinkType.Dashboards)
    .tags(['plumbline'])
    .asDropdown(true)
    .keepTime(true);
  // By hand, as the SDK's own builder of the whole is given up for a model that Grafana 12.0 does not know.
  const model = {
    timezone: 'browser',
    editable: true,
    graphTooltip: DashboardCursorSync.Crosshair,
    fiscalYearStartMonth: 0,
    schemaVersion,
    templating: { list: [...signalsOf(rows).map(sourceVariable), ...variables].map((each) => each.build()) },
    annotations: {},
    title,
    uid,
    description,
    tags: ['plumbline', folder.toLowerCase()],
    time: { from: `now-${past}`, to: 'now' },
    refresh: '1m',
    links: [others.build()],
    panels: panelsOf(rows),
  };
  // Undefined fields, and what the SDK marks its queries with, are not of the model.
  return { uid, title, folder, model: JSON.parse(JSON.stringify(model)) as object };
}

/**
 * Uid of a component's own dashboard.
 *
 * @param name of the component
 * @param view what it shows, where a component has several. @default - it has one
 */
export function ownUid(name: string, view?: string): string {
  const uid = view === undefined ? name : `${name}-${view}`;
  return uid.length <= 40 ? uid : `${uid.slice(0, 29).replace(/-+$/, '')}-${contentHash(uid)}`;
}

/** Title of a component's own dashboard: with its name, where that is not the usual one. */
export function ownTitle(title: string, usual: string, name: string): string {
  return name === usual ? title : `${title} ${name}`;
}

/** Kinds of stores that are asked, in an order that does not depend on that of the panels. */
function signalsOf(rows: readonly Row[]): readonly SignalKind[] {
  const asked = new Set(
    rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ source }) => source))),
  );
  return (['metrics', 'logs', 'traces'] as const).filter((signal) => asked.has(signal));
}

function panelsOf(rows: readonly Row[]): readonly (PanelModel | RowPanel)[] {
  const models: (PanelModel | RowPanel)[] = [];
  let y = 0;
  for (const { title, panels } of rows) {
    const place = { x: 0, y, w: gridColumns, h: 1 };
    models.push(
      new RowBuilder(title)
        .id(models.length + 1)
        .gridPos(place)
        .build(),
    );
    const { places, bottom } = placed(panels, y + 1);
    for (const [index, at] of places.entries()) {
      const panel = panels[index];
      if (panel !== undefined) models.push(panel.model(models.length + 1, at));
    }
    y = bottom;
  }
  return models;
}
