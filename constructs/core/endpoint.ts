import type { Connection, TlsProps } from './connection';
import { defined } from './defined';
import { ExposureError } from './errors';
import { NetworkPeer } from './network-peer';
import { validPort } from './naming';
import type { Protocol } from './pod-network';
import { PodTrust } from './pod-trust';
import type { Service } from './service';
import type { Workload } from './workload';

/** A door from outside. It is a value, so that an environment can hold it. */
export interface IExposure {
  /** @throws {ExposureError} if the endpoint cannot be opened this way */
  open(endpoint: ServiceEndpoint): void;
}

/** A port that workloads connect to: one of a component of ours, or one outside. */
export abstract class Endpoint {
  /**
   * Something that is not ours; connecting allows egress only.
   *
   * @param host DNS name or address
   */
  static external(host: string, port: number, options: ExternalEndpointOptions = {}): Endpoint {
    return new ExternalEndpoint(host, port, options);
  }

  /**
   * @param scheme what stands before `://`; absent for protocols that are addressed by host and port alone
   * @param tls how it is encrypted; absent: plain text, or as the client's image takes its scheme
   * @param protocol how packets reach it
   */
  protected constructor(
    readonly host: string,
    readonly port: number,
    readonly scheme: string | undefined,
    readonly tls: TlsProps | undefined,
    readonly protocol: Protocol = 'TCP',
  ) {
    validPort(`port of ${host}`, port);
  }

  /** `host:port`. */
  get authority(): string {
    return `${this.host}:${this.port}`;
  }

  /** What a client is configured with: `http://host:port`, or `host:port` for protocols without a scheme. */
  get address(): string {
    return this.scheme === undefined ? this.authority : `${this.scheme}://${this.authority}`;
  }

  /** Whether its name resolves to each pod behind it, not to one address for all. */
  get resolvesToPods(): boolean {
    return false;
  }

  /** Lets a workload's pods connect, and gives them the certificates that it takes. Called by {@link Workload.connectTo}. */
  connect(workload: Workload): Connection {
    this.admit(workload);
    const { host, port, authority, address: url, tls } = this;
    return { host, port, authority, url, ...defined({ tls: tls && PodTrust.of(workload).give(tls) }) };
  }

  /** Opens the way from `workload`'s pods to here, at both ends. */
  protected abstract admit(workload: Workload): void;
}

/** Options of {@link Endpoint.external}. */
export interface ExternalEndpointOptions {
  /**
   * Address ranges behind the host; policies cannot name hosts.
   *
   * @default - any address
   */
  readonly ranges?: readonly string[];
  /**
   * What stands before `://` in the address.
   *
   * @default - the address is `host:port`
   */
  readonly scheme?: string;
  /**
   * How it is encrypted.
   *
   * @default - trusted authorities of the image for `https`, else plain text
   */
  readonly tls?: TlsProps;
  /** @default 'TCP' */
  readonly protocol?: Protocol;
}

class ExternalEndpoint extends Endpoint {
  private readonly peers: readonly NetworkPeer[];

  constructor(host: string, port: number, { ranges, scheme, tls, protocol }: ExternalEndpointOptions) {
    super(host, port, scheme, tls ?? (scheme === 'https' ? {} : undefined), protocol);
    this.peers = (ranges ?? ['0.0.0.0/0', '::/0']).map((range) => NetworkPeer.addresses(range));
  }

  protected override admit(workload: Workload): void {
    const { port, protocol } = this;
    workload.network.allowOutside('egress', this.peers, { port, protocol }, this.host);
  }
}

/** Options of a {@link ServiceEndpoint}. */
export interface ServiceEndpointProps {
  /** Name of the port, on the Service and the pod. */
  readonly name: string;
  /** Port the pods listen on. */
  readonly port: number;
  /**
   * Port of the Service.
   *
   * @default - the same
   */
  readonly servicePort?: number;
  /**
   * `http` or `https`.
   *
   * @default - the address is `host:port`
   */
  readonly scheme?: string;
  /**
   * How it is encrypted.
   *
   * @default - plain text
   */
  readonly tls?: TlsProps;
  /** The same number may be a port of each. @default 'TCP' */
  readonly protocol?: Protocol;
}

/** A port of a Service of ours. */
export class ServiceEndpoint extends Endpoint {
  readonly name: string;
  /** Port the pods listen on, which policies name. */
  readonly podPort: number;

  constructor(
    readonly service: Service,
    { name, port, servicePort = port, scheme, tls, protocol }: ServiceEndpointProps,
  ) {
    // Who resolves a name to pods connects to addresses, for which no certificate is.
    super(
      service.host,
      servicePort,
      scheme,
      tls && service.headless ? { serverName: service.host, ...tls } : tls,
      protocol,
    );
    this.name = name;
    this.podPort = port;
  }

  get workload(): Workload {
    return this.service.workload;
  }

  override get resolvesToPods(): boolean {
    return this.service.headless;
  }

  protected override admit(workload: Workload): void {
    workload.network.connect(this.workload.network, { port: this.podPort, protocol: this.protocol });
  }

  /** How the pods reach their own port, over loopback: no policy is in the way, and the certificate is for the Service. */
  asSelf(): Connection {
    const { workload, service, podPort, scheme, tls } = this;
    const [host, port] = ['127.0.0.1', podPort];
    const authority = `${host}:${port}`;
    const url = scheme === undefined ? authority : `${scheme}://${authority}`;
    const given = tls && PodTrust.of(workload).give({ serverName: service.host, ...tls });
    return { host, port, authority, url, ...defined({ tls: given }) };
  }

  /**
   * Lets in clients that are not ours and whose own policies are not known here.
   *
   * @param reason why, kept on the policy
   */
  acceptFrom(peers: readonly NetworkPeer[], reason: string): void {
    const { podPort: port, protocol } = this;
    this.workload.network.allowOutside('ingress', peers, { port, protocol }, reason);
  }

  /** Opens a door from outside the cluster. */
  expose(exposure: IExposure): void {
    if (this.service.headless) throw new ExposureError(this.authority, 'its Service is headless');
    exposure.open(this);
  }
}
