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
            command: ['/nodejs/bin/node', '-e', script, addresses.outside, ...numbers.map(String)],
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
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: `${name}-stand-in`, namespace },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ['Egress'],
        egress: [
          {
            to: [{ ipBlock: { cidr: `${addresses.outside}/32` } }],
            ports: numbers.map((port) => ({ port, protocol: 'TCP' })),
          },
        ],
      },
    },
  ];
}
