import { skippedCall, topology, type FaultName, type FaultParameters, type ServiceName } from '@plumbline/demo';
import type { FaultKind, Size, Target, TargetReport } from '@plumbline/standalone';

/** A fault of the shop, as large as a check said it would be found and named right. */
export interface PlannedFault {
  readonly target: Target;
  readonly size: Size;
  readonly fault: FaultName;
  readonly service: ServiceName;
  readonly parameters: FaultParameters;
}

/** What a check told of and the shop is not broken by, and why. */
export interface LeftAside {
  readonly target: Target;
  readonly reason: string;
}

export interface Plan {
  readonly faults: readonly PlannedFault[];
  readonly leftAside: readonly LeftAside[];
}

/** `service.namespace` of the shop, which a check puts before the names of services. */
const namespace = 'shop/';

/** The fault of the shop that comes closest to what a check tried, at the size that it named. */
export function planOf(reports: readonly TargetReport[]): Plan {
  const faults: PlannedFault[] = [];
  const leftAside: LeftAside[] = [];
  for (const { target, named } of reports) {
    const planned = named === undefined ? 'the check named no size' : faultFor(target, named);
    if (typeof planned === 'string') leftAside.push({ target, reason: planned });
    else faults.push(planned);
  }
  return { faults, leftAside };
}

function faultFor(target: Target, size: Size): PlannedFault | string {
  const { kind, culprits, of = '' } = target;
  const spec = topology.find(({ name }) => `${namespace}${name}` === culprits[0]);
  if (spec === undefined) return 'no service of the shop';
  const service = spec.name;
  const planned = { target, size, service };
  if (kind === 'own-time' && 'addedMs' in size) {
    return { ...planned, fault: 'slow-dependency', parameters: { delayMs: size.addedMs } };
  }
  if (kind === 'errors' && 'share' in size) return { ...planned, fault: 'errors', parameters: { share: size.share } };
  if (kind === 'left-out' && 'share' in size) {
    const callee = skippedCall[service];
    if (of !== `${namespace}${callee ?? ''}`) return `the shop's ${service} can leave out only ${callee ?? 'nothing'}`;
    return { ...planned, fault: 'missing-call', parameters: { share: size.share } };
  }
  if (kind === 'peer' && 'addedMs' in size) {
    if (!spec.database || culprits.length > 1) return 'no database of one service';
    return { ...planned, fault: 'slow-query', parameters: { queryMs: size.addedMs } };
  }
  return 'the shop has no such fault';
}

/**
 * What each shop goes through, in an order drawn by `random`: all of its plan once, and more of it, where the plans have too few,
 * in the shops that have least to do.
 *
 * @param plans by shop
 * @param wanted faults in all, fewest; none when there is no fault to inject
 */
export function deal(
  plans: readonly (readonly PlannedFault[])[],
  wanted: number,
  random: () => number,
): PlannedFault[][] {
  const shuffled = plans.map((faults) => shuffle(faults, random));
  const dealt = shuffled.map((faults) => [...faults]);
  const busy = dealt.filter((faults) => faults.length > 0);
  for (let total = busy.flat().length; total < wanted; total += 1) {
    const [least] = [...busy].sort((a, b) => a.length - b.length);
    const again = least === undefined ? undefined : nextOf(shuffled[dealt.indexOf(least)] ?? [], least.length);
    if (least === undefined || again === undefined) break;
    least.push(again);
  }
  return dealt;
}

function nextOf(faults: readonly PlannedFault[], position: number): PlannedFault | undefined {
  return faults[position % faults.length];
}

/** Fisher and Yates. */
function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const left = [...items];
  const drawn: T[] = [];
  while (left.length > 0) drawn.push(...left.splice(Math.floor(random() * left.length), 1));
  return drawn;
}

/** Kinds that a check tries and the shop has a fault for, dealt to shops: each is checked for its own, and broken by its own. */
export const kindsOfShops: readonly (readonly FaultKind[])[] = [['own-time'], ['errors'], ['left-out'], ['peer']];
