import { isPeer, labelsOf, type Evidence, type StatsTable } from '@plumbline/wire';
import { cut, label, precise } from '../wording';

/** A service by how much speaks for its own time. */
export interface OwnTime {
  readonly service: string;
  /** ln of a likelihood ratio. */
  readonly self: number;
}

/** Evidence from which a service counts as slow by itself (1 in 1000 by chance), and services that one cause of their own does not explain. */
const leastSelf = Math.log(1000);
const leastServices = 3;
/** Services that a sentence names. */
const mostNamed = 3;
/** Share of the slow requests of each that has to be on a node for it to be what they have in common. */
const leastShared = 0.6;

/**
 * That several services became slow in their own work at once, which no fault of one of them explains: they share a machine, a network or
 * something else that nobody traces. Says which node it is where they name theirs.
 *
 * @param service about which it is told; nothing is where it is none of the slow ones
 * @param candidates all that are ranked
 */
export function togetherOf(service: string, candidates: readonly OwnTime[], now: StatsTable): Evidence[] {
  const slow = candidates
    .filter((each) => each.self >= leastSelf && !isPeer(each.service))
    .sort((a, b) => b.self - a.self || (a.service < b.service ? -1 : 1))
    .map((each) => each.service);
  if (slow.length < leastServices || !slow.includes(service)) return [];
  const others = slow.filter((each) => each !== service);
  const named = others.slice(0, mostNamed).map(label);
  const rest = others.length - named.length;
  const who = [named.slice(0, rest > 0 ? mostNamed : -1).join(', '), rest > 0 ? `${rest} more` : named.at(-1)].join(
    ' and ',
  );
  const node = sharedNode(slow, now);
  const where =
    node === undefined
      ? 'what they share, a machine or a network, may be the cause'
      : `most of what is slow of all ${slow.length} is on node ${cut(node, 80)}`;
  return [
    {
      kind: 'slow-together',
      source: 'traces',
      service,
      operation: '',
      signal: 'share of services slow in their own work',
      unit: 'share',
      before: 0,
      now: precise(slow.length / candidates.filter((each) => !isPeer(each.service)).length),
      spans: slow.length,
      weight: 0,
      sentence: `${who} became slow in their own work at the same time: ${where}.`,
    },
  ];
}

/** The one node on which most slow requests of each of the services are. */
function sharedNode(services: readonly string[], now: StatsTable): string | undefined {
  let shared: ReadonlySet<string> | undefined;
  for (const service of services) {
    const nodes = labelsOf(now.services.get(service)?.labels, 'node') ?? new Map<string, { slow: number }>();
    const total = [...nodes.values()].reduce((sum, { slow }) => sum + Math.max(0, slow), 0);
    const here = new Set(
      [...nodes].filter(([, { slow }]) => total > 0 && slow >= leastShared * total).map(([text]) => text),
    );
    shared = shared === undefined ? here : new Set([...shared].filter((text) => here.has(text)));
  }
  return [...(shared ?? [])][0];
}
