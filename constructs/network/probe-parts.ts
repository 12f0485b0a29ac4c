import type { TlsProps } from '../core/connection';
import { contentHash } from '../core/content-hash';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { SecretRef } from '../core/secret-ref';
import { SecretSource } from '../core/secret-source';
import type { EndpointPath } from '../core/stores';
import { webUrl } from '../core/tls-settings';
import type { Workload } from '../core/workload';
import { checkedHttp, checkedUrl } from './probe-checks';
import {
  httpModule,
  icmpModule,
  type HttpQuestion,
  type ModuleTerms,
  type OpenedWay,
  type ProbeCredential,
  type ProbeModule,
} from './probe-modules';
import { allowPingsTo, ProbedHost, type ProbedHostProps } from './probed-host';

/** What kinds of probes differ in. */
export interface ProbeParts {
  readonly host: string;
  /** What the exporter is given as target. */
  readonly address: string;
  /** Lets pods go there, with what they need for it. */
  readonly open: (workload: Workload) => OpenedWay;
  readonly module: (terms: ModuleTerms, way: OpenedWay) => ProbeModule;
}

/** A port of a host that is not ours. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** What is said of a connection besides where it goes. */
type WayProps = Pick<ProbedHostProps, 'ranges'> & { readonly tls?: TlsProps };

/** @param at a URL, or an endpoint of the platform with a path */
export function httpParts(
  name: string,
  at: string | EndpointPath,
  { tls, ranges }: WayProps,
  asked: HttpQuestion,
): ProbeParts {
  const question = checkedHttp(name, asked);
  const way = defined({ tls, ranges });
  const { endpoint, address } = typeof at === 'string' ? elsewhere(name, at, way) : ours(at);
  return {
    host: endpoint.host,
    address,
    open: (workload) => ({
      ...defined({ tls: workload.connectTo(endpoint).tls }),
      ...defined({ credentialFile: question.credential && credentialFile(workload, question.credential) }),
    }),
    module: (terms, opened) => httpModule(terms, question, opened),
  };
}

export function portParts(endpoint: Endpoint, module: ProbeParts['module']): ProbeParts {
  const { host, port } = endpoint;
  return {
    host,
    address: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    open: (workload) => defined({ tls: workload.connectTo(endpoint).tls }),
    module,
  };
}

export function pingParts(name: string, host: string, ranges?: readonly string[]): ProbeParts {
  return {
    host,
    address: host,
    open: (workload) => {
      allowPingsTo(workload, name, host, ranges);
      return {};
    },
    module: icmpModule,
  };
}

export function portOf(at: Endpoint | HostPort, { tls, ranges }: WayProps): Endpoint {
  return at instanceof Endpoint ? at : new ProbedHost(at.host, at.port, defined({ tls, ranges }));
}

function ours({ endpoint, path }: EndpointPath): { readonly endpoint: Endpoint; readonly address: string } {
  return { endpoint, address: `${webUrl(endpoint)}${path}` };
}

function elsewhere(
  name: string,
  url: string,
  way: WayProps,
): { readonly endpoint: Endpoint; readonly address: string } {
  const { host, port, address } = checkedUrl(name, url);
  return { endpoint: new ProbedHost(host, port, way), address };
}

/** One Secret is mounted once, whoever of the probes asks. @returns the file with the value */
function credentialFile(workload: Workload, { secret, key }: ProbeCredential): string {
  const id = `probe-${contentHash([secret, key])}`;
  const folder = `/etc/plumbline/probes/${id}`;
  if (workload.node.tryFindChild(id) === undefined) {
    const reference = new SecretRef(workload, id, {
      name: secret,
      namespace: workload.namespace,
      keys: { [key]: { kind: 'password' } },
      source: SecretSource.existing({ name: secret }),
    });
    workload.mount(workload.addSecret(id, reference), folder);
  }
  return `${folder}/${key}`;
}
