import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { validName } from './naming';

/** Options of a {@link Namespace}. */
export interface NamespaceProps {
  readonly name: string;
  /** @default - none but those of Pod Security */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A namespace that enforces the restricted Pod Security Standard and denies every connection not allowed by name. */
export class Namespace extends Construct {
  constructor(scope: Construct, id: string, props: NamespaceProps) {
    super(scope, id);
    const name = validName('Namespace.name', props.name);
    new k8s.KubeNamespace(this, 'namespace', {
      metadata: {
        name,
        labels: {
          ...props.labels,
          'pod-security.kubernetes.io/enforce': 'restricted',
          'pod-security.kubernetes.io/warn': 'restricted',
          'pod-security.kubernetes.io/audit': 'restricted',
        },
      },
    });
    new k8s.KubeNetworkPolicy(this, 'default-deny', {
      metadata: { name: 'default-deny', namespace: name, labels: { ...props.labels } },
      spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    });
  }
}
