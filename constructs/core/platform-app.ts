import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Chart } from 'cdk8s';
import type { IConstruct } from 'constructs';
import type { IAlertingSink, INotifier } from './alerting';
import { componentsIn, type IScrapable } from './component';
import type { ImageRegistries } from '../images';
import { PlatformAuthority } from './certificates';
import { ClusterNetwork, type ClusterNetworkProps } from './cluster-network';
import { present } from './choice';
import { compareText } from './content-hash';
import type { IDashboardHost, IShowable } from './dashboard';
import { defined } from './defined';
import { InvalidPropError, UnknownNameError } from './errors';
import { labelKeys, validName } from './naming';
import { Namespace } from './namespace';
import { objectivesOf, type ObjectivesProps } from './objectives';
import { originLabels, type OriginProps } from './origin';
import { NamespaceLimits, type NamespaceLimitsProps } from './namespace-limits';
import { Platform } from './platform';
import { PriorityClasses, type PriorityProps } from './priorities';
import type { PlatformTlsProps } from './server-tls';
import type { ILogRuleEvaluator, IRuleEvaluator } from './rule-groups';
import type { ILogStore, IMetricsCollector, IMetricsStore } from './stores';
import type { PodSecurityLevel } from './security-profile';
import { renderCharts, writeCharts, writesFileOfEach, type ChartManifests } from './synthesis';

/** What an environment says of itself. */
export interface PlatformAppProps extends ImageRegistries {
  /** Name of the environment and of its folder. */
  readonly name: string;
  /** Namespaces of concerns that have one of their own; several may share one. A concern is one chart, one file. @default - none has */
  readonly namespaces?: Readonly<Record<string, string>>;
  /** Namespace of every other concern. @default - there are no others */
  readonly defaultNamespace?: string;
  /** What namespaces may admit at most, by name. @default - what the pods in them need */
  readonly podSecurity?: Readonly<Record<string, PodSecurityLevel>>;
  /** @default - nothing is known, and broad defaults hold */
  readonly cluster?: ClusterNetworkProps;
  /** Encrypts what servers of the platform say, and tells every client. @default - they speak in plain text */
  readonly tls?: PlatformTlsProps;
  /** Team that owns what there is, where a component says no other: the label `team` of alerts, by which they are routed. @default 'platform' */
  readonly team?: string;
  /** Priority classes of pods, by what they are in the platform; a component's own `priorityClass` holds against them. @default - there are none */
  readonly priorities?: PriorityProps;
  /** What each namespace may take of the cluster, as large as what is rendered into it. @default - anything */
  readonly namespaceLimits?: NamespaceLimitsProps;
  /**
   * Where it is: labels of every series, stream, span and alert, so that those of several clusters can be told apart in one store.
   *
   * @default - signals do not say
   */
  readonly origin?: OriginProps;
  /**
   * What is promised of the platform over thirty days: components carry an objective for each way in and out, with alerts of how fast its
   * errors are used up. A {@link ServiceLevels} shows what is left.
   *
   * @default - nothing is, but that collectors take traces
   */
  readonly objectives?: ObjectivesProps;
  /**
   * Minor version of Kubernetes, such as `1.33`: fields that came after 1.28 are then right where `override` puts them. The invariants
   * check against its types, from `cdk8s-plus-33`.
   *
   * @default '1.28'
   */
  readonly kubernetes?: string;
  /** Labels of every object and pod. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * One more file with the objects of all charts, for a single `kubectl apply`.
   *
   * @default - a file for each chart is all there is
   */
  readonly singleFile?: SingleFileProps;
  /**
   * Folder that gets a folder of the environment's name.
   *
   * @default - what `cdk8s synth` was told, else `dist`
   */
  readonly outdir?: string;
}

/** Which charts are in one file. */
export interface SingleFileProps {
  /** Concerns that are not in it. @default - all are */
  readonly without?: readonly string[];
}

/** Name of the file that {@link PlatformAppProps.singleFile} asks for. */
export const singleFileName = 'all-in-one.yaml';

/** Who gets what components carry. */
export interface Collectors {
  /**
   * Reads metrics, and evaluates rules if it can. A store that is not ours and has no {@link IMetricsStore.collector} is told of nothing:
   * whoever runs it says what it reads.
   *
   * @default - nobody reads metrics
   */
  readonly metrics?: (IMetricsCollector & Partial<IRuleEvaluator & INotifier>) | IMetricsStore;
  /**
   * Evaluates alerts, recording rules and objectives.
   *
   * @default - `metrics`, if it can; a Prometheus that reads them for a Mimir of ours has that one evaluate what needs not be near
   */
  readonly rules?: IRuleEvaluator;
  /** Evaluates alerts about lines, if it can: a Loki of ours does. @default - nobody does */
  readonly logs?: (ILogStore & Partial<ILogRuleEvaluator & INotifier>) | undefined;
  /**
   * Tells people of alerts that fire. Prometheus and Loki are told of it if they are ours; those that an operator or somebody else runs are
   * not.
   *
   * @default - nobody is told
   */
  readonly alerting?: IAlertingSink | undefined;
  /** Shows dashboards. @default - nobody does */
  readonly dashboards?: IDashboardHost | undefined;
}

/** One environment: a folder of files, one for each chart, with names that never change by themselves. */
export class PlatformApp extends App {
  private readonly platform: Platform;
  private readonly namespaces: Readonly<Record<string, string>>;
  private readonly defaultNamespace: string | undefined;
  private readonly singleFile: SingleFileProps | undefined;
  private readonly byConcern = new Map<string, Chart>();
  private last: readonly ChartManifests[] | undefined;

  /** @throws {InvalidPropError} if a name is no DNS label or a range no CIDR */
  constructor(props: PlatformAppProps) {
    const { outdir = process.env.CDK8S_OUTDIR ?? 'dist' } = props;
    super({ outdir: join(outdir, validName('PlatformApp.name', props.name)), outputFileExtension: '.k8s.yaml' });
    this.namespaces = props.namespaces ?? {};
    this.defaultNamespace = props.defaultNamespace;
    this.singleFile = props.singleFile;
    this.platform = Platform.define(this, {
      cluster: new ClusterNetwork(props.cluster),
      labels: { ...props.labels, [labelKeys.partOf]: 'plumbline' },
      ...defined({
        registry: props.registry,
        imageRegistry: props.imageRegistry,
        tls: props.tls,
        priorities: props.priorities,
        kubernetes: props.kubernetes,
        team: props.team,
        origin: props.origin && originLabels(props.origin),
        objectives: props.objectives && objectivesOf(props.objectives),
      }),
      sharedScope: () => this.chart('credentials'),
    });
    this.addNamespaces(props);
    this.addAuthority(props.tls);
  }

  /** The chart of a concern, always the same. @throws {InvalidPropError} if the environment gives it no namespace */
  chart(concern: string): Chart {
    const present = this.byConcern.get(concern);
    if (present !== undefined) return present;
    const namespace = this.namespaces[concern] ?? this.defaultNamespace;
    if (namespace === undefined) throw new InvalidPropError(`namespaces.${concern}`, namespace, 'a namespace');
    const chart = new Chart(this, validName('concern', concern), {
      namespace,
      labels: { ...this.platform.labels },
      disableResourceNameHashes: true,
    });
    this.byConcern.set(concern, chart);
    return chart;
  }

  /**
   * Gives everything that the components of the app carry to whoever collects it; called last, so that all are there. In an app of
   * somebody else's, collectors are given components one by one.
   */
  collect({ metrics, rules, logs, alerting, dashboards }: Collectors): void {
    const components = componentsIn(this);
    const collector = metrics === undefined || 'scrape' in metrics ? metrics : metrics.collector;
    collector?.scrape(...this.node.findAll().filter(isScrapable));
    // Of a store that nobody reads metrics for there is still what others write to it.
    const ruler = collector === undefined && metrics !== undefined && 'ruler' in metrics ? metrics.ruler : undefined;
    if (rules !== undefined) rules.evaluate(...components);
    else (collector ?? ruler)?.evaluate?.(...components);
    logs?.evaluateLogs?.(...components);
    if (alerting !== undefined) (canNotify(collector) ? collector : ruler)?.notify(alerting);
    if (alerting !== undefined) logs?.notify?.(alerting);
    // Those of a store that is not ours, too; of two that have one in common, it is shown once.
    const shown = this.node
      .findAll()
      .filter(isShowable)
      .flatMap((each) => each.dashboards);
    dashboards?.show({ dashboards: [...new Set(shown)] });
  }

  /**
   * Writes the files.
   *
   * @throws {UnknownNameError} if {@link PlatformAppProps.singleFile} leaves out a concern that there is not
   */
  override synth(): void {
    this.last = renderCharts(this);
    if (writesFileOfEach(this.last)) writeCharts(this, this.last);
    else super.synth();
    if (this.singleFile === undefined) return;
    const left = (this.singleFile.without ?? []).map((concern) => {
      const chart = this.byConcern.get(concern);
      if (chart === undefined) throw new UnknownNameError('concern', concern, Array.from(this.byConcern.keys()));
      return chart;
    });
    // Namespaces come first, as their file does. A chart without objects has an empty file.
    const texts = this.charts
      .filter((chart) => !left.includes(chart))
      .map((chart) => `${chart.node.id}${this.outputFileExtension}`)
      .toSorted(compareText)
      .map((name) => readFileSync(join(this.outdir, name), 'utf8'));
    writeFileSync(join(this.outdir, singleFileName), texts.filter((text) => text.trim() !== '').join('---\n'));
  }

  /**
   * The objects of each chart as they were written last, so that whoever tells of the files need not render them again; as they are now if
   * nothing was written.
   */
  get manifests(): readonly ChartManifests[] {
    return this.last ?? renderCharts(this);
  }

  private get namespaceNames(): readonly string[] {
    const { namespaces, defaultNamespace } = this;
    return [...new Set([...Object.values(namespaces), ...present([defaultNamespace])])].sort(compareText);
  }

  /** Has cert-manager make whom clients trust, in a file of its own, as it is of no concern's namespace. */
  private addAuthority(tls: PlatformTlsProps | undefined): void {
    if (tls?.issuer === undefined) return;
    const { labels } = this.platform;
    const chart = new Chart(this, 'certificates', { labels: { ...labels }, disableResourceNameHashes: true });
    const { ca, issuer } = tls;
    new PlatformAuthority(chart, 'authority', { ca, issuer, namespaces: this.namespaceNames });
  }

  /** Their file sorts first, so that `kubectl apply` of the folder meets no object before its namespace. */
  private addNamespaces({ podSecurity = {}, namespaceLimits, priorities }: PlatformAppProps): void {
    const labels = { ...this.platform.labels };
    const chart = new Chart(this, '00-namespaces', { labels, disableResourceNameHashes: true });
    const names = this.namespaceNames;
    const named = [...Object.keys(podSecurity), ...Object.keys(namespaceLimits?.quotas ?? {})];
    const unknown = named.find((name) => !names.includes(name));
    if (unknown !== undefined) throw new UnknownNameError('namespace', unknown, names);
    for (const name of names) {
      new Namespace(chart, name, { name, labels, ...defined({ podSecurity: podSecurity[name] }) });
      if (namespaceLimits !== undefined) new NamespaceLimits(chart, `${name}-limits`, name, namespaceLimits);
    }
    if (priorities !== undefined) new PriorityClasses(chart, 'priority-classes', priorities);
  }
}

function isScrapable(construct: IConstruct): construct is IConstruct & IScrapable {
  return 'scrapeTargets' in construct && Array.isArray(construct.scrapeTargets);
}

function isShowable(construct: IConstruct): construct is IConstruct & IShowable {
  return 'dashboards' in construct && Array.isArray(construct.dashboards);
}

function canNotify(collector: IMetricsCollector | undefined): collector is IMetricsCollector & INotifier {
  return collector !== undefined && 'notify' in collector && collector.notify !== undefined;
}
