import { isPeer, parseServiceKey, peerName, type StatsTable } from '@plumbline/wire';
import { isDatabase } from '../graph';

/** Traces from which a service is taken to send spans now. */
const leastTraces = 3;

/**
 * Who a callee is. A call whose server span was lost, or never came, knows its callee by the address it was sent to: where that is the
 * name of one service that sends spans at other times, it is that service.
 */
export class Names {
  private readonly services = new Map<string, string | undefined>();
  private readonly alive = new Map<string, number>();

  constructor({ now, before }: { readonly now: StatsTable; readonly before: StatsTable }) {
    for (const { service } of before.operations.values()) this.know(service);
    for (const { service, traces } of now.operations.values()) {
      this.know(service);
      this.alive.set(service, Math.max(traces, this.alive.get(service) ?? 0));
    }
  }

  /** The service that a callee is, or the callee itself. */
  of(callee: string): string {
    if (!isPeer(callee) || isDatabase(callee)) return callee;
    const address = (peerName(callee).split('/').at(-1) ?? '').replace(/:\d+$/, '');
    return this.services.get(address) ?? this.services.get(address.split('.')[0] ?? '') ?? callee;
  }

  /** Whether spans of a service come; if not, what its callers see of it is all there is. */
  isAlive(service: string): boolean {
    return (this.alive.get(service) ?? 0) >= leastTraces;
  }

  /** Two services of one name cannot be told apart by it. */
  private know(key: string): void {
    const { service } = parseServiceKey(key);
    const known = this.services.get(service);
    this.services.set(service, this.services.has(service) && known !== key ? undefined : key);
  }
}
