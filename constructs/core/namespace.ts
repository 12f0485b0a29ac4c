import { Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { compareText } from './content-hash';
import { PodSecurityError } from './errors';
import { keptAnnotations, validName } from './naming';
import { podSecurityLevels, type PodSecurityLevel } from './security-profile';
import { Workload } from './workload';

/** Options of a {@link Namespace}. */
export interface NamespaceProps {
  readonly name: string;
  /** @default - none but those of Pod Security */
  readonly labels?: Readonly<Record<string, string>>;
  /** What it may admit at most. @default - what the pods in it need */
  readonly podSecurity?: PodSecurityLevel;
}

/**
 * A namespace that denies every connection not allowed by name, and enforces the Pod Security Standard that the workloads in it need:
 * the restricted one unless they have another profile. It admits by the widest of them, so all of them have to need the same.
 */
export class Namespace extends Construct {
  readonly name: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: NamespaceProps,
  ) {
    super(scope, id);
    this.name = validName('Namespace.name', props.name);
    const level = Lazy.any({ produce: () => this.level() }) as unknown as string;
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name: this.name,
        annotations: { ...keptAnnotations },
        labels: {
          ...props.labels,
          'pod-security.kubernetes.io/enforce': level,
          'pod-security.kubernetes.io/warn': level,
          'pod-security.kubernetes.io/audit': level,
        },
      },
    });
    new k8s.KubeNetworkPolicy(this, 'default-deny', {
      metadata: { name: 'default-deny', namespace: this.name, labels: { ...props.labels } },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }

  /** @throws {PodSecurityError} if a workload in it may more than the namespace, or than another workload in it */
  private level(): PodSecurityLevel {
    const inside = this.node.root.node
      .findAll()
      .filter((each): each is Workload => each instanceof Workload && each.namespace === this.name)
      .sort((a, b) => rank(b) - rank(a) || compareText(a.name, b.name));
    const [widest, strictest] = [inside[0], inside[inside.length - 1]];
    if (widest === undefined || strictest === undefined) return 'restricted';
    const { level, name } = widest.profile;
    const { podSecurity = level } = this.props;
    if (podSecurityLevels.indexOf(podSecurity) < rank(widest))
      throw new PodSecurityError(widest.name, name, this.name, `which is to be ${podSecurity}`);
    if (strictest.profile.level !== level)
      throw new PodSecurityError(widest.name, name, this.name, `where ${strictest.name} is ${strictest.profile.name}`);
    return level;
  }
}

function rank({ profile }: Workload): number {
  return podSecurityLevels.indexOf(profile.level);
}
