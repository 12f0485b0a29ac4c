import { k8s } from 'cdk8s-plus-28';
import { defined } from './defined';
import { InvalidPropError } from './errors';
import { quantityValue } from './quantity';

/** What a container asks of its node, and what it may take at most; Kubernetes quantities. */
export interface Resources {
  /** Cores the scheduler reserves, e.g. `100m`. */
  readonly cpu: string;
  /**
   * Cores at most.
   *
   * @default - no limit: a limit throttles even on an idle node
   */
  readonly cpuLimit?: string;
  /** Memory the scheduler reserves, e.g. `256Mi`. */
  readonly memory: string;
  /**
   * Memory at most.
   *
   * @default - as much as is reserved
   */
  readonly memoryLimit?: string;
}

/** @throws {InvalidPropError} if a quantity cannot be read or a request is above its limit */
export function resourceRequirements(prop: string, resources: Resources): k8s.ResourceRequirements {
  const { cpu, cpuLimit, memory } = resources;
  const memoryLimit = memoryLimitOf(resources);
  assertBelow(`${prop}.memory`, memory, memoryLimit);
  if (cpuLimit === undefined) quantityValue(`${prop}.cpu`, cpu);
  else assertBelow(`${prop}.cpu`, cpu, cpuLimit);
  return {
    requests: { cpu: k8s.Quantity.fromString(cpu), memory: k8s.Quantity.fromString(memory) },
    limits: {
      ...defined({ cpu: cpuLimit === undefined ? undefined : k8s.Quantity.fromString(cpuLimit) }),
      memory: k8s.Quantity.fromString(memoryLimit),
    },
  };
}

export function memoryLimitOf({ memory, memoryLimit }: Resources): string {
  return memoryLimit ?? memory;
}

function assertBelow(prop: string, request: string, limit: string): void {
  if (quantityValue(prop, request) > quantityValue(`${prop}Limit`, limit)) {
    throw new InvalidPropError(prop, request, `at most its limit ${limit}`);
  }
}
