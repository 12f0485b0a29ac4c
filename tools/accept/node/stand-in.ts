import { addresses } from './network';

/** A server whose image cannot be had here, with what others know it by. */
export interface StandIn {
  readonly name: string;
  readonly namespace: string;
  /** Ports that pods connect to, by name; each leads to the same port of this machine. */
  readonly ports: Readonly<Record<string, number>>;
  /** What Services and policies select it by. */
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
}

const script = `
const net = require('node:net');
const [host, ...ports] = process.argv.slice(1);
for (const port of ports) {
  net.createServer((from) => {
    console.log(from.remoteAddress.replace('::ffff:', '') + ' connects to ' + port);
    const to = net.connect(Number(port), host);
    for (const [one, other] of [[from, to], [to, from]]) {
      one.on('error', () => other.destroy()).on('close', () => other.destroy()).pipe(other);
    }
  }).listen(Number(port));
}
process.on('SIGTERM', () => process.exit(0));
`;

/** Starts node in the worker image so that it passes connections to these of its ports on to the same ports of this machine. */
export function passingOn(ports: readonly number[]): readonly string[] {
  return ['/nodejs/bin/node', '-e', script, addresses.outside, ...ports.map(String)];
}

/** A policy that lets pods with these labels pass connections on. */
export function passingOnPolicy(
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  ports: readonly number[],
): object {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `${name}-stand-in`, namespace, labels: { 'app.kubernetes.io/part-of': 'plumbline' } },
    spec: {
      podSelector: { matchLabels: labels },
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: `${addresses.outside}/32` } }],
          ports: ports.map((port) => ({ port, protocol: 'TCP' })),
        },
      ],
    },
  };
}

/**
 * A restricted pod in the server's place that passes every connection on to this machine, and the policy that lets it. All
 * that others need to reach it stays as it is rendered: names, Services and both ends of each policy.
 */
export function standInObjects({ name, namespace, ports, labels, image }: StandIn): readonly object[] {
  const numbers = Object.values(ports);
  return [
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: `${name}-stand-in`, namespace, labels },
      spec: {
        automountServiceAccountToken: false,
        containers: [
          {
            name,
            image,
            command: passingOn(numbers),
            ports: Object.entries(ports).map(([port, containerPort]) => ({ name: port, containerPort })),
            securityContext: {
              allowPrivilegeEscalation: false,
              capabilities: { drop: ['ALL'] },
              readOnlyRootFilesystem: true,
            },
          },
        ],
        securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
        terminationGracePeriodSeconds: 2,
      },
    },
    passingOnPolicy(name, namespace, labels, numbers),
  ];
}
