import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ApiServerPeer, CertificateAuthority } from '../../tools/peers';

/* Nodes and pods of an API server beside which nothing runs, and what answers in their place, on loopback. */

/** An object, and the status that a kubelet would write. */
export interface WithStatus {
  readonly object: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
    readonly spec?: object;
  };
  readonly status: object;
}

/** Waits until a server listens on loopback. @returns its port */
export async function answering(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

export function nodeAt(name: string, kubeletPort: number): WithStatus {
  return {
    object: { apiVersion: 'v1', kind: 'Node', metadata: { name } },
    status: {
      addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
      daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    },
  };
}

/** A running pod at a port of loopback, which asks to be read there unless its annotations say otherwise. */
export function annotatedPod(
  namespace: string,
  name: string,
  port: number,
  {
    annotations,
    labels = {},
    hostIp = '127.0.0.9',
  }: { annotations?: Record<string, string>; labels?: Record<string, string>; hostIp?: string } = {},
): WithStatus {
  const asked = { 'prometheus.io/scrape': 'true', 'prometheus.io/port': `${port}`, ...annotations };
  const securityContext = {
    allowPrivilegeEscalation: false,
    capabilities: { drop: ['ALL'] },
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  };
  // Two ports, which an annotation makes one target.
  const ports = [{ containerPort: 8080 }, { containerPort: 9090 }];
  return {
    object: {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, namespace, annotations: asked, labels },
      spec: {
        automountServiceAccountToken: false,
        serviceAccountName: namespace === 'metrics' ? 'prometheus' : 'default',
        containers: [{ name: 'main', image: 'example.org/main:1.0.0', ports, securityContext }],
      },
    },
    status: {
      phase: 'Running',
      podIP: '127.0.0.1',
      podIPs: [{ ip: '127.0.0.1' }],
      hostIP: hostIp,
      hostIPs: [{ ip: hostIp }],
    },
  };
}

const own = 'kubelet_volume_stats_available_bytes{namespace="shop", persistentvolumeclaim="data"} 7\nkubelet_other 1\n';
const labels = (container: string, pod: string, id: string) =>
  `{container="${container}", pod="${pod}", namespace="shop", id="${id}", name="1a2b", image="example.org/cart"}`;
const ofContainers = [
  `container_cpu_usage_seconds_total${labels('cart', 'cart-1', '/kubepods/pod1/1a2b')} 3`,
  `container_cpu_usage_seconds_total${labels('', 'cart-1', '/kubepods/pod1')} 3`,
  `container_cpu_usage_seconds_total${labels('', '', '/system.slice/sshd.service')} 3`,
  `container_tasks_state${labels('cart', 'cart-1', '/kubepods/pod1/1a2b')} 1`,
  '',
].join('\n');

/**
 * Answers metrics as a kubelet does: to whom the API server says that a token is of, and that he may `get nodes/metrics` of this node.
 *
 * @param heard told of each token, as `<node> <user>`
 * @see https://kubernetes.io/docs/reference/access-authn-authz/kubelet-authn-authz/
 */
export async function kubelet(
  node: string,
  authority: CertificateAuthority,
  api: ApiServerPeer,
  heard: (token: string) => void,
): Promise<Server> {
  const { certificateFile, keyFile } = await authority.issue(node, `/O=system:nodes/CN=system:node:${node}`, [
    'IP:127.0.0.1',
  ]);
  const review = async (kind: string, group: string, spec: object) => {
    const object = JSON.stringify({ apiVersion: `${group}.k8s.io/v1`, kind, spec });
    const { stdout } = await api.kubectl(['create', '-o', 'json', '-f', '-'], object);
    return (JSON.parse(stdout) as { readonly status: Review }).status;
  };
  const decided = new Map<string, Promise<number>>();
  const decide = async (token: string): Promise<number> => {
    const { authenticated = false, user } = await review('TokenReview', 'authentication', { token });
    heard(`${node} ${user?.username ?? ''}`);
    if (!authenticated || user === undefined) return 401;
    const resourceAttributes = { verb: 'get', version: 'v1', resource: 'nodes', subresource: 'metrics', name: node };
    const asked = { user: user.username, groups: user.groups, resourceAttributes };
    return (await review('SubjectAccessReview', 'authorization', asked)).allowed === true ? 200 : 403;
  };
  return createServer({ cert: await readFile(certificateFile), key: await readFile(keyFile) }, (request, response) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '');
    const decision = decided.get(token) ?? decide(token);
    decided.set(token, decision);
    void decision.then(
      (status) =>
        response
          .writeHead(status, { 'content-type': 'text/plain; version=0.0.4' })
          .end(request.url === '/metrics/cadvisor' ? ofContainers : own),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
}

interface Review {
  readonly authenticated?: boolean;
  readonly user?: { readonly username: string; readonly groups: readonly string[] };
  readonly allowed?: boolean;
}
