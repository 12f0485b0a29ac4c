import { DuplicateNameError, InvalidPropError } from './errors';

/** A dashboard of Grafana: a value that a component carries. */
export interface Dashboard {
  /** As links name it; unique. At most 40 letters, digits, dashes and underscores. */
  readonly uid: string;
  /** As people see it; unique in its folder. */
  readonly title: string;
  /** Title of the folder that it is in. */
  readonly folder: string;
  /** The dashboard as Grafana has it in JSON; data sources are named by their uid. */
  readonly model: object;
}

/** Something that has dashboards. */
export interface IShowable {
  readonly dashboards: readonly Dashboard[];
}

/** Shows dashboards: Grafana. */
export interface IDashboardHost {
  show(...components: readonly IShowable[]): void;
}

/** @throws {InvalidPropError} if Grafana would refuse its uid, or a title is empty */
export function validDashboard(dashboard: Dashboard): Dashboard {
  const { uid, title, folder } = dashboard;
  if (!/^[A-Za-z0-9_-]{1,40}$/.test(uid))
    throw new InvalidPropError(
      `uid of dashboard ${title}`,
      uid,
      'of at most 40 letters, digits, dashes and underscores',
    );
  for (const [what, text] of Object.entries({ title, folder }))
    if (text.trim() === '') throw new InvalidPropError(`${what} of dashboard ${uid}`, text, 'a text that people see');
  return dashboard;
}

/**
 * @param present those that `where` shows already
 * @throws {DuplicateNameError} if one of them has its uid, or its title in the same folder
 * @throws {InvalidPropError} if Grafana would refuse it
 */
export function newDashboard(dashboard: Dashboard, present: readonly Dashboard[], where: string): Dashboard {
  const { uid, title, folder } = validDashboard(dashboard);
  if (present.some((each) => each.uid === uid)) throw new DuplicateNameError('dashboard', uid, where);
  if (present.some((each) => each.folder === folder && each.title === title))
    throw new DuplicateNameError('dashboard', title, `folder ${folder} of ${where}`);
  return dashboard;
}

/** What Grafana reads: the model under the uid and title of the value, and under no id of another Grafana's database. */
export function dashboardModel({ uid, title, model }: Dashboard): object {
  return { ...model, id: null, uid, title };
}
