import type { TargetHistory } from '../routes/target-history';
import { stateOf, type State } from './state';

/** A place that packets come by. */
export interface GraphNode {
  readonly key: string;
  readonly kind: 'here' | 'router' | 'silent' | 'target';
  /** Address, or names of targets. */
  readonly label: string;
  /** How the worst of the targets here is; of targets only. */
  readonly tone?: State['tone'];
}

/** A link, from the nearer end to the other. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /**
   * How the best of the targets behind it is: what answers, came through it, and what is wrong with others is elsewhere. Where none of them
   * answers, and a router does, it is `quiet`.
   */
  readonly tone: State['tone'];
  /** Whether packets came through it; else it stands for what is not known. */
  readonly passed: boolean;
  /** Targets whose paths it is on. */
  readonly targets: readonly string[];
}

/** Paths to several targets, with what they share drawn once. */
export interface PathGraph {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

const tones = ['quiet', 'ok', 'warn', 'bad'] as const satisfies readonly State['tone'][];
const worse = (a: State['tone'], b: State['tone']) => (tones.indexOf(a) > tones.indexOf(b) ? a : b);
const linkTones = ['ok', 'warn', 'quiet', 'bad'] as const satisfies readonly State['tone'][];
const better = (a: State['tone'], b: State['tone']) => (linkTones.indexOf(a) < linkTones.indexOf(b) ? a : b);

/** Paths as they are now, merged by address. Of targets that nothing is known of, there is nothing. */
export function pathGraph(histories: readonly TargetHistory[]): PathGraph {
  const nodes = new Map<string, GraphNode>([['here', { key: 'here', kind: 'here', label: 'here' }]]);
  const edges = new Map<string, GraphEdge>();
  for (const history of histories) {
    const { current, target } = history;
    if (current === undefined) continue;
    const { tone } = stateOf(history);
    const { hops, reached, address } = current;
    const routers = reached ? hops.slice(0, -1) : hops;
    let at = 'here';
    const go = (node: GraphNode, passed: boolean): void => {
      nodes.set(node.key, merged(nodes.get(node.key), node));
      const ofLink = passed && !reached ? 'quiet' : tone;
      addEdge(edges, { from: at, to: node.key, tone: ofLink, passed, targets: [target.name] });
      at = node.key;
    };
    const seen = new Set<string>();
    for (const { host, number } of routers) {
      // Packets that go round in a circle would draw one; the table has every hop.
      if (host !== undefined && seen.has(host)) continue;
      if (host !== undefined) seen.add(host);
      if (host === undefined) go({ key: `${at}?${number}`, kind: 'silent', label: '' }, true);
      else go({ key: host, kind: 'router', label: host }, true);
    }
    go({ key: `target ${address}`, kind: 'target', label: target.name, tone }, reached);
  }
  return { nodes: Array.from(nodes.values()), edges: Array.from(edges.values()) };
}

function merged(present: GraphNode | undefined, node: GraphNode): GraphNode {
  if (present?.tone === undefined || node.tone === undefined) return present ?? node;
  return { ...present, label: `${present.label}, ${node.label}`, tone: worse(present.tone, node.tone) };
}

function addEdge(edges: Map<string, GraphEdge>, edge: GraphEdge): void {
  const key = `${edge.from}\n${edge.to}`;
  const present = edges.get(key);
  edges.set(
    key,
    present === undefined
      ? edge
      : {
          ...present,
          tone: better(present.tone, edge.tone),
          passed: present.passed || edge.passed,
          targets: [...present.targets, ...edge.targets],
        },
  );
}
