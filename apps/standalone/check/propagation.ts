import type { Propagation } from './perturb';
import type { RecordedTrace } from './recorded-traces';

/** Failures of a callee from which it is read whether its caller fails too; with fewer it is taken to. */
const enough = 5;

/** How often a caller failed when its callee had, by the two operations, as a recording has it. */
export function propagationOf(traces: readonly RecordedTrace[]): Propagation {
  const counts = new Map<string, { failed: number; both: number }>();
  for (const { spans } of traces) {
    for (const callee of spans) {
      const caller = spans[callee.parent];
      if (!callee.failed || caller === undefined) continue;
      const key = edgeOf(caller, callee);
      let count = counts.get(key);
      if (count === undefined) counts.set(key, (count = { failed: 0, both: 0 }));
      count.failed += 1;
      if (caller.failed) count.both += 1;
    }
  }
  return (caller, callee) => {
    const { failed, both } = counts.get(edgeOf(caller, callee)) ?? { failed: 0, both: 0 };
    return failed < enough ? 1 : both / failed;
  };
}

interface Named {
  readonly service: string;
  readonly operation: string;
}

function edgeOf(caller: Named, callee: Named): string {
  return [caller.service, caller.operation, callee.service, callee.operation].join('\0');
}
