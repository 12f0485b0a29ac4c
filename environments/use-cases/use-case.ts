import { componentsIn, type Alert, type Dashboard, type PlatformApp } from '../../constructs';
import { modelOf, queryOf, type PanelQuery, type ShownPanel } from '../dashboards';

/** A panel by the titles that people see. */
export interface PanelReference {
  readonly dashboard: string;
  readonly panel: string;
}

/** Panels of a dashboard. */
export function panels(dashboard: string, ...titles: readonly string[]): readonly PanelReference[] {
  return titles.map((panel) => ({ dashboard, panel }));
}

/** Something that a team wants to know or to be told, and where it is answered. */
export interface UseCase {
  /** Such as `Infrastructure Monitoring`. */
  readonly category: string;
  /** Such as `Storage Monitoring`. */
  readonly area: string;
  readonly name: string;
  /** Where people look. */
  readonly panels: readonly PanelReference[];
  /** Who tells them; where the case is to be told there is one at least. @default - nobody: it is looked at */
  readonly alerts?: readonly string[];
  /** What else has to be known. */
  readonly note?: string;
}

/** What a use case refers to, found. */
export interface AnsweredUseCase extends UseCase {
  readonly shown: readonly (PanelReference & { readonly uid: string; readonly queries: readonly PanelQuery[] })[];
  readonly rules: readonly Alert[];
}

/** What the components of an app carry. */
interface Carried {
  readonly dashboards: readonly Dashboard[];
  readonly alerts: readonly Alert[];
}

function carriedBy(app: PlatformApp): Carried {
  const components = componentsIn(app);
  return {
    dashboards: components.flatMap(({ dashboards }) => dashboards),
    alerts: components.flatMap(({ alerts, logAlerts }) => [...alerts, ...logAlerts]),
  };
}

/**
 * Finds the panels, queries and rules of use cases in an app.
 *
 * @throws {RangeError} naming the case and what is not there, or is there more than once
 */
export function answer(app: PlatformApp, cases: readonly UseCase[]): readonly AnsweredUseCase[] {
  const carried = carriedBy(app);
  return cases.map((each) => ({
    ...each,
    shown: each.panels.map((reference) => ({ ...reference, ...find(carried, each, reference) })),
    rules: (each.alerts ?? []).map((name) => {
      const rule = carried.alerts.find((alert) => alert.name === name);
      if (rule === undefined) throw new RangeError(`${each.name}: there is no rule ${name}`);
      return rule;
    }),
  }));
}

function find(
  { dashboards }: Carried,
  { name }: UseCase,
  { dashboard, panel }: PanelReference,
): { readonly uid: string; readonly queries: readonly PanelQuery[] } {
  const titled = dashboards.filter(({ title }) => title === dashboard);
  const [found] = titled;
  if (found === undefined) throw new RangeError(`${name}: there is no dashboard ${dashboard}`);
  const panels = modelOf(found).panels.filter(({ type, title }) => type !== 'row' && title === panel);
  const [shown] = panels;
  if (shown === undefined || panels.length > 1) {
    throw new RangeError(`${name}: ${dashboard} has ${panels.length} panels ${panel}`);
  }
  return { uid: found.uid, queries: queriesOf(shown) };
}

function queriesOf({ targets = [] }: ShownPanel): readonly PanelQuery[] {
  return targets.map(queryOf);
}
