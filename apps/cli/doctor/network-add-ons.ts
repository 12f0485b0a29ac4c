import { z } from 'zod';

/** A DaemonSet, as far as it tells which network a cluster has. */
export const networkSetSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string() }),
  spec: z.object({
    template: z.object({
      spec: z.object({ containers: z.array(z.object({ args: z.array(z.string()).default([]) })).default([]) }),
    }),
  }),
});
export type NetworkSet = z.infer<typeof networkSetSchema>;

/** What makes the network of pods, and whether NetworkPolicies act in it. */
export interface NetworkAddOn {
  readonly title: string;
  readonly enforcesPolicies: boolean;
  /** The DaemonSet that it is told by. @default - nodes themselves told it */
  readonly set?: NetworkSet;
}

/** Of add-ons that make the network: DaemonSets of those that enforce policies, and of those that do not. */
const enforcers: readonly { readonly name: RegExp; readonly title: string }[] = [
  { name: /^calico-node$/, title: 'Calico' },
  { name: /^cilium$/, title: 'Cilium' },
  { name: /^anetd$/, title: 'GKE Dataplane V2' },
  { name: /^canal$|^rke2-canal$/, title: 'Canal' },
  { name: /^antrea-agent$/, title: 'Antrea' },
  { name: /^kube-router$/, title: 'kube-router' },
  { name: /^weave-net$/, title: 'Weave Net' },
  { name: /^ovnkube-node$/, title: 'OVN-Kubernetes' },
  { name: /^azure-npm$/, title: 'Azure NPM' },
  // Since kind 0.24: https://github.com/kubernetes-sigs/kind/issues/842
  { name: /^kindnet$/, title: 'kindnet, which enforces policies since kind 0.24' },
];
const bystanders = /^kube-flannel(-ds)?$/;
/** https://github.com/aws/aws-network-policy-agent#enable-network-policy */
const awsFlag = '--enable-network-policy=true';
export const awsSetName = 'aws-node';

/**
 * The network of a cluster by its DaemonSets and the versions of its kubelets.
 *
 * @returns `undefined` where none is known
 */
export function networkAddOn(
  sets: readonly NetworkSet[],
  kubeletVersions: readonly string[],
): NetworkAddOn | undefined {
  for (const { name, title } of enforcers) {
    const set = sets.find(({ metadata }) => name.test(metadata.name));
    if (set !== undefined) return { title, enforcesPolicies: true, set };
  }
  if (kubeletVersions.some((version) => version.includes('+k3s'))) {
    return { title: 'k3s, which has a controller of policies', enforcesPolicies: true };
  }
  const aws = sets.find(({ metadata }) => metadata.name === awsSetName);
  if (aws?.spec.template.spec.containers.some(({ args }) => args.includes(awsFlag)) === true) {
    return { title: 'Amazon VPC CNI with its policy agent', enforcesPolicies: true, set: aws };
  }
  const open = aws ?? sets.find(({ metadata }) => bystanders.test(metadata.name));
  return open && { title: open.metadata.name, enforcesPolicies: false, set: open };
}
