import { Duration, type Size } from 'cdk8s';
import type { Construct } from 'constructs';
import type { Image } from '../images';
import type { AutoscalerProps } from './autoscaler';
import type { ScrapeTarget } from './component';
import type { ConfigFile } from './config-file';
import type { ContainerProps } from './container';
import { defined } from './defined';
import { Deployment } from './deployment';
import type { ServiceEndpoint } from './endpoint';
import { UnknownNameError } from './errors';
import type { PlacementProps } from './placement';
import type { Protocol } from './pod-network';
import type { PodUser } from './pod-security';
import { Probe } from './probe';
import type { Resources } from './resources';
import { Service } from './service';
import { StatefulSet } from './stateful-set';
import type { ClaimProps, ConfigOptions } from './volume';
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
}

/** A volume that lasts: mounted at a path, or folders of it each at its own. */
export type ClaimDescription = ClaimProps &
  ({ readonly path: string } | { readonly folders: Readonly<Record<string, string>> });

/** How a product says that it is well: a path of its first HTTP port, or another way of asking. */
export interface ProbeDescription {
  readonly ready: string | Probe;
  /** What only a restart helps against. @default - as `ready` */
  readonly alive?: string | Probe;
  /** How long a start may take, for products that take long. @default - the other probes start at once */
  readonly startup?: Duration | Probe;
}

/** A product, as far as Kubernetes has to know it. */
export interface ServerDescription<Port extends string> {
  readonly image: Image;
  /** Number of the user it runs as. */
  readonly user: number;
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
  readonly scratch?: Readonly<Record<string, { readonly path: string; readonly size: Size }>>;
  /** Configuration, and the folder that it is in. Pods restart when it changes, unless the product reads it again. @default - none */
  readonly files?: ConfigOptions & {
    readonly path: string;
    readonly files: readonly ConfigFile[];
    readonly name?: string;
  };
  /** How long a pod may take to finish what it holds. @default Duration.seconds(30) */
  readonly gracePeriod?: Duration;
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
}

const probePeriodSeconds = 10;

/** A StatefulSet: pods with names and volumes of their own. */
export function statefulServer<Port extends string>(
  scope: Construct,
  id: string,
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
  { replicas }: ServerScale = {},
): Server<StatefulSet, Port> {
  const workload = new StatefulSet(scope, id, {
    ...workloadProps(common, props, description),
    ...defined({ replicas }),
  });
  mountAll(workload, props, description);
  return served(scope, id, workload, workload.headless, description);
}

/** A Deployment: pods that are interchangeable. */
export function statelessServer<Port extends string>(
  scope: Construct,
  id: string,
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
  { replicas, autoscaler }: ServerScale = {},
): Server<Deployment, Port> {
  const workload = new Deployment(scope, id, {
    ...workloadProps(common, props, description),
    ...defined({ replicas, autoscaler }),
  });
  mountAll(workload, props, description);
  const byPod = Object.values<PortDescription>(description.ports).some(isByPod);
  const pods = byPod ? new Service(scope, `${id}-headless`, { workload, headless: true }) : undefined;
  return served(scope, id, workload, pods, description);
}

function workloadProps<Port extends string>(
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
): Common & {
  readonly name: string;
  readonly role: string;
  readonly runAs: PodUser;
  readonly container: ContainerProps;
  readonly gracePeriod?: Duration;
} {
  const {
    image,
    command,
    args,
    env,
    envFrom,
    resources,
    user,
    role,
    gracePeriod,
    name = common.instance,
  } = description;
  return {
    ...common,
    name,
    role,
    runAs: { user },
    ...defined({ gracePeriod }),
    container: {
      image,
      ...defined({ imageOverride: props.image, command, args, env, envFrom }),
      resources: props.resources ?? resources,
      ...probesOf(description),
    },
  };
}

function probesOf<Port extends string>({
  ports,
  probes,
}: ServerDescription<Port>): Pick<ContainerProps, 'readiness' | 'liveness' | 'startup'> {
  const named = Object.entries<PortDescription>(ports);
  const [first = ''] = named.find(([, { scheme }]) => scheme === 'http') ?? named[0] ?? [];
  const probe = (how: string | Probe, failures?: number): Probe =>
    typeof how === 'string' ? Probe.http(first, how, defined({ failures })) : how;
  const { ready, alive = ready, startup } = probes;
  return {
    readiness: probe(ready),
    liveness: probe(alive),
    ...defined({
      startup:
        startup instanceof Duration ? probe(ready, Math.ceil(startup.toSeconds() / probePeriodSeconds)) : startup,
    }),
  };
}

function mountAll<Port extends string>(
  workload: Deployment | StatefulSet,
  { config = {} }: ServerProps,
  { files, claims = {}, scratch = {} }: ServerDescription<Port>,
): void {
  const known = files?.files.map(({ name }) => name) ?? [];
  for (const name of Object.keys(config))
    if (!known.includes(name)) throw new UnknownNameError(`file of ${workload.name}`, name, known);
  if (files !== undefined) {
    const own = files.files.map((file) => file.mergedWith(config[file.name] ?? {}));
    workload.mount(workload.addConfig(files.name ?? 'config', own, files), files.path);
  }
  for (const [name, claim] of Object.entries(claims)) {
    const volume = workload.addClaim(name, claim);
    if ('path' in claim) workload.mount(volume, claim.path);
    else for (const [subPath, path] of Object.entries(claim.folders)) workload.mount(volume, path, { subPath });
  }
  for (const [name, { path, size }] of Object.entries(scratch)) workload.mount(workload.addScratch(name, size), path);
}

function served<W extends Workload, Port extends string>(
  scope: Construct,
  id: string,
  workload: W,
  pods: Service | undefined,
  { ports, listens = {} }: ServerDescription<Port>,
): Server<W, Port> {
  const hasClients = Object.values<PortDescription>(ports).some(({ forClients = true }) => forClients);
  const service = hasClients ? new Service(scope, `${id}-service`, { workload }) : undefined;
  for (const [name, port] of Object.entries(listens)) workload.listen(name, port);
  const endpoints: Partial<Record<Port, ServiceEndpoint>> = {};
  const byPod: Partial<Record<Port, ServiceEndpoint>> = {};
  const scrapeTargets: ScrapeTarget[] = [];
  for (const [name, description] of Object.entries<PortDescription>(ports) as [Port, PortDescription][]) {
    const { port, servicePort, scheme, protocol, metrics, forClients = true } = description;
    const ofPods = isByPod(description) ? pods?.endpoint({ name, port, ...defined({ scheme, protocol }) }) : undefined;
    const endpoint = forClients
      ? service?.endpoint({ name, port, ...defined({ servicePort, scheme, protocol }) })
      : ofPods;
    if (endpoint !== undefined) endpoints[name] = endpoint;
    if (ofPods !== undefined) byPod[name] = ofPods;
    if (metrics !== undefined && ofPods !== undefined)
      scrapeTargets.push({ job: workload.name, endpoint: ofPods, path: metrics });
  }
  return { workload, endpoints: endpoints as Record<Port, ServiceEndpoint>, pods: byPod, scrapeTargets };
}

function isByPod({ metrics, byPod = metrics !== undefined, forClients }: PortDescription): boolean {
  return byPod || forClients === false;
}
