import { Chart } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';

/**
 * How much a pod matters where there is not room for all: `critical`, what keeps data and what tells people; `agents`, which can be on
 * their own node alone; `standard`, the rest.
 */
export const priorities = ['critical', 'agents', 'standard'] as const;
export type Priority = (typeof priorities)[number];

/** Priority classes of the platform's pods. */
export interface PriorityProps {
  /** Their names. Environments of one cluster share them, or have names of their own. @default - plumbline-critical and so on */
  readonly names?: Readonly<Partial<Record<Priority, string>>>;
  /** Whether somebody else makes them. @default false */
  readonly existing?: boolean;
}

/** Below a billion, from which on classes are the system's. Pods of no class have 0. */
const values: Readonly<Record<Priority, number>> = { critical: 1_000_000, agents: 500_000, standard: 100_000 };

const descriptions: Readonly<Record<Priority, string>> = {
  critical: 'Keeps data of the observability platform, or tells people of alerts.',
  agents: 'Observes the node that it is on, and can be on no other.',
  standard: 'The rest of the observability platform. Waits in front of others, and evicts nobody.',
};

const criticalRoles = [
  'alerting',
  'broker',
  'database',
  'log-store',
  'metrics-store',
  'object-store',
  'trace-store',
] as const;

/** By what a workload is in the platform. */
export function priorityOf({
  role,
  isOnEveryNode,
}: {
  readonly role?: string;
  readonly isOnEveryNode: boolean;
}): Priority {
  if (isOnEveryNode) return 'agents';
  return criticalRoles.some((each) => each === role) ? 'critical' : 'standard';
}

export function priorityClassName(priority: Priority, { names = {} }: PriorityProps): string {
  return names[priority] ?? `plumbline-${priority}`;
}

/** The PriorityClasses of {@link PriorityProps}, each with what it is for. */
export class PriorityClasses extends Construct {
  constructor(scope: Construct, id: string, props: PriorityProps) {
    super(scope, id);
    if (props.existing === true) return;
    for (const priority of priorities) {
      const name = priorityClassName(priority, props);
      new k8s.KubePriorityClass(this, priority, {
        metadata: { name, labels: Chart.of(this).labels },
        value: values[priority],
        globalDefault: false,
        description: descriptions[priority],
        // Who observes applications must not push them off their nodes to do more of it.
        preemptionPolicy: priority === 'standard' ? 'Never' : 'PreemptLowerPriority',
      });
    }
  }
}
