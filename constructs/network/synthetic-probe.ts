import { Duration } from 'cdk8s';
import type { TlsProps } from '../core/connection';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import type { EndpointPath } from '../core/stores';
import type { Workload } from '../core/workload';
import { checkedConversation, checkedDns } from './probe-checks';
import {
  dnsModule,
  tcpModule,
  type ConversationStep,
  type DnsQuestion,
  type Expectation,
  type HttpQuestion,
  type ProbeModule,
} from './probe-modules';
import { httpParts, pingParts, portOf, portParts, type HostPort, type ProbeParts } from './probe-parts';
import { ProbedHost } from './probed-host';
import type { NetworkTarget } from './target';

/** What is asked, and of what: label `probe` of its series. */
export type ProbeKind = 'http' | 'gateway' | 'cdn' | 'tcp' | 'tls' | 'dns' | 'icmp';

/** What every probe may be told, with where its target is: labels of its series. */
export interface ProbeProps extends Pick<NetworkTarget, 'region' | 'site' | 'provider' | 'link'> {
  /** How long it waits. @default Duration.seconds(5) */
  readonly timeout?: Duration;
  /**
   * What is too long: as a whole, or as a round trip where the probe is of a link.
   *
   * @default - 2 s, of name servers 500 ms, of links 200 ms
   */
  readonly slow?: Duration;
  /**
   * Address ranges behind the host, which then are all that the policy lets out to.
   *
   * @default - the host's own address, the namespace of a Service, or of any other name whatever address, at this one port
   */
  readonly ranges?: readonly string[];
  /** Which of its addresses is asked, if it has both. @default 'ip4' */
  readonly preferred?: 'ip4' | 'ip6';
}

/** Options of probes whose connection may be encrypted. */
export interface EncryptedProbeProps extends ProbeProps {
  /** Authority and names, with Secrets in the namespace of the exporter. @default - of an endpoint, its own; else as the image trusts */
  readonly tls?: TlsProps;
}

/** Options of {@link SyntheticProbe.http}. */
export interface HttpProbeProps extends EncryptedProbeProps, HttpQuestion {}

/** Options of {@link SyntheticProbe.gateway}. */
export interface GatewayProbeProps extends HttpProbeProps {
  /** Whether it is right that nothing is answered without a credential. @default - if there is none */
  readonly refuses?: boolean;
}

/** Options of {@link SyntheticProbe.cdn}. */
export interface CdnProbeProps extends HttpProbeProps {
  /** Headers that tell that the answer came from a cache. @default - `Age`, which an answer of the origin itself has not */
  readonly cached?: Readonly<Record<string, Expectation>>;
}

/** Options of {@link SyntheticProbe.tcp}. */
export interface TcpProbeProps extends EncryptedProbeProps {
  /** What is said when it is connected. @default - nothing: that it connects is enough */
  readonly conversation?: readonly ConversationStep[];
}

/** Options of {@link SyntheticProbe.tls}. */
export interface TlsProbeProps extends TcpProbeProps {
  /** Whether the certificate has to be of an authority that is trusted; else it is only asked when it expires. @default true */
  readonly verified?: boolean;
}

/** Options of {@link SyntheticProbe.dns}. */
export interface DnsProbeProps extends ProbeProps, DnsQuestion {
  /** @default 53 */
  readonly port?: number;
}

/** A question that an exporter asks again and again, as a user would: whether it is answered, how, and how fast. */
export class SyntheticProbe {
  /**
   * Asks a page or an API.
   *
   * @param name label `target` of its series; a lower-case DNS label
   * @param at a URL, or an endpoint of the platform with a path
   * @throws {InvalidPropError} if it cannot be asked, or has a password in it
   */
  static http(name: string, at: string | EndpointPath, props: HttpProbeProps = {}): SyntheticProbe {
    return new SyntheticProbe('http', name, props, httpParts(name, at, props, props));
  }

  /**
   * Asks an API gateway: with a credential, whether it lets in and what is behind it answers; without one, whether it refuses, by 401 or 403.
   * That 502, 503 or 504 is answered means that the gateway is there, and what is behind it is not.
   */
  static gateway(name: string, url: string, props: GatewayProbeProps = {}): SyntheticProbe {
    const { refuses = props.credential === undefined, ...rest } = props;
    const question = { ...(refuses && { status: [401, 403] }), ...rest };
    return new SyntheticProbe('gateway', name, rest, httpParts(name, url, rest, question));
  }

  /** Asks a content delivery network, whether it answers from a cache. */
  static cdn(name: string, url: string, props: CdnProbeProps = {}): SyntheticProbe {
    const { cached = { Age: { matches: ['^[0-9]+$'] } }, ...rest } = props;
    const question = { ...rest, answerHeaders: { ...rest.answerHeaders, ...cached } };
    return new SyntheticProbe('cdn', name, rest, httpParts(name, url, rest, question));
  }

  /** Connects to a port, and says something if it is told to. */
  static tcp(name: string, at: Endpoint | HostPort, props: TcpProbeProps = {}): SyntheticProbe {
    const conversation = checkedConversation(name, props.conversation ?? []);
    const module: ProbeParts['module'] = (terms, way) => tcpModule(terms, conversation, way);
    return new SyntheticProbe('tcp', name, props, portParts(portOf(at, props), module));
  }

  /**
   * Connects by TLS, for when the certificate expires. Of servers that encrypt later, `conversation` says how it gets there.
   *
   * @example SyntheticProbe.tls('mail', { host: 'mail.example.org', port: 993 })
   */
  static tls(name: string, at: Endpoint | HostPort, props: TlsProbeProps = {}): SyntheticProbe {
    const { verified = true } = props;
    const conversation = checkedConversation(name, props.conversation ?? []);
    const module: ProbeParts['module'] = (terms, way) => tcpModule(terms, conversation, { tls: {}, ...way, verified });
    return new SyntheticProbe('tls', name, props, portParts(portOf(at, props), module));
  }

  /** Asks a name server for records. @param server address or name of the server that is asked */
  static dns(name: string, server: string, props: DnsProbeProps): SyntheticProbe {
    const { port = 53, transport = 'udp', ranges, query, type, answers, codes } = props;
    checkedDns(name, props);
    const protocol = transport === 'udp' ? 'UDP' : 'TCP';
    const endpoint = new ProbedHost(server, port, { protocol, ...defined({ ranges }) });
    const question = { query, transport, ...defined({ type, answers, codes }) };
    return new SyntheticProbe(
      'dns',
      name,
      props,
      portParts(endpoint, (terms) => dnsModule(terms, question)),
    );
  }

  /** Sends an echo request. @param host an address, or a name with its `ranges` */
  static icmp(name: string, host: string, props: ProbeProps = {}): SyntheticProbe {
    return new SyntheticProbe('icmp', name, props, pingParts(name, host, props.ranges));
  }

  readonly target: NetworkTarget;
  readonly timeout: Duration;
  readonly slow: Duration;
  /** What the exporter is given as target. */
  readonly address: string;

  private constructor(
    readonly kind: ProbeKind,
    name: string,
    private readonly props: ProbeProps,
    private readonly parts: ProbeParts,
  ) {
    const { region, site, provider, link } = props;
    this.target = { name, host: parts.host, ...defined({ region, site, provider, link }) };
    this.timeout = props.timeout ?? Duration.seconds(5);
    this.slow = props.slow ?? defaultSlow(kind, link);
    for (const [prop, time] of Object.entries({ timeout: this.timeout, slow: this.slow }))
      if (secondsOf(time) <= 0) throw new InvalidPropError(`${name}.${prop}`, `${secondsOf(time)} s`, 'a time');
    this.address = parts.address;
  }

  /** Opens the way there from these pods. @returns the module by which they ask */
  connect(workload: Workload): ProbeModule {
    const { preferred = 'ip4' } = this.props;
    const terms = { timeoutSeconds: secondsOf(this.timeout), preferred };
    return this.parts.module(terms, this.parts.open(workload));
  }
}

function defaultSlow(kind: ProbeKind, link: string | undefined): Duration {
  if (link !== undefined) return Duration.millis(200);
  return kind === 'dns' ? Duration.millis(500) : Duration.seconds(2);
}

/** With parts of a second, and of a millisecond, as round trips within a site have. */
export function secondsOf(time: Duration): number {
  return time.toMilliseconds({ integral: false }) / 1000;
}
