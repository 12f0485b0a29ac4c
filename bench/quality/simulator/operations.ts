import type { Graph } from './families';
import { localName, operationNames } from './names';
import type { Random } from './random';
import type { Edge, Entry, Operation, Peer, Profile, Service, SpanTemplate, Step } from './system';
import { clientTemplate, internalTemplate, peerTemplate, serverTemplate } from './templates';

/** What a system does when a request comes. */
export interface Program {
  readonly operations: readonly Operation[];
  readonly edges: readonly Edge[];
  readonly entries: readonly Entry[];
  readonly templates: readonly SpanTemplate[];
}

/** Spans below one visit of an operation, in the mean, at most; calls beyond that are made by few requests only. */
const mostSpans = 60;

interface Inputs {
  readonly graph: Graph;
  readonly services: readonly Service[];
  readonly peers: readonly Peer[];
  readonly profile: Profile;
  readonly random: Random;
}

/** Draws the operations of all services, callees first, so that each knows how large and slow what it calls is. */
export function drawOperations(inputs: Inputs): Program {
  const { graph, services, random } = inputs;
  const drawer = new Drawer(inputs);
  for (const service of [...services].reverse()) drawer.service(service);
  const fronts = new Set(graph.fronts);
  const entries = drawer.operations.filter(({ service }) => fronts.has(service)).map(({ index }) => index);
  const weights = random.shuffle(entries).map((operation, rank) => ({ operation, weight: 1 / (rank + 1) ** 0.9 }));
  const total = weights.reduce((sum, { weight }) => sum + weight, 0);
  return {
    operations: drawer.operations,
    edges: drawer.edges,
    templates: drawer.templates,
    entries: weights.map(({ operation, weight }) => ({ operation, share: weight / total })),
  };
}

class Drawer {
  readonly operations: Operation[] = [];
  readonly edges: Edge[] = [];
  readonly templates: SpanTemplate[] = [];
  private readonly byService = new Map<number, Operation[]>();
  private readonly used = new Set<number>();

  constructor(private readonly inputs: Inputs) {}

  service(service: Service): void {
    const { graph, random } = this.inputs;
    const callees = [
      ...new Set(graph.calls.filter(([caller]) => caller === service.index).map(([, callee]) => callee)),
    ];
    const [least, most] = graph.operations(service.index);
    const isFront = graph.fronts.includes(service.index);
    const count = isFront
      ? Math.max(random.whole(least, most), Math.min(12, 2 + Math.ceil(callees.length / 2)))
      : random.whole(least, most);
    const names = operationNames(service.name, count, random);
    const plans = names.map((name) => ({ name, targets: new Set<Operation>() }));
    for (const callee of callees) {
      for (const plan of plans) {
        if (random.chance(graph.density)) plan.targets.add(this.pickTarget(callee));
      }
      // What nobody calls would have no traffic, nor would what is below it.
      for (const target of this.unused(callee)) {
        this.used.add(target.index);
        random.pick(plans).targets.add(target);
      }
      if (!plans.some(({ targets }) => [...targets].some((target) => target.service === callee))) {
        random.pick(plans).targets.add(this.pickTarget(callee));
      }
    }
    const own = plans.map((plan) => this.operation(service, plan.name, random.shuffle([...plan.targets])));
    this.byService.set(service.index, own);
  }

  private operation(service: Service, name: string, targets: readonly Operation[]): Operation {
    const { profile, random, graph } = this.inputs;
    const index = this.operations.length;
    const groups: { edges: number[]; local: boolean; ms: number }[] = [];
    let spans = 1;
    for (const target of targets) {
      const rare = random.chance(0.15) ? random.logBetween(0.02, 0.4) : 1;
      const fits = Math.max(0, mostSpans - spans) / (target.expectedSpans + 1);
      const probability = Math.min(rare, Math.max(0.02, fits));
      spans += probability * (target.expectedSpans + 1);
      const edge = this.edge(service, index, target, probability);
      const last = groups.at(-1);
      const ms = edge.networkMs * 2 + target.expectedMs;
      if (last !== undefined && !last.local && random.chance(graph.parallel)) {
        last.edges.push(edge.index);
        last.ms = Math.max(last.ms, ms);
      } else {
        groups.push({ edges: [edge.index], local: false, ms: ms * probability });
      }
    }
    for (const [pool, { peer }] of service.pools.entries()) {
      if (peer === undefined || !random.chance(0.7)) continue;
      for (let statement = random.chance(0.3) ? 2 : 1; statement > 0; statement -= 1) {
        const edge = this.peerEdge(service, index, pool, peer);
        spans += 1;
        const at = random.whole(0, groups.length);
        groups.splice(at, 0, { edges: [edge.index], local: true, ms: this.inputs.peers[peer]?.workMs ?? 0 });
      }
    }
    const workMs = random.logBetween(...profile.workMs);
    const steps = this.steps(service, groups);
    spans += steps.filter((step) => step.do === 'open').length;
    const operation: Operation = {
      index,
      service: service.index,
      name,
      template: this.template((at) => serverTemplate(at, service, name)),
      workMs,
      workSigma: random.between(...profile.workSigma),
      failureShare: random.chance(0.3) ? random.logBetween(0.0005, 0.01) : 0,
      steps,
      visitsPerSecond: 0,
      expectedMs: workMs + groups.reduce((sum, { ms }) => sum + ms, 0),
      expectedSpans: spans,
    };
    this.operations.push(operation);
    return operation;
  }

  /** Work between the groups of calls; some of it, or some groups, within INTERNAL spans. */
  private steps(service: Service, groups: readonly { edges: number[]; local: boolean }[]): Step[] {
    const { random } = this.inputs;
    const steps: Step[] = [];
    const slices = groups.length + 1;
    const internals = random.chance(0.45);
    for (let at = 0; at < slices; at += 1) {
      const share = (at === 0 || at === slices - 1 ? 1.5 : 1) / (slices + 1 - (slices === 1 ? 0.5 : 0));
      if (internals && random.chance(slices === 1 ? 0.6 : 0.3)) {
        const template = this.template((index) => internalTemplate(index, service, localName(random)));
        steps.push({ do: 'work', share: share / 2 });
        steps.push({ do: 'open', template, end: steps.length + 3, local: true });
        steps.push({ do: 'work', share: share / 2 }, { do: 'close' });
      } else {
        steps.push({ do: 'work', share });
      }
      const group = groups[at];
      if (group === undefined) continue;
      const call: Step = { do: 'call', edges: group.edges, local: group.local };
      if (internals && random.chance(0.3)) {
        const template = this.template((index) => internalTemplate(index, service, localName(random)));
        steps.push({ do: 'open', template, end: steps.length + 3, local: group.local }, call, { do: 'close' });
      } else {
        steps.push(call);
      }
    }
    return steps;
  }

  /** One that nobody calls yet, if there is one. */
  private pickTarget(service: number): Operation {
    const unused = this.unused(service);
    const target = this.inputs.random.pick(unused.length > 0 ? unused : (this.byService.get(service) ?? []));
    this.used.add(target.index);
    return target;
  }

  private unused(service: number): Operation[] {
    return (this.byService.get(service) ?? []).filter(({ index }) => !this.used.has(index));
  }

  private edge(service: Service, operation: number, target: Operation, probability: number): Edge {
    const { profile, random, services } = this.inputs;
    const callee = services[target.service] ?? service;
    const fallback = this.fallback(service, operation);
    return this.addEdge({
      index: this.edges.length,
      operation,
      pool: 0,
      template: this.template((index) => clientTemplate(index, service, callee, target.name)),
      target: { operation: target.index },
      probability,
      networkMs: random.logBetween(...profile.networkMs),
      timeoutMs: random.chance(0.5) ? Math.max(500, target.expectedMs * random.logBetween(8, 30)) : 0,
      retries: random.chance(0.25) ? random.whole(1, 2) : 0,
      onError: random.chance(0.3) ? 'swallow' : 'fail',
      onWrong: random.chance(0.3) ? 'fail' : 'stop',
      ...fallback,
    });
  }

  private fallback(service: Service, operation: number): { fallback?: number } {
    const pool = service.pools.findIndex(({ peer }) => peer !== undefined);
    const peer = service.pools[pool]?.peer;
    if (peer === undefined || !this.inputs.random.chance(0.1)) return {};
    return { fallback: this.peerEdge(service, operation, pool, peer).index };
  }

  private peerEdge(service: Service, operation: number, pool: number, index: number): Edge {
    const { profile, random, peers } = this.inputs;
    const peer = peers[index];
    if (peer === undefined) throw new RangeError(`there is no peer ${index}`);
    return this.addEdge({
      index: this.edges.length,
      operation,
      pool,
      template: this.template((at) => peerTemplate(at, service, peer, random)),
      target: { peer: index },
      probability: 1,
      networkMs: random.logBetween(...profile.networkMs),
      timeoutMs: 0,
      retries: 0,
      onError: 'fail',
      onWrong: 'stop',
    });
  }

  private addEdge(edge: Edge): Edge {
    this.edges.push(edge);
    return edge;
  }

  private template(make: (index: number) => SpanTemplate): number {
    const template = make(this.templates.length);
    this.templates.push(template);
    return template.index;
  }
}
