import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import type { ClusterNetwork } from './cluster-network';
import { defined } from './defined';
import { ServiceEndpoint, type ServiceEndpointProps } from './endpoint';
import { DuplicateNameError, ExposureError } from './errors';
import { selectorLabels, validName } from './naming';
import { Platform } from './platform';
import type { Workload } from './workload';

/** Options of a {@link Service}. */
export interface ServiceProps {
  /** Whose pods are meant. */
  readonly workload: Workload;
  /** @default - the workload's name; with `-headless` behind it for a headless one */
  readonly name?: string;
  /**
   * Whether the name resolves to the pods themselves, not to an address of the Service's own.
   *
   * @default false
   */
  readonly headless?: boolean;
  /**
   * Whether pods are found by name before they are ready, as members of a cluster that form it must be.
   *
   * @default false
   */
  readonly publishNotReadyAddresses?: boolean;
}

/** A Service of one workload. Its ports are its endpoints. */
export class Service extends Construct {
  readonly name: string;
  readonly workload: Workload;
  readonly headless: boolean;
  readonly cluster: ClusterNetwork;
  /** `<name>.<namespace>.svc.<domain>`. */
  readonly host: string;
  private readonly endpoints: ServiceEndpoint[] = [];
  private readonly nodePorts = new Map<ServiceEndpoint, number>();
  private keepsAddress = false;

  constructor(scope: Construct, id: string, props: ServiceProps) {
    super(scope, id);
    const { workload, headless = false } = props;
    this.workload = workload;
    this.headless = headless;
    this.name = validName('Service.name', props.name ?? (headless ? `${workload.name}-headless` : workload.name));
    this.cluster = Platform.of(this).cluster;
    this.host = `${this.name}.${workload.namespace}.svc.${this.cluster.domain}`;
    new k8s.KubeService(this, 'service', {
      metadata: { name: this.name, labels: { ...workload.labels } },
      spec: {
        ...(headless && { clusterIp: 'None' }),
        ...(props.publishNotReadyAddresses === true && { publishNotReadyAddresses: true }),
        type: Lazy.any({ produce: () => (this.isDoor ? 'NodePort' : undefined) }) as string,
        externalTrafficPolicy: Lazy.any({
          produce: () => (this.isDoor && this.keepsAddress ? 'Local' : undefined),
        }) as string,
        selector: selectorLabels(workload.selector),
        ports: Lazy.any({ produce: () => this.ports() }) as k8s.ServicePort[],
      },
    });
  }

  /** Its ports. */
  get offered(): readonly ServiceEndpoint[] {
    return this.endpoints;
  }

  /**
   * A port of the pods under this name.
   *
   * @throws {DuplicateNameError} if the Service has the name or the port already
   */
  endpoint(props: ServiceEndpointProps): ServiceEndpoint {
    const endpoint = new ServiceEndpoint(this, props);
    const { name, port, protocol } = endpoint;
    const taken = this.endpoints.find(
      (each) => each.name === name || (each.port === port && each.protocol === protocol),
    );
    if (taken !== undefined) {
      throw new DuplicateNameError('port', `${name} (${port})`, `Service ${this.name}`);
    }
    this.workload.listen(name, endpoint.podPort, protocol);
    this.endpoints.push(endpoint);
    return endpoint;
  }

  /**
   * Makes an endpoint reachable at a port of every node; where policies are to see who a client is, only of those with a pod. Of a Service
   * with several ports a second one does it, as every port of a Service of that type is one of nodes.
   *
   * @throws {ExposureError} if it already is, at another one
   */
  publish(endpoint: ServiceEndpoint, nodePort: number, { keepsAddress }: { readonly keepsAddress: boolean }): void {
    const present = this.nodePorts.get(endpoint);
    if (present !== undefined) throw new ExposureError(endpoint.authority, `it already is, at ${present}`);
    this.nodePorts.set(endpoint, nodePort);
    this.keepsAddress ||= keepsAddress;
    if (this.endpoints.length > 1 && this.node.tryFindChild('door') === undefined) this.addDoor();
  }

  /** All of its ports that are ports of nodes: two that have one number, for TCP and UDP, have to be of one Service. */
  private addDoor(): void {
    const published = () => this.endpoints.filter((each) => this.nodePorts.has(each));
    new k8s.KubeService(this, 'door', {
      metadata: { name: validName('Service.name', `${this.name}-door`), labels: { ...this.workload.labels } },
      spec: {
        type: 'NodePort',
        externalTrafficPolicy: Lazy.any({ produce: () => (this.keepsAddress ? 'Local' : undefined) }) as string,
        selector: selectorLabels(this.workload.selector),
        ports: Lazy.any({
          produce: () => published().map((endpoint) => servicePort(endpoint, this.nodePorts.get(endpoint))),
        }) as k8s.ServicePort[],
      },
    });
  }

  /** Whether its one port is one of nodes, too. */
  private get isDoor(): boolean {
    return this.endpoints.length === 1 && this.nodePorts.size > 0;
  }

  private ports(): k8s.ServicePort[] {
    return this.endpoints.map((endpoint) =>
      servicePort(endpoint, this.isDoor ? this.nodePorts.get(endpoint) : undefined),
    );
  }
}

function servicePort({ name, port, protocol, scheme }: ServiceEndpoint, nodePort?: number): k8s.ServicePort {
  return {
    name,
    port,
    targetPort: k8s.IntOrString.fromString(name),
    ...(protocol === 'UDP' && { protocol }),
    ...defined({ nodePort, appProtocol: scheme }),
  };
}
