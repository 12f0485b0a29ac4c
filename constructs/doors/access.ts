import { defined, whereGiven } from '../core/defined';
import type { IExposure } from '../core/endpoint';
import { NodePort, type NodePortOptions } from '../core/exposure';
import { Ingress, type IngressOptions } from './ingress';

/** A port of every node, and who may come in by it. */
export interface NodePortAccess extends NodePortOptions {
  readonly port: number;
}

/** What has all ports of nodes in common. */
export interface NodePortsOptions extends NodePortOptions {
  /** Name or address of a node that people use, for links. @default - links lead nowhere */
  readonly node?: string;
}

/** What all host names have in common. One certificate is for all of them. */
export type HostNamesOptions = Omit<IngressOptions, 'host' | 'name' | 'path'> &
  Required<Pick<IngressOptions, 'certificate'>>;

/**
 * How people reach the parts of an environment: a value that is chosen once, and asked for the door of each.
 *
 * ```ts
 * const access = Access.nodePorts({ grafana: 30300, prometheus: { port: 30090, clientRanges: ['10.1.0.0/16'] } });
 * const environment = { grafana: { ...access.page('grafana') }, logs: { ...access.door('loki') } };
 * ```
 */
export abstract class Access<Part extends string = string> {
  /** By `kubectl port-forward`, as whoever may do that in the namespace: there is no door. */
  static portForward(): Access {
    return new PortForward();
  }

  /** At ports of nodes. Parts that are not named have no door. @throws {InvalidPropError} if a port is none of nodes */
  static nodePorts<Part extends string>(
    parts: Readonly<Partial<Record<Part, number | NodePortAccess>>>,
    options: NodePortsOptions = {},
  ): Access<Part> {
    return new NodePorts(parts, options);
  }

  /** By names of hosts at an Ingress controller, encrypted up to there. @throws {InvalidPropError} if a host is no name */
  static hostNames<Part extends string>(
    hosts: Readonly<Partial<Record<Part, string>>>,
    options: HostNamesOptions,
  ): Access<Part> {
    return new HostNames(hosts, options);
  }

  /** The door of a part, if it has one. */
  abstract door(part: Part): { readonly exposure?: IExposure };

  /** The URL that people use for it, if it is known. */
  abstract url(part: Part): { readonly url?: string };

  /** Both, for a part that tells people where it is. */
  page(part: Part): { readonly exposure?: IExposure; readonly url?: string } {
    return { ...this.door(part), ...this.url(part) };
  }
}

class PortForward extends Access {
  override door(): object {
    return {};
  }

  override url(): object {
    return {};
  }
}

class NodePorts<Part extends string> extends Access<Part> {
  private readonly doors: ReadonlyMap<string, NodePort>;

  constructor(
    parts: Readonly<Partial<Record<Part, number | NodePortAccess>>>,
    private readonly options: NodePortsOptions,
  ) {
    super();
    const { clientRanges } = options;
    this.doors = new Map(
      Object.entries<number | NodePortAccess | undefined>(parts).flatMap(([part, said]) => {
        if (said === undefined) return [];
        const { port, ...own } = typeof said === 'number' ? { port: said } : said;
        return [[part, new NodePort(port, { ...defined({ clientRanges }), ...own })] as const];
      }),
    );
  }

  override door(part: Part): { readonly exposure?: IExposure } {
    return defined({ exposure: this.doors.get(part) });
  }

  override url(part: Part): { readonly url?: string } {
    const { node } = this.options;
    const door = this.doors.get(part);
    return node === undefined || door === undefined ? {} : { url: `http://${node}:${door.port}` };
  }
}

class HostNames<Part extends string> extends Access<Part> {
  private readonly doors: ReadonlyMap<string, { readonly host: string; readonly ingress: Ingress }>;

  constructor(hosts: Readonly<Partial<Record<Part, string>>>, options: HostNamesOptions) {
    super();
    this.doors = new Map(
      Object.entries<string | undefined>(hosts).flatMap(([part, host]) =>
        host === undefined ? [] : [[part, { host, ingress: new Ingress({ ...options, host }) }] as const],
      ),
    );
  }

  override door(part: Part): { readonly exposure?: IExposure } {
    return whereGiven(this.doors.get(part), ({ ingress }) => ({ exposure: ingress }));
  }

  override url(part: Part): { readonly url?: string } {
    return whereGiven(this.doors.get(part), ({ host }) => ({ url: `https://${host}` }));
  }
}
