import { ConfigFile } from '../core/config-file';
import { compareText, contentHash } from '../core/content-hash';
import { dashboardModel, newDashboard, type Dashboard } from '../core/dashboard';
import type { Workload } from '../core/workload';

interface Folder {
  readonly title: string;
  /** In names of objects, in paths, and of the folder in Grafana. */
  readonly uid: string;
  readonly dashboards: Dashboard[];
}

const mountPath = '/etc/grafana/dashboards';

/**
 * Dashboards as a Grafana provisions them: a ConfigMap for each, and a file that names the folders. Without dashboards there is neither. A
 * ConfigMap holds at most 1 MiB, and what clients apply at most 256 KiB, of which they keep a copy in an annotation: one for a whole folder
 * would come to that. Grafana finds the files, as it looks into folders of a folder.
 */
export class DashboardFolders {
  private readonly folders: Folder[] = [];

  constructor(private readonly server: Workload) {}

  /**
   * The same value of several components is shown once.
   *
   * @throws {DuplicateNameError} if another has its uid, or its title in the same folder
   * @throws {InvalidPropError} if Grafana would refuse it
   */
  add(dashboard: Dashboard): void {
    const present = this.folders.flatMap(({ dashboards }) => dashboards);
    if (present.includes(dashboard)) return;
    const { uid } = newDashboard(dashboard, present, this.server.node.path);
    const folder = this.folder(dashboard.folder);
    const { dashboards } = folder;
    dashboards.push(dashboard);
    const name = nameOf(uid);
    const file = ConfigFile.json(`${uid}.json`, () => dashboardModel(dashboard));
    this.mount(`dashboard-${name}`, [file], `${mountPath}/${folder.uid}/${name}`);
  }

  private folder(title: string): Folder {
    const present = this.folders.find((each) => each.title === title);
    if (present !== undefined) return present;
    const folder: Folder = { title, uid: nameOf(title), dashboards: [] };
    if (this.folders.length === 0) this.mount('dashboards', [this.providers()], '/etc/grafana/provisioning/dashboards');
    this.folders.push(folder);
    return folder;
  }

  private mount(name: string, files: readonly ConfigFile[], path: string): void {
    this.server.mount(this.server.addConfig(name, files), path);
  }

  /** @see https://grafana.com/docs/grafana/latest/administration/provisioning/#dashboards */
  private providers(): ConfigFile {
    return ConfigFile.yaml('dashboards.yaml', () => ({
      apiVersion: 1,
      providers: [...this.folders]
        .sort((a, b) => compareText(a.uid, b.uid))
        .map(({ title, uid }) => ({
          name: uid,
          // A single dollar sign would be taken for a variable of the environment.
          folder: title.replaceAll('$', '$$$$'),
          folderUid: uid,
          type: 'file',
          disableDeletion: false,
          allowUiUpdates: false,
          options: { path: `${mountPath}/${uid}` },
        })),
    }));
  }
}

/** A title or uid as far as names can have it, with a hash of what that leaves out. */
function nameOf(title: string): string {
  const plain = title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  const isWhole = plain.length > 0 && plain.length <= 28 && plain === title.toLowerCase().replaceAll(' ', '-');
  return isWhole ? plain : `${plain.slice(0, 17)}-${contentHash(title)}`.replace(/^-/, '');
}
