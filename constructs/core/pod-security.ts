import type { k8s } from 'cdk8s-plus-28';
import type { Container } from './container';
import { InvalidPropError } from './errors';
import type { SecurityProfile } from './security-profile';

/** The user and groups of a pod's processes, by number. */
export interface PodUser {
  readonly user: number;
  /** @default - the user's number */
  readonly group?: number;
  /**
   * Whether volumes are given to the group.
   *
   * @default true
   */
  readonly ownsVolumes?: boolean;
}

/** @throws {InvalidPropError} if the user is root and the profile does not say so, or the other way round */
export function checkUser(prop: string, { user }: PodUser, { root, name }: SecurityProfile): void {
  if ((user === 0) !== root)
    throw new InvalidPropError(
      `${prop}.runAs.user`,
      user,
      root ? '0, which its profile asks for' : `allowed: the profile ${name} does not say \`root: true\``,
    );
}

/** Security of a pod: that of the restricted standard but for what the profile says. */
export function podSecurity(
  { user, group = user, ownsVolumes = true }: PodUser,
  { root }: SecurityProfile,
  { pings = false }: { readonly pings?: boolean | undefined } = {},
): k8s.PodSecurityContext {
  return {
    runAsNonRoot: !root,
    runAsUser: user,
    runAsGroup: group,
    ...(ownsVolumes && { fsGroup: group, fsGroupChangePolicy: 'OnRootMismatch' }),
    // Sockets for echo requests and nothing else, for this group alone, where else it would take the capability NET_RAW.
    ...(pings && { sysctls: [{ name: 'net.ipv4.ping_group_range', value: `${group} ${group}` }] }),
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** Security of one container. */
export function containerSecurity(
  { writableRoot }: Container,
  { root, capabilities, escalates }: Pick<SecurityProfile, 'root' | 'capabilities' | 'escalates'>,
): k8s.SecurityContext {
  return {
    allowPrivilegeEscalation: escalates,
    capabilities: { drop: ['ALL'], ...(capabilities.length > 0 && { add: [...capabilities] }) },
    readOnlyRootFilesystem: !writableRoot,
    runAsNonRoot: !root,
    seccompProfile: { type: 'RuntimeDefault' },
  };
}

/** The address of the node, with names of the cluster all the same. */
export function hostFields({ hostNetwork }: SecurityProfile): Pick<k8s.PodSpec, 'hostNetwork' | 'dnsPolicy'> {
  return hostNetwork ? { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' } : {};
}
