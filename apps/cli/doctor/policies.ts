import { z } from 'zod';
import type { RenderedEnvironment } from '../verify/rendered';

const selector = z.object({ matchLabels: z.record(z.string(), z.string()).default({}) });
const policySchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().default('default') }),
  spec: z.object({
    podSelector: selector,
    policyTypes: z.array(z.string()).default([]),
    egress: z
      .array(
        z.object({
          ports: z
            .array(z.object({ port: z.union([z.number(), z.string()]).optional(), endPort: z.number().optional() }))
            .default([]),
          to: z
            .array(
              z.object({
                ipBlock: z.object({ cidr: z.string() }).optional(),
                namespaceSelector: selector.optional(),
                podSelector: selector.optional(),
              }),
            )
            .default([]),
        }),
      )
      .default([]),
  }),
});

/** A NetworkPolicy, as far as what it lets out is concerned. */
export type EgressPolicy = z.infer<typeof policySchema>;

/** Of DNS, and of OpenShift's. */
const dnsPorts = [53, 5353];
const namespaceLabel = 'kubernetes.io/metadata.name';

/** Policies as they are rendered. */
export function egressPolicies(rendered: RenderedEnvironment): readonly EgressPolicy[] {
  return rendered.ofKind('NetworkPolicy').map((policy) => policySchema.parse(policy));
}

/** Pods that others may ask for names, each once. */
export function dnsPeersOf(
  rendered: RenderedEnvironment,
): readonly { readonly namespace: string; readonly labels: Readonly<Record<string, string>> }[] {
  const peers = egressPolicies(rendered).flatMap(({ spec }) =>
    spec.egress
      .filter(({ ports }) => ports.some(({ port }) => dnsPorts.includes(Number(port))))
      .flatMap(({ to }) =>
        to.flatMap(({ namespaceSelector, podSelector }) => {
          const namespace = namespaceSelector?.matchLabels[namespaceLabel];
          return namespace === undefined || podSelector === undefined
            ? []
            : [{ namespace, labels: podSelector.matchLabels }];
        }),
      ),
  );
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()];
}

/** Policies that hold for a pod with these labels. */
export function policiesFor(
  policies: readonly EgressPolicy[],
  namespace: string,
  labels: Readonly<Record<string, string>>,
): readonly EgressPolicy[] {
  return policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === namespace &&
      spec.policyTypes.includes('Egress') &&
      Object.entries(spec.podSelector.matchLabels).every(([key, value]) => labels[key] === value),
  );
}

/** Whether one of the policies lets a pod out to a port of an address outside of the pods. */
export function letsOut(policies: readonly EgressPolicy[], address: string, port: number): boolean {
  return policies.some(({ spec }) =>
    spec.egress.some(({ ports, to }) => {
      const hasPort =
        ports.length === 0 ||
        ports.some(({ port: first, endPort }) => {
          if (first === undefined) return true;
          return port >= Number(first) && port <= (endPort ?? Number(first));
        });
      return (
        hasPort && (to.length === 0 || to.some(({ ipBlock }) => ipBlock !== undefined && isIn(address, ipBlock.cidr)))
      );
    }),
  );
}

/** Whether an address is in a range, of IPv4; of IPv6 only the range of everything is told apart. */
export function isIn(address: string, cidr: string): boolean {
  if (address.includes(':') || cidr.includes(':')) return cidr === '::/0' && address.includes(':');
  const [base = '', bits = '32'] = cidr.split('/');
  const shift = 32 - Number(bits);
  // A shift by 32 is none in JavaScript.
  return shift >= 32 || numberOf(address) >>> shift === numberOf(base) >>> shift;
}

function numberOf(address: string): number {
  return address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0);
}
