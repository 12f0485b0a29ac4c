import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  FieldColorBuilder,
  FieldColorModeId,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type GridPos,
  type Panel as PanelModel,
  type ThresholdsConfig,
} from '@grafana/grafana-foundation-sdk/dashboard';
import type * as unitIds from '@grafana/grafana-foundation-sdk/units';
import type { Query, Shape } from './queries';
import type { Extent } from './layout';

/** A unit as Grafana names it, such as `s`, `bytes`, `percentunit` (0 to 1) or `cps` (a second). */
export type Unit = (typeof unitIds)[keyof typeof unitIds];

/** What every panel is told. */
export interface PanelProps extends Partial<Extent> {
  readonly title: string;
  /** What it tells, and what to think of it: shown with the title. */
  readonly description: string;
}

/** Where a value begins to be worth a look, and where it is bad; either may be left out. */
export interface Thresholds {
  readonly warn?: number;
  readonly bad?: number;
}

/** A panel of a dashboard, wherever it will be. */
export interface Panel extends Extent {
  readonly queries: readonly Query[];
  /** As Grafana has it. @param id unique in the dashboard */
  model(id: number, place: GridPos): PanelModel;
}

/** What builders of all kinds of panels have in common. */
interface PanelBuilder extends Builder<PanelModel> {
  id(id: number): this;
  title(title: string): this;
  description(description: string): this;
  gridPos(place: GridPos): this;
  targets(targets: Builder<ReturnType<Query['target']>>[]): this;
}

/** A panel, of what is its own. @param build called anew for each dashboard that shows it */
export function panelOf(
  { title, description, ...extent }: PanelProps,
  standard: Extent,
  queries: readonly Query[],
  shape: Shape,
  build: () => PanelBuilder,
): Panel {
  return {
    ...standard,
    ...extent,
    queries,
    model: (id, place) => ({
      // Logs and graphs have no values that it would say anything of; Grafana expects it all the same.
      fieldConfig: { defaults: {}, overrides: [] },
      ...build()
        .id(id)
        .title(title)
        .description(description)
        .gridPos(place)
        .targets(queries.map((query, index) => ({ build: () => query.target(referenceOf(index), shape) })))
        .build(),
    }),
  };
}

/** Of a query in its panel: A, B, … @param index from 0, less than 26 */
export function referenceOf(index: number): string {
  return String.fromCharCode(65 + index);
}

/** Without thresholds there is a base alone: Grafana's own default is red from 80 on. */
export function thresholdsOf({ warn, bad }: Thresholds = {}): Builder<ThresholdsConfig> {
  const none = warn === undefined && bad === undefined;
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([
      { value: null, color: none ? 'text' : 'green' },
      ...(warn === undefined ? [] : [{ value: warn, color: 'orange' }]),
      ...(bad === undefined ? [] : [{ value: bad, color: 'red' }]),
    ]);
}

/** The colour of a value is the one of its threshold. */
export const byThreshold = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.Thresholds);
/** The colour of a series follows from its name, so that it is the same in every panel. */
export const byName = (): FieldColorBuilder => new FieldColorBuilder().mode(FieldColorModeId.PaletteClassicByName);
