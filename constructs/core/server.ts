import { Duration } from 'cdk8s';
import type { Construct } from 'constructs';
import type { ScrapeTarget } from './component';
import type { ContainerProps } from './container';
import { DaemonSet } from './daemon-set';
import { defined } from './defined';
import { Deployment } from './deployment';
import type { ServiceEndpoint, ServiceEndpointProps } from './endpoint';
import { UnknownNameError } from './errors';
import { Platform } from './platform';
import { Probe } from './probe';
import type {
  AgentDescription,
  Common,
  PortDescription,
  Server,
  ServerDescription,
  ServerProps,
  ServerScale,
} from './server-description';
import { ServerCertificate } from './server-tls';
import { Service } from './service';
import { StatefulSet } from './stateful-set';
import type { Workload, WorkloadProps } from './workload';

const probePeriodSeconds = 10;
/** Where a product has one path for both, it is unready after half a minute and started again after a whole one. */
const failuresBeforeRestart = 6;

/** A StatefulSet: pods with names and volumes of their own. */
export function statefulServer<Port extends string>(
  scope: Construct,
  id: string,
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
  { replicas, quorum, spread }: Omit<ServerScale, 'autoscaler'> = {},
): Server<StatefulSet, Port> {
  const workload = new StatefulSet(scope, id, {
    ...workloadProps(scope, common, props, description),
    ...defined({ replicas, quorum, spread, parallel: description.parallel }),
  });
  mountFiles(workload, props, description);
  mountClaims(workload, description);
  mountScratch(workload, description);
  return served(scope, id, workload, workload.headless, description);
}

/** A Deployment: pods that are interchangeable. */
export function statelessServer<Port extends string>(
  scope: Construct,
  id: string,
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
  { replicas, autoscaler, quorum, spread }: ServerScale = {},
): Server<Deployment, Port> {
  const workload = new Deployment(scope, id, {
    ...workloadProps(scope, common, props, description),
    ...defined({ replicas, autoscaler, quorum, spread }),
  });
  mountFiles(workload, props, description);
  mountClaims(workload, description);
  mountScratch(workload, description);
  const byPod = Object.values<PortDescription>(description.ports).some(isByPod);
  const findable = defined({ publishNotReadyAddresses: description.parallel });
  const pods = byPod ? new Service(scope, `${id}-headless`, { workload, headless: true, ...findable }) : undefined;
  return served(scope, id, workload, pods, description);
}

/** A DaemonSet: a pod on every node, each of which is asked by itself. */
export function agentServer<Port extends string>(
  scope: Construct,
  id: string,
  common: Common,
  props: ServerProps,
  description: AgentDescription<Port>,
): Server<DaemonSet, Port> {
  const { profile } = description;
  const workload = new DaemonSet(scope, id, { ...workloadProps(scope, common, props, description), profile });
  mountFiles(workload, props, description);
  mountScratch(workload, description);
  const pods = new Service(scope, `${id}-headless`, { workload, headless: true });
  return served(scope, id, workload, pods, description);
}

function workloadProps<Port extends string>(
  scope: Construct,
  common: Common,
  props: ServerProps,
  description: ServerDescription<Port>,
): Common & WorkloadProps {
  const { image, command, args, env, envFrom, resources, writableRoot, lifecycle } = description;
  const { user, pings, role, gracePeriod, initContainers, sidecars, name = common.instance } = description;
  return {
    ...common,
    name,
    role,
    runAs: { user, ...defined({ pings }) },
    ...defined({ gracePeriod, initContainers, sidecars }),
    container: {
      image,
      ...defined({ imageOverride: props.image, command, args, env, envFrom, writableRoot, lifecycle }),
      resources: props.resources ?? resources,
      ...probesOf(scope, description),
    },
  };
}

function probesOf<Port extends string>(
  scope: Construct,
  { ports, probes }: ServerDescription<Port>,
): Pick<ContainerProps, 'readiness' | 'liveness' | 'startup'> {
  const named = Object.entries<PortDescription>(ports);
  const [first = ''] = named.find(([, { scheme }]) => scheme === 'http') ?? named[0] ?? [];
  const encrypted = named.filter(([, port]) => isEncrypted(scope, port)).map(([name]) => name);
  const probe = (how: string | Probe, failures?: number): Probe =>
    (typeof how === 'string' ? Probe.http(first, how, defined({ failures })) : how).over(encrypted);
  const { ready, alive = ready, startup } = probes;
  const begin = startup instanceof Duration ? ready : startup;
  const failures = startup instanceof Duration ? Math.ceil(startup.toSeconds() / probePeriodSeconds) : undefined;
  return {
    readiness: probe(ready),
    liveness: probe(alive, alive === ready ? failuresBeforeRestart : undefined),
    ...defined({ startup: begin === undefined ? undefined : probe(begin, failures) }),
  };
}

function mountFiles<Port extends string>(
  workload: Workload,
  { config = {} }: ServerProps,
  { files }: Pick<ServerDescription<Port>, 'files'>,
): void {
  const known = files?.files.map(({ name }) => name) ?? [];
  for (const name of Object.keys(config))
    if (!known.includes(name)) throw new UnknownNameError(`file of ${workload.name}`, name, known);
  if (files === undefined) return;
  const own = files.files.map((file) => file.mergedWith(config[file.name] ?? {}));
  const { name = 'config', path, containers } = files;
  workload.mount(workload.addConfig(name, own, files), path, defined({ containers }));
}

function mountClaims<Port extends string>(
  workload: Deployment | StatefulSet,
  { claims = {} }: Pick<ServerDescription<Port>, 'claims'>,
): void {
  for (const [name, claim] of Object.entries(claims)) {
    const volume = workload.addClaim(name, claim);
    if ('path' in claim) workload.mount(volume, claim.path, defined({ containers: claim.containers }));
    else for (const [subPath, path] of Object.entries(claim.folders)) workload.mount(volume, path, { subPath });
  }
}

function mountScratch<Port extends string>(
  workload: Workload,
  { scratch = {} }: Pick<ServerDescription<Port>, 'scratch'>,
): void {
  for (const [name, { path, size, ...where }] of Object.entries(scratch))
    workload.mount(workload.addScratch(name, size), path, where);
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
  if (Object.values<PortDescription>(ports).some((port) => isEncrypted(workload, port)))
    new ServerCertificate(
      workload,
      [service, pods].filter((each) => each !== undefined),
    );
  const endpoints: Partial<Record<Port, ServiceEndpoint>> = {};
  const byPod: Partial<Record<Port, ServiceEndpoint>> = {};
  const scrapeTargets: ScrapeTarget[] = [];
  for (const [name, description] of Object.entries<PortDescription>(ports) as [Port, PortDescription][]) {
    const { port, servicePort, metrics, forClients = true } = description;
    const spoken = { name, port, ...spokenAt(workload, description) };
    const ofPods = isByPod(description) ? pods?.endpoint(spoken) : undefined;
    const endpoint = forClients ? service?.endpoint({ ...spoken, ...defined({ servicePort }) }) : ofPods;
    if (endpoint !== undefined) endpoints[name] = endpoint;
    if (ofPods !== undefined) byPod[name] = ofPods;
    if (metrics !== undefined && ofPods !== undefined)
      scrapeTargets.push({ job: workload.name, endpoint: ofPods, path: metrics });
  }
  return { workload, endpoints: endpoints as Record<Port, ServiceEndpoint>, pods: byPod, scrapeTargets };
}

/** How a port is spoken to, where servers of the platform encrypt and where they do not. */
function spokenAt(
  workload: Workload,
  port: PortDescription,
): Pick<ServiceEndpointProps, 'scheme' | 'tls' | 'protocol'> {
  const { scheme, protocol } = port;
  const tls = isEncrypted(workload, port) ? Platform.of(workload).tls : undefined;
  if (tls === undefined) return defined({ scheme, protocol });
  return { tls: { ca: tls.ca }, ...defined({ protocol, scheme: scheme === 'http' ? 'https' : scheme }) };
}

function isEncrypted(scope: Construct, { tls = false }: PortDescription): boolean {
  return tls && Platform.of(scope).tls !== undefined;
}

function isByPod({ metrics, byPod = metrics !== undefined, forClients }: PortDescription): boolean {
  return byPod || forClients === false;
}
