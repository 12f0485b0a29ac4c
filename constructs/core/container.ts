import type { k8s } from 'cdk8s-plus-28';
import { imageReference, type Image, type ImageRegistries } from '../images';
import { compareText } from './content-hash';
import { defined } from './defined';
import type { IEnvSource } from './env-source';
import { InvalidPropError } from './errors';
import type { PolicyPort } from './pod-network';
import type { Probe } from './probe';
import { resourceRequirements, type Resources } from './resources';

/** A container of a {@link Workload}. */
export interface ContainerProps {
  /** @default - the workload's name */
  readonly name?: string;
  readonly image: Image;
  /**
   * A whole image reference used instead of {@link image}.
   *
   * @default - that of the images table, below the environment's registry
   */
  readonly imageOverride?: string;
  /** @default - the image's entry point */
  readonly command?: readonly string[];
  /** As a function, of what is known when all wires are there. @default - the image's arguments */
  readonly args?: readonly string[] | (() => readonly string[]);
  /** @default - none but those that grants add */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Variables whose values are known when the pod starts.
   *
   * @default - none but those that grants add
   */
  readonly envFrom?: Readonly<Record<string, IEnvSource>>;
  readonly resources: Resources;
  /** TCP ports of a sidecar that serves, by name; certificates of the pod are in it, too. @default - none but the main container's, which endpoints declare */
  readonly ports?: Readonly<Record<string, number>>;
  /** @default - none; for containers that run to completion */
  readonly readiness?: Probe;
  /** @default - none; for containers that run to completion */
  readonly liveness?: Probe;
  /** @default - none: the other probes start at once */
  readonly startup?: Probe;
  /**
   * Whether the container may write outside of its volumes.
   *
   * @default false
   */
  readonly writableRoot?: boolean;
  /** What is run in it when it has started, and before it is stopped. @default - nothing */
  readonly lifecycle?: k8s.Lifecycle;
}

/** Where a volume appears in a container. */
export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly subPath?: string;
  readonly readOnly: boolean;
  /** Whether what the node mounts there later is seen. @default false */
  readonly followsMounts?: boolean;
}

/** A container as it is collected until the app is rendered. */
export class Container {
  private readonly env = new Map<string, string>();
  private readonly envFrom = new Map<string, IEnvSource>();
  private readonly ports = new Map<string, Required<Omit<PolicyPort, 'endPort'>>>();
  private readonly mounts: Mount[] = [];

  /** @throws {InvalidPropError} if the image, a registry or a quantity cannot be read */
  constructor(
    readonly name: string,
    private readonly props: ContainerProps,
    private readonly registries: ImageRegistries,
  ) {
    resourceRequirements(`${name}.resources`, props.resources);
    imageReference(props.image, registries, props.imageOverride);
    for (const [key, value] of Object.entries(props.env ?? {})) this.setEnv(key, value);
    for (const [key, source] of Object.entries(props.envFrom ?? {})) this.setEnvFrom(key, source);
    for (const [key, port] of Object.entries(props.ports ?? {})) this.addPort(key, { port, protocol: 'TCP' });
  }

  /** @throws {InvalidPropError} if the variable has another value already */
  setEnv(name: string, value: string): void {
    const present = this.env.get(name);
    if (this.envFrom.has(name) || (present !== undefined && present !== value)) {
      throw new InvalidPropError(`${this.name}.env.${name}`, value, `the value it has: ${present ?? 'a reference'}`);
    }
    this.env.set(name, value);
  }

  /** @throws {InvalidPropError} if the variable has a literal value, or is another reference */
  setEnvFrom(name: string, source: IEnvSource): void {
    const present = this.env.get(name);
    if (present !== undefined) throw new InvalidPropError(`${this.name}.env.${name}`, present, 'a reference');
    const [is, was] = [source, this.envFrom.get(name)].map((each) => each?.toEnvVarSource());
    if (was !== undefined && JSON.stringify(was) !== JSON.stringify(is))
      throw new InvalidPropError(`${this.name}.env.${name}`, is, `the reference it is: ${JSON.stringify(was)}`);
    this.envFrom.set(name, source);
  }

  /** @throws {InvalidPropError} if the name stands for another port, or the port has another name */
  addPort(name: string, added: Required<Omit<PolicyPort, 'endPort'>>): void {
    const { port, protocol } = added;
    for (const [otherName, other] of this.ports) {
      if ((otherName === name) !== (other.port === port && other.protocol === protocol)) {
        throw new InvalidPropError(
          `${this.name}.ports.${name}`,
          `${port}/${protocol}`,
          `free: ${otherName} is ${other.port}/${other.protocol}`,
        );
      }
    }
    this.ports.set(name, added);
  }

  /** @throws {InvalidPropError} if something is mounted there already */
  addMount(mount: Mount): void {
    if (this.mounts.some(({ path }) => path === mount.path)) {
      throw new InvalidPropError(`${this.name}.mounts`, mount.path, 'free');
    }
    this.mounts.push(mount);
  }

  /** Whether it has a port of this name; of any, if none is said. */
  listens(name?: string): boolean {
    return name === undefined ? this.ports.size > 0 : this.ports.has(name);
  }

  get lifecycle(): k8s.Lifecycle | undefined {
    return this.props.lifecycle;
  }

  get writableRoot(): boolean {
    return this.props.writableRoot === true;
  }

  /** @param more what follows from the pod */
  render(more: Pick<k8s.Container, 'lifecycle' | 'securityContext'>): k8s.Container {
    const { props } = this;
    const args = typeof props.args === 'function' ? props.args() : props.args;
    return {
      name: this.name,
      image: imageReference(props.image, this.registries, props.imageOverride),
      imagePullPolicy: 'IfNotPresent',
      ...more,
      ...defined({ command: props.command && [...props.command], args: args && [...args] }),
      ...(this.env.size + this.envFrom.size > 0 && { env: this.renderEnv() }),
      ...(this.ports.size > 0 && {
        ports: Array.from(this.ports, ([name, { port, protocol }]) => ({ name, containerPort: port, protocol })),
      }),
      resources: resourceRequirements(`${this.name}.resources`, props.resources),
      ...defined({
        startupProbe: props.startup?.render(),
        readinessProbe: props.readiness?.render(),
        livenessProbe: props.liveness?.render(),
      }),
      ...(this.mounts.length > 0 && {
        volumeMounts: this.mounts.map(({ volume, path, subPath, readOnly, followsMounts }) => ({
          name: volume,
          mountPath: path,
          ...defined({ subPath }),
          ...(readOnly && { readOnly }),
          ...(followsMounts === true && { mountPropagation: 'HostToContainer' }),
        })),
      }),
    };
  }

  /** References first, so that literal values may name them as `$(NAME)`; each kind by name, whatever wire came first. */
  private renderEnv(): k8s.EnvVar[] {
    const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => compareText(a, b);
    return [
      ...Array.from(this.envFrom)
        .sort(byName)
        .map(([name, source]) => ({ name, valueFrom: source.toEnvVarSource() })),
      ...Array.from(this.env)
        .sort(byName)
        .map(([name, value]) => ({ name, value })),
    ];
  }
}
