import { posix } from 'node:path';
import { compareText } from './content-hash';
import { InvalidPropError } from './errors';
import { annotationPrefix } from './naming';

/** Levels of https://kubernetes.io/docs/concepts/security/pod-security-standards/, strictest first. */
export const podSecurityLevels = ['restricted', 'baseline', 'privileged'] as const;

/** What a namespace admits. */
export type PodSecurityLevel = (typeof podSecurityLevels)[number];

/** Annotations of an object that may more than is usual: what it is, why, and what exactly. */
export const exceptionAnnotations = {
  profile: `${annotationPrefix}/security-profile`,
  reason: `${annotationPrefix}/reason`,
  allows: `${annotationPrefix}/allows`,
} as const;

/** Capabilities of the baseline standard: those that container runtimes give by themselves. */
export const baselineCapabilities = [
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
];

/** A folder, file or socket of the node, seen by the main container. */
export interface HostPath {
  /** On the node, absolute. */
  readonly path: string;
  /** In the container. @default - the same below `/host` */
  readonly mountPath?: string;
  /** @default false */
  readonly writable?: boolean;
  /** What has to be there. @default 'Directory' */
  readonly type?: 'Directory' | 'DirectoryOrCreate' | 'File' | 'Socket';
  /** Whether what the node mounts below it later is seen, too. @default false */
  readonly followsMounts?: boolean;
}

/** Options of {@link SecurityProfile.baseline}. */
export interface BaselineProps {
  /** Why, in a line that a reviewer understands; kept on the rendered object and listed. */
  readonly reason: string;
  /** Without `CAP_`. @default - none */
  readonly capabilities?: readonly string[];
  /** Whether processes run as user 0. @default false */
  readonly root?: boolean;
}

/** Options of {@link SecurityProfile.agent}. */
export interface AgentProps extends BaselineProps {
  /** Parts of the node, by name of the volume. @default - none */
  readonly hostPaths?: Readonly<Record<string, HostPath>>;
  /** Whether pods have the address and the interfaces of the node. Policies of most networks do not hold for them. @default false */
  readonly hostNetwork?: boolean;
}

/**
 * What the pods of a workload may do beyond the restricted Pod Security Standard. Whatever is not named here is as the restricted
 * one has it: no privilege escalation, no capabilities, seccomp, a read-only root.
 */
export class SecurityProfile {
  /** Nothing; what every workload has that says nothing. */
  static readonly restricted = new SecurityProfile('restricted', 'restricted', { reason: '' });

  /**
   * The user root, or capabilities that container runtimes give by themselves.
   *
   * @throws {InvalidPropError} if there is no reason, nothing is asked for, or more than the baseline standard allows
   */
  static baseline(props: BaselineProps): SecurityProfile {
    for (const [index, name] of checked('baseline', props).entries()) {
      if (!baselineCapabilities.includes(name))
        throw new InvalidPropError(
          `baseline.capabilities[${index}]`,
          name,
          `of the baseline standard (${baselineCapabilities.join(', ')}); use SecurityProfile.agent`,
        );
    }
    return new SecurityProfile('baseline', 'baseline', props);
  }

  /**
   * For agents that look at their node. Their namespace admits whatever pod, so it must hold nothing else.
   *
   * @throws {InvalidPropError} if there is no reason, nothing is asked for, or a path cannot be
   */
  static agent(props: AgentProps): SecurityProfile {
    const { hostPaths = {}, hostNetwork = false } = props;
    const capabilities = checked('agent', props);
    for (const [name, { path, mountPath = '/' }] of Object.entries(hostPaths)) {
      for (const each of [path, mountPath])
        if (!posix.isAbsolute(each) || posix.normalize(each) !== each)
          throw new InvalidPropError(`agent.hostPaths.${name}`, each, 'an absolute path without . and ..');
    }
    const beyond = capabilities.filter((name) => !baselineCapabilities.includes(name));
    if (!hostNetwork && Object.keys(hostPaths).length + beyond.length === 0)
      throw new InvalidPropError('agent', props, 'more than SecurityProfile.baseline allows, which would do');
    return new SecurityProfile('agent', 'privileged', props);
  }

  readonly reason: string;
  readonly hostPaths: Readonly<Record<string, HostPath>>;
  readonly hostNetwork: boolean;
  readonly capabilities: readonly string[];
  readonly root: boolean;

  private constructor(
    readonly name: 'restricted' | 'baseline' | 'agent',
    /** What a namespace has to admit for it. */
    readonly level: PodSecurityLevel,
    { reason, capabilities = [], root = false, hostPaths = {}, hostNetwork = false }: AgentProps,
  ) {
    this.reason = reason;
    this.capabilities = Array.from(new Set(capabilities)).sort(compareText);
    this.root = root;
    this.hostPaths = hostPaths;
    this.hostNetwork = hostNetwork;
  }

  /** A user who is not root gets a capability from the program's file only; `SYS_ADMIN` is refused without, too. */
  get escalates(): boolean {
    return this.capabilities.length > 0 && (!this.root || this.capabilities.includes('SYS_ADMIN'));
  }

  /** What it allows, a line each, as the rendered object carries it. */
  get allows(): readonly string[] {
    return [
      ...this.capabilities.map((name) => `capability ${name}`),
      ...(this.escalates ? ['privilege escalation'] : []),
      ...(this.hostNetwork ? ['host network'] : []),
      ...Object.values(this.hostPaths).map(({ path, writable }) => `host path ${path}${writable ? ', writable' : ''}`),
      ...(this.root ? ['user root'] : []),
    ].toSorted(compareText);
  }

  /** Annotations of the controller; none of a restricted one. */
  get annotations(): Readonly<Record<string, string>> | undefined {
    if (this.level === 'restricted') return undefined;
    return {
      [exceptionAnnotations.profile]: this.name,
      [exceptionAnnotations.reason]: this.reason,
      [exceptionAnnotations.allows]: this.allows.join('\n'),
    };
  }
}

/** @throws {InvalidPropError} unless it is one line that says something */
export function validReason(prop: string, reason: string): string {
  if (!/^\S+(?: +\S+)+$/.test(reason)) throw new InvalidPropError(prop, reason, 'a reason in words, in one line');
  return reason;
}

function checked(profile: string, props: AgentProps): readonly string[] {
  const { reason, capabilities = [], root = false, hostPaths = {}, hostNetwork = false } = props;
  validReason(`${profile}.reason`, reason);
  for (const [index, name] of capabilities.entries()) {
    if (!/^(?!CAP_)[A-Z][A-Z_]*$/.test(name) || name === 'ALL')
      throw new InvalidPropError(`${profile}.capabilities[${index}]`, name, 'the name of one capability without CAP_');
  }
  if (capabilities.length === 0 && !root && !hostNetwork && Object.keys(hostPaths).length === 0)
    throw new InvalidPropError(profile, props, 'more than every workload may; leave the profile out');
  return capabilities;
}
