import type { Names } from './names';
import type { Scope } from './scope';

/** Who leads to whom along calls, directly or not, of now and of normal times. */
export class Reach {
  private readonly callees = new Map<string, Set<string>>();
  private readonly known = new Map<string, ReadonlySet<string>>();

  constructor({ now, before }: Pick<Scope, 'now' | 'before'>, names: Names) {
    for (const table of [now, before]) {
      for (const { caller, callee, calls } of table.edges.values()) {
        if (calls <= 0) continue;
        const of = this.callees.get(caller);
        if (of === undefined) this.callees.set(caller, new Set([names.of(callee)]));
        else of.add(names.of(callee));
      }
    }
  }

  /** Whether a service calls another one, directly or not. */
  leads(service: string, to: string): boolean {
    return service !== to && this.from(service).has(to);
  }

  private from(service: string): ReadonlySet<string> {
    const known = this.known.get(service);
    if (known !== undefined) return known;
    const seen = new Set([service]);
    for (const next of seen) for (const callee of this.callees.get(next) ?? []) seen.add(callee);
    this.known.set(service, seen);
    return seen;
  }
}
