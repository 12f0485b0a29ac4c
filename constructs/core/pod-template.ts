import type { k8s } from 'cdk8s-plus-28';
import type { ClusterNetwork } from './cluster-network';
import type { Container } from './container';
import { defined } from './defined';
import { containerSecurity, hostFields, podSecurity } from './pod-security';
import type { SecurityProfile } from './security-profile';
import type { WorkloadProps } from './workload';

/** What a pod template is made of, once every wire is there. */
export interface PodParts {
  /** Of the ServiceAccount. */
  readonly account: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly profile: SecurityProfile;
  readonly cluster: ClusterNetwork;
  /** Whether pods are on every node, not on those that the cluster's props name. */
  readonly everyNode: boolean;
  /** Whether pods have a token for the Kubernetes API. */
  readonly apiAccess: boolean;
  readonly main: Container;
  readonly inits: readonly Container[];
  readonly sidecars: readonly Container[];
  readonly volumes: readonly k8s.Volume[];
  readonly restartPolicy: string | undefined;
  readonly priorityClass: string | undefined;
  readonly topologySpread: k8s.TopologySpreadConstraint[] | undefined;
  /** Pods that it may not be beside. */
  readonly apart: k8s.PodAffinityTerm | undefined;
}

/** A pod template: what constructs say, then the environment's placement, then the options that a component is given. */
export function podTemplate(parts: PodParts, props: WorkloadProps): k8s.PodTemplateSpec {
  const { account, labels, profile, cluster, apiAccess, main, inits, sidecars, restartPolicy, topologySpread } = parts;
  const { pod = {}, runAs } = props;
  const annotations = { ...pod.annotations, ...parts.annotations };
  const nodeSelector = { ...(!parts.everyNode && cluster.nodeSelector), ...props.nodeSelector };
  const tolerations = [...(parts.everyNode ? [] : cluster.tolerations), ...(props.tolerations ?? [])];
  const volumes = [...parts.volumes, ...(pod.volumes ?? [])];
  // What a profile adds is for the program that needs it, not for what prepares its pod or helps it; the user is the same.
  const others = { root: profile.root, capabilities: [], escalates: false };
  return {
    metadata: { labels: { ...labels }, ...(Object.keys(annotations).length > 0 && { annotations }) },
    spec: {
      serviceAccountName: account,
      automountServiceAccountToken: apiAccess,
      enableServiceLinks: false,
      ...hostFields(profile),
      securityContext: podSecurity(runAs, profile),
      ...(inits.length > 0 && {
        initContainers: inits.map((init) => init.render({ securityContext: containerSecurity(init, others) })),
      }),
      containers: [
        main.render({ securityContext: containerSecurity(main, profile), ...hooks(main, props) }),
        ...sidecars.map((sidecar) => sidecar.render({ securityContext: containerSecurity(sidecar, others) })),
        ...(pod.containers ?? []),
      ],
      ...(volumes.length > 0 && { volumes }),
      ...defined({
        terminationGracePeriodSeconds: props.gracePeriod?.toSeconds(),
        restartPolicy,
        priorityClassName: props.priorityClass ?? parts.priorityClass,
      }),
      ...(Object.keys(nodeSelector).length > 0 && { nodeSelector }),
      ...(tolerations.length > 0 && { tolerations: tolerations.map((each) => ({ ...each })) }),
      ...defined({
        affinity: affinity(parts.apart, pod.affinity),
        topologySpreadConstraints: pod.topologySpread === undefined ? topologySpread : [...pod.topologySpread],
        imagePullSecrets: pod.pullSecrets?.map((name) => ({ name })),
      }),
    },
  };
}

/** The container's own hooks, unless a component is given others. */
function hooks({ lifecycle: own }: Container, { pod }: WorkloadProps): { readonly lifecycle?: k8s.Lifecycle } {
  const lifecycle = { ...own, ...pod?.lifecycle };
  return Object.keys(lifecycle).length === 0 ? {} : { lifecycle };
}

/** What a component is given is added to, so that it cannot bring replicas together by an affinity of another kind. */
function affinity(apart: k8s.PodAffinityTerm | undefined, given: k8s.Affinity | undefined): k8s.Affinity | undefined {
  if (apart === undefined) return given;
  const { podAntiAffinity: anti, ...others } = given ?? {};
  const required = [apart, ...(anti?.requiredDuringSchedulingIgnoredDuringExecution ?? [])];
  return { ...others, podAntiAffinity: { ...anti, requiredDuringSchedulingIgnoredDuringExecution: required } };
}
