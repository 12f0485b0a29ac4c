import { posix } from 'node:path';
import { Lazy, type Duration, type Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { grantInCluster, grantInNamespace } from './api-rights';
import type { ConfigFile } from './config-file';
import type { Connection } from './connection';
import { Container, type ContainerProps } from './container';
import { contentHash } from './content-hash';
import { defined } from './defined';
import type { Endpoint } from './endpoint';
import { DuplicateNameError, InvalidPropError, UnknownNameError } from './errors';
import { annotationPrefix, namespaceOf, selectorLabels, validName, type Selector } from './naming';
import type { PlacementProps } from './placement';
import { Platform } from './platform';
import { priorityClassName, priorityOf } from './priorities';
import { PodNetwork, type Protocol } from './pod-network';
import { checkUser, type PodUser } from './pod-security';
import { podTemplate, type PodParts } from './pod-template';
import type { SecretRef } from './secret-ref';
import { SecurityProfile, type HostPath } from './security-profile';
import type { EndpointPath } from './stores';
import {
  fileData,
  hostPathVolume,
  storageQuantity,
  type ConfigOptions,
  type MountOptions,
  type Volume,
} from './volume';

/** Options of every {@link Workload}. */
export interface WorkloadProps extends PlacementProps {
  /** Name of the controller and of all that belongs to it. */
  readonly name: string;
  /** The component that owns it, second half of the selector. */
  readonly instance: string;
  /** What it is in the platform: `broker`, `collector`. @default - no label */
  readonly role?: string;
  readonly runAs: PodUser;
  /** What its pods may do beyond what is usual. @default SecurityProfile.restricted */
  readonly profile?: SecurityProfile;
  readonly container: ContainerProps;
  /** Containers that run to completion, in order, before the main one. @default - none */
  readonly initContainers?: readonly ContainerProps[];
  /** Containers that run beside the main one for as long as the pod, under names of their own. @default - none */
  readonly sidecars?: readonly (ContainerProps & { readonly name: string })[];
  /** How long a pod may take to finish what it holds. @default Duration.seconds(30) */
  readonly gracePeriod?: Duration;
}

/**
 * One pod template and what goes with it: exactly one ServiceAccount, exactly one NetworkPolicy, and the ConfigMaps
 * mounted. Pods meet the restricted Pod Security Standard unless they have another profile, and have a read-only root
 * unless a container says otherwise.
 *
 * Everything that is added by wires, from whichever chart, is rendered when the app is.
 */
export abstract class Workload extends Construct {
  readonly name: string;
  readonly namespace: string;
  readonly selector: Selector;
  readonly labels: Readonly<Record<string, string>>;
  readonly network: PodNetwork;
  readonly profile: SecurityProfile;
  private readonly main: Container;
  private readonly inits: readonly Container[];
  private readonly sidecars: readonly Container[];
  private readonly volumes = new Map<string, k8s.Volume>();
  private readonly configs = new Map<string, readonly ConfigFile[]>();
  private readonly account: k8s.KubeServiceAccount;
  private apiAccess = false;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WorkloadProps,
  ) {
    super(scope, id);
    const { registries, labels, cluster } = Platform.of(this);
    this.name = validName(`${this.node.path}.name`, props.name);
    this.namespace = namespaceOf(this);
    this.selector = { name: this.name, instance: props.instance };
    this.labels = {
      ...labels,
      ...props.labels,
      ...defined({ 'app.kubernetes.io/component': props.role }),
      ...selectorLabels(this.selector),
    };
    this.profile = props.profile ?? SecurityProfile.restricted;
    checkUser(this.node.path, props.runAs, this.profile);
    const { selector, namespace } = this;
    const { hostNetwork } = this.profile;
    this.network = new PodNetwork(this, 'network', { selector, labels: this.labels, namespace, cluster, hostNetwork });
    this.main = new Container(props.container.name ?? this.name, props.container, registries);
    this.inits = (props.initContainers ?? []).map(
      (init, index) => new Container(init.name ?? `init-${index}`, init, registries),
    );
    this.sidecars = (props.sidecars ?? []).map((sidecar) => new Container(sidecar.name, sidecar, registries));
    this.account = new k8s.KubeServiceAccount(this, 'account', {
      metadata: { name: this.name, labels: { ...this.labels } },
      automountServiceAccountToken: false,
    });
    const { env = {}, accountAnnotations = {} } = props.pod ?? {};
    for (const [name, value] of Object.entries(env)) this.setEnv(name, value);
    for (const [key, value] of Object.entries(accountAnnotations)) this.annotateAccount(key, value);
    for (const [id, hostPath] of Object.entries(this.profile.hostPaths)) this.mountHostPath(id, hostPath);
  }

  /** Lets the pods connect to an endpoint, at both ends, and gives them what they need for it. @returns what the client is told */
  connectTo(endpoint: Endpoint): Connection {
    return endpoint.connect(this);
  }

  /** {@link connectTo} an API below a path, which is in the URL. */
  connectToPath({ endpoint, path, headers }: EndpointPath): Connection {
    const connection = this.connectTo(endpoint);
    return { ...connection, url: `${connection.url}${path}`, ...defined({ headers }) };
  }

  /**
   * @param container @default - the main one
   * @throws {InvalidPropError} if the variable has another value already
   */
  setEnv(name: string, value: string, container?: string): void {
    this.container(container).setEnv(name, value);
  }

  /** {@link setEnv} of a value that is known when the pod starts. */
  setEnvFrom(name: string, source: Parameters<Container['setEnvFrom']>[1], container?: string): void {
    this.container(container).setEnvFrom(name, source);
  }

  /** Declares a port of the main container, or of the sidecar that has it. @throws {InvalidPropError} if name or number is taken by another */
  listen(name: string, port: number, protocol: Protocol = 'TCP'): void {
    const container = this.sidecars.find((each) => each.listens(name)) ?? this.main;
    container.addPort(name, { port, protocol });
  }

  /** Names of the containers that serve: the main one, and sidecars with ports of their own. */
  get servers(): readonly string[] {
    return [this.main, ...this.sidecars.filter((each) => each.listens())].map(({ name }) => name);
  }

  /** Marks the ServiceAccount, for clouds that give rights to it. */
  annotateAccount(key: string, value: string): void {
    this.account.metadata.addAnnotation(key, value);
  }

  /**
   * Gives the pods rights in the Kubernetes API, in any namespace, with a token and the way to the API server.
   *
   * @param namespace where the rights hold
   */
  grantApi(namespace: string, rules: readonly k8s.PolicyRule[]): void {
    grantInNamespace(this, namespace, rules);
    this.useApi();
  }

  /**
   * {@link grantApi} in every namespace and of what is in none. Ask for it once.
   *
   * @param reason why, in a line that a reviewer understands; kept on the rendered objects and listed
   * @throws {InvalidPropError} if the reason is none
   */
  grantClusterApi(rules: readonly k8s.PolicyRule[], reason: string): void {
    grantInCluster(this, rules, reason);
    this.useApi();
  }

  private useApi(): void {
    this.apiAccess = true;
    this.network.allowApiServer();
  }

  /** A ConfigMap of these files; its hash goes on the pod template, so that pods restart with what they do not read again. */
  addConfig(name: string, files: readonly ConfigFile[], { reload = false }: ConfigOptions = {}): Volume {
    const configMap = this.configMap(name, files, reload);
    return { ...this.addVolume({ name, configMap }, false), reloads: reload };
  }

  /**
   * Further files in the folder of {@link addConfig}, from a ConfigMap of their own: one takes only so many.
   *
   * @throws {UnknownNameError} if the volume is none of files
   */
  extendConfig(volume: Volume, name: string, files: readonly ConfigFile[]): void {
    const { configMap, projected } = this.volumes.get(volume.name) ?? {};
    const sources = projected?.sources ?? (configMap && [{ configMap }]);
    if (sources === undefined) throw new UnknownNameError(`configuration of ${this.name}`, volume.name, []);
    const further = { configMap: this.configMap(name, files, volume.reloads === true) };
    this.volumes.set(volume.name, { name: volume.name, projected: { sources: [...sources, further] } });
  }

  private configMap(name: string, files: readonly ConfigFile[], reload: boolean): { readonly name: string } {
    const mapName = `${this.name}-${name}`;
    new k8s.KubeConfigMap(this, `config-${name}`, {
      metadata: { name: mapName, labels: { ...this.labels } },
      data: Lazy.any({ produce: () => fileData(files) }) as Record<string, string>,
    });
    if (!reload) this.configs.set(name, files);
    return { name: mapName };
  }

  /** Space that lasts as long as the pod. */
  addScratch(name: string, size: Size): Volume {
    return this.addVolume({ name, emptyDir: { sizeLimit: storageQuantity(size) } }, true);
  }

  /** The values of a Secret as files, named by its keys. */
  addSecret(name: string, secret: SecretRef, keys: readonly string[] = secret.keys): Volume {
    const items = keys.map((key) => ({ key: secret.keyName(key), path: key }));
    const source = { secretName: secret.name, defaultMode: 0o440, items, ...(secret.optional && { optional: true }) };
    return this.addVolume({ name, secret: source }, false);
  }

  /** @throws {InvalidPropError} if something is mounted there already, or a single file is to change, which the kubelet leaves as it was */
  mount(volume: Volume, path: string, { containers, subPath }: MountOptions = {}): void {
    if (volume.reloads === true && subPath !== undefined)
      throw new InvalidPropError(`${this.name}.${volume.name}.subPath`, subPath, 'absent: only whole folders change');
    for (const container of containers === undefined ? [this.main] : containers.map((name) => this.container(name))) {
      container.addMount({
        volume: volume.name,
        path,
        readOnly: !volume.writable,
        ...defined({ subPath }),
      });
    }
  }

  private mountHostPath(name: string, hostPath: HostPath): void {
    const { path, mountPath = posix.join('/host', path), writable = false, followsMounts } = hostPath;
    const volume = this.addVolume(hostPathVolume(name, hostPath), writable);
    this.main.addMount({ volume: volume.name, path: mountPath, readOnly: !writable, ...defined({ followsMounts }) });
  }

  /** @throws {DuplicateNameError} if there is a volume of that name */
  protected addVolume(volume: k8s.Volume, writable: boolean): Volume {
    if (this.volumes.has(volume.name)) throw new DuplicateNameError('volume', volume.name, this.node.path);
    this.volumes.set(volume.name, volume);
    return { name: volume.name, writable };
  }

  /** Of the controller. */
  protected get metadata(): k8s.ObjectMeta {
    const { annotations } = this.profile;
    return {
      name: this.name,
      labels: { ...this.labels },
      ...defined({ annotations: annotations && { ...annotations } }),
    };
  }

  /** Rendered late, so that it holds what wires added. */
  protected get podTemplate(): k8s.PodTemplateSpec {
    return Lazy.any({ produce: () => podTemplate(this.parts(), this.props) }) as k8s.PodTemplateSpec;
  }

  /** Whether each pod has a name of its own, below its headless Service. */
  get hasNamedPods(): boolean {
    return false;
  }

  /** Whether it is for every node, not for those that the environment names. */
  protected get isOnEveryNode(): boolean {
    return false;
  }

  /** `Always` but for workloads that end. */
  protected get restartPolicy(): string | undefined {
    return undefined;
  }

  /** @default - pods may be anywhere */
  protected get topologySpread(): k8s.TopologySpreadConstraint[] | undefined {
    return undefined;
  }

  /** Pods that none of its own may be beside. @default - there are none */
  protected get apart(): k8s.PodAffinityTerm | undefined {
    return undefined;
  }

  private parts(): PodParts {
    const { name: account, labels, profile, main, inits, sidecars, apiAccess, restartPolicy, topologySpread } = this;
    const { isOnEveryNode: everyNode, apart } = this;
    const { cluster, priorities } = Platform.of(this);
    const { role } = this.props;
    const priorityClass =
      priorities && priorityClassName(priorityOf(defined({ role, isOnEveryNode: everyNode })), priorities);
    const [annotations, volumes] = [this.configAnnotation(), Array.from(this.volumes.values())];
    return {
      account,
      labels,
      annotations,
      profile,
      cluster,
      everyNode,
      apiAccess,
      main,
      inits,
      sidecars,
      volumes,
      restartPolicy,
      priorityClass,
      topologySpread,
      apart,
    };
  }

  private configAnnotation(): Record<string, string> {
    if (this.configs.size === 0) return {};
    const files = Array.from(this.configs, ([name, each]) => [name, fileData(each)] as const);
    return { [`${annotationPrefix}/config-hash`]: contentHash(Object.fromEntries(files)) };
  }

  private container(name = this.main.name): Container {
    const all = [this.main, ...this.inits, ...this.sidecars];
    const found = all.find((each) => each.name === name);
    if (found === undefined) {
      throw new UnknownNameError(
        `container of ${this.name}`,
        name,
        all.map((each) => each.name),
      );
    }
    return found;
  }
}
