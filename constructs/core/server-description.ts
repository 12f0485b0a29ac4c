import type { Duration, Size } from 'cdk8s';
import type { Image } from '../images';
import type { ScrapeTarget } from './component';
import type { ConfigFile } from './config-file';
import type { ContainerProps } from './container';
import type { AutoscalerProps } from './autoscaler';
import type { ServiceEndpoint } from './endpoint';
import type { PlacementProps } from './placement';
import type { Protocol } from './pod-network';
import type { Probe } from './probe';
import type { ReplicatedProps } from './replicated-workload';
import type { Resources } from './resources';
import type { SecurityProfile } from './security-profile';
import type { ClaimProps, ConfigOptions, MountOptions } from './volume';
import type { Workload } from './workload';

/** What every product lets be changed. */
export interface ServerProps {
  /** @default - as the construct says */
  readonly resources?: Resources;
  /** A whole image reference. @default - that of the images table */
  readonly image?: string;
  /** Settings that are merged into the product's own files, by the name of the file. @default - none */
  readonly config?: Readonly<Record<string, object>>;
}

/** A port that a product listens on, by its name. */
export interface PortDescription {
  readonly port: number;
  /** Port of the Service. @default - the same */
  readonly servicePort?: number;
  /** `http` or `https`. @default - the address is `host:port` */
  readonly scheme?: string;
  /** @default 'TCP' */
  readonly protocol?: Protocol;
  /** Path at which the product's metrics are read, of every pod by itself. @default - there are none at this port */
  readonly metrics?: string;
  /** Whether clients reach it through the Service; else pods are addressed one by one. @default true */
  readonly forClients?: boolean;
  /** Whether each pod can be addressed, too. @default - if metrics are read there */
  readonly byPod?: boolean;
  /** Whether it is encrypted where servers of the platform are; the product's configuration names {@link ServerTls}. @default false */
  readonly tls?: boolean;
}

/** A volume that lasts: mounted at a path, of the containers that are said, or folders of it each at its own. */
export type ClaimDescription = ClaimProps &
  (
    | ({ readonly path: string } & Pick<MountOptions, 'containers'>)
    | { readonly folders: Readonly<Record<string, string>> }
  );

/** How a product says that it is well: a path of its first HTTP port, or another way of asking. */
export interface ProbeDescription {
  readonly ready: string | Probe;
  /** What only a restart helps against. @default - as `ready`, failing for twice as long */
  readonly alive?: string | Probe;
  /** How long a start may take, for products that take long. @default - the other probes start at once */
  readonly startup?: Duration | Probe;
}

/** Configuration files in one folder, of the containers that are said. */
export interface FilesDescription extends Pick<MountOptions, 'containers'>, ConfigOptions {
  readonly path: string;
  readonly files: readonly ConfigFile[];
  /** What tells it from other ConfigMaps of the workload. @default 'config' */
  readonly name?: string;
}

/** A product, as far as Kubernetes has to know it. */
export interface ServerDescription<Port extends string> {
  readonly image: Image;
  /** Number of the user it runs as. */
  readonly user: number;
  /** Whether it sends echo requests (ping), see {@link PodUser.pings}. @default false */
  readonly pings?: boolean;
  /** What it is in the platform: `metrics-store`. */
  readonly role: string;
  /** @default - the component's */
  readonly name?: string;
  /** @default - the image's entry point */
  readonly command?: readonly string[];
  /** @default - the image's arguments */
  readonly args?: readonly string[];
  readonly env?: ContainerProps['env'];
  readonly envFrom?: ContainerProps['envFrom'];
  readonly resources: Resources;
  readonly ports: Readonly<Record<Port, PortDescription>>;
  /** Ports that only the kubelet asks, by name. @default - none */
  readonly listens?: Readonly<Record<string, number>>;
  readonly probes: ProbeDescription;
  /** Volumes that last, by name. @default - none */
  readonly claims?: Readonly<Record<string, ClaimDescription>>;
  /** Space that lasts as long as the pod, by name. @default - none */
  readonly scratch?: Readonly<Record<string, { readonly path: string; readonly size: Size } & MountOptions>>;
  /** Configuration, and the folder that it is in. Pods restart when it changes, unless the product reads it again. @default - none */
  readonly files?: FilesDescription;
  /** Containers that run to completion before it. @default - none */
  readonly initContainers?: readonly ContainerProps[];
  /** Containers that run beside it for as long as the pod, under names of their own. @default - none */
  readonly sidecars?: readonly (ContainerProps & { readonly name: string })[];
  /** Whether pods start together, and are found by name before they are ready; members that wait for each other must. @default false */
  readonly parallel?: boolean;
  /** Whether it writes outside of volumes. @default false */
  readonly writableRoot?: boolean;
  /** What is run in it when it has started, and before it is stopped. @default - nothing */
  readonly lifecycle?: ContainerProps['lifecycle'];
  /** How long a pod may take to finish what it holds. @default Duration.seconds(30) */
  readonly gracePeriod?: Duration;
}

/** A product that runs on every node. */
export interface AgentDescription<Port extends string> extends Omit<ServerDescription<Port>, 'claims' | 'parallel'> {
  /** What it may do to look at its node. */
  readonly profile: SecurityProfile;
}

/** A workload with what stands before it. */
export interface Server<W extends Workload, Port extends string> {
  readonly workload: W;
  /** Ports as clients reach them. */
  readonly endpoints: Readonly<Record<Port, ServiceEndpoint>>;
  /** Ports under a name that resolves to every pod, of those that are reached so. */
  readonly pods: Readonly<Partial<Record<Port, ServiceEndpoint>>>;
  readonly scrapeTargets: readonly ScrapeTarget[];
}

/** What a component's workloads have in common. */
export type Common = PlacementProps & { readonly instance: string };

/** How many pods there are. */
export interface ServerScale {
  readonly replicas?: number | undefined;
  readonly autoscaler?: AutoscalerProps | undefined;
  /** Whether more than half of them have to be there. @default false */
  readonly quorum?: ReplicatedProps['quorum'];
  /** @default - over nodes and zones where that can be */
  readonly spread?: ReplicatedProps['spread'];
}
