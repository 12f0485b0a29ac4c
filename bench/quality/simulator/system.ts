/** A system, a case or a run that cannot be simulated; says what is wrong. */
export class SystemError extends Error {
  readonly code = 'PLUMBLINE_SIMULATOR';
  override readonly name = 'SystemError';
}

/** How harsh time and telemetry are; see `profiles.ts`. */
export interface Profile {
  readonly name: ProfileName;
  /** Requests that enter a second, from and to. */
  readonly tracesPerSecond: readonly [number, number];
  /** Median own time of an operation in milliseconds, from and to. */
  readonly workMs: readonly [number, number];
  /** Spread of the own time of an operation: standard deviation of its logarithm, from and to. */
  readonly workSigma: readonly [number, number];
  /** Share of requests in which the own time is stretched by a Pareto variable. */
  readonly tailShare: number;
  /** One-way time of a message between pods in milliseconds, from and to. */
  readonly networkMs: readonly [number, number];
  /** Standard deviation of the logarithm of what slows one pod, and of what slows all pods of a node, over time. */
  readonly podNoise: number;
  readonly nodeNoise: number;
  /** Longest pause of garbage collection in milliseconds. */
  readonly longestPauseMs: number;
  /** Bursts of slowness that pods of a node share, an hour of each node; none when 0. */
  readonly burstsPerHour: number;
  /** Times are rounded to this, microseconds. */
  readonly resolutionUs: number;
  /** Most that is lost of all spans, a share. */
  readonly lostShare: number;
  /** Most that the clock of a node is off, milliseconds either way. */
  readonly skewMs: number;
}

export type ProfileName = 'clean' | 'rough';

/** A microservice system: who calls whom, how long work takes, and how much fits in at once. */
export interface System {
  readonly seed: number;
  readonly family: string;
  readonly profile: Profile;
  /** A caller has a smaller index than its callees. */
  readonly services: readonly Service[];
  readonly operations: readonly Operation[];
  readonly edges: readonly Edge[];
  readonly peers: readonly Peer[];
  readonly entries: readonly Entry[];
  readonly nodes: readonly Node[];
  readonly templates: readonly SpanTemplate[];
  readonly tracesPerSecond: number;
  /** Share of spans that never arrive. */
  readonly lostShare: number;
}

export interface Entry {
  readonly operation: number;
  /** Share of all requests. */
  readonly share: number;
}

export interface Node {
  readonly name: string;
  /** What its clock is ahead, microseconds. */
  readonly skewUs: number;
}

export interface Service {
  readonly index: number;
  readonly name: string;
  readonly version: string;
  /** Calls between it and the entry, at least. */
  readonly depth: number;
  /**
   * `threads`: a request holds a worker until it is answered, so slow callees use workers up. `async`: it holds one only
   * while it computes.
   */
  readonly model: 'threads' | 'async';
  /** Node of each pod. */
  readonly pods: readonly number[];
  /** Workers of a pod. */
  readonly workers: number;
  /** Requests a pod keeps waiting; more are refused. */
  readonly queueLimit: number;
  /** Whether the SERVER span begins on arrival, or when a worker takes the request. */
  readonly waitInSpan: boolean;
  /** Pools of connections of each pod: the first to other services, one to each peer after it. */
  readonly pools: readonly Pool[];
  /** Milliseconds between two pauses of garbage collection, of each pod; 0 for none. */
  readonly pauseEveryMs: number;
}

export interface Pool {
  readonly limit: number;
  /** Whether the CLIENT span begins before a connection is free. */
  readonly waitInSpan: boolean;
  /** Index of the peer it leads to; none for the pool to other services. */
  readonly peer?: number;
}

/** A database or cache: it sends no spans of its own. */
export interface Peer {
  readonly index: number;
  /** `server.address` of calls to it. */
  readonly address: string;
  readonly system: string;
  readonly workMs: number;
  readonly workSigma: number;
  /** Statements it runs at once; the rest wait. */
  readonly concurrency: number;
}

export interface Operation {
  readonly index: number;
  readonly service: number;
  readonly name: string;
  /** SERVER span. */
  readonly template: number;
  /** Median of its own time, in all steps together. */
  readonly workMs: number;
  readonly workSigma: number;
  /** Share of its requests that fail on an ordinary day. */
  readonly failureShare: number;
  readonly steps: readonly Step[];
  /** A second, in the mean. */
  readonly visitsPerSecond: number;
  /** Roughly, without waiting. */
  readonly expectedMs: number;
  /** Spans of a visit in the mean, with all below it. */
  readonly expectedSpans: number;
}

export type Step =
  | { readonly do: 'work'; readonly share: number }
  /** Calls at the same time; goes on when all have answered. */
  | { readonly do: 'call'; readonly edges: readonly number[]; readonly local: boolean }
  /** An INTERNAL span around all steps up to (not including) `end`. */
  | { readonly do: 'open'; readonly template: number; readonly end: number; readonly local: boolean }
  | { readonly do: 'close' };

/** A call that an operation makes. */
export interface Edge {
  readonly index: number;
  readonly operation: number;
  /** Which of the pools of the caller's pod. */
  readonly pool: number;
  /** CLIENT span. */
  readonly template: number;
  readonly target: { readonly operation: number } | { readonly peer: number };
  readonly probability: number;
  readonly networkMs: number;
  /** None when 0. */
  readonly timeoutMs: number;
  readonly retries: number;
  /** What the caller makes of a failed call. */
  readonly onError: 'fail' | 'swallow';
  /** Called when it fails, instead of failing. */
  readonly fallback?: number;
  /** Whether the caller answers with an error when the answer is wrong, or just stops. */
  readonly onWrong: 'fail' | 'stop';
}

/** Span kinds as OTLP numbers them. */
export const spanKinds = { internal: 1, server: 2, client: 3 } as const;

/** Outcomes of a span. */
export const outcomes = { ok: 0, failed: 1, wrong: 2, timeout: 3 } as const;

export type Outcome = (typeof outcomes)[keyof typeof outcomes];

export type AttributeValue = string | number;

/** What spans from one place in the code have in common. */
export interface SpanTemplate {
  readonly index: number;
  readonly service: number;
  readonly name: string;
  readonly kind: (typeof spanKinds)[keyof typeof spanKinds];
  /** By outcome. */
  readonly attributes: readonly Readonly<Record<string, AttributeValue>>[];
}

/** A span as it happened, before telemetry rounds, skews or loses it. */
export interface SimSpan {
  /** Number of the request, unique within a run and equal in runs that differ in faults only. */
  readonly request: number;
  readonly template: number;
  readonly pod: number;
  /** Two halves of its id; the parent's are 0 at the root. */
  readonly idHigh: number;
  readonly idLow: number;
  readonly parentHigh: number;
  readonly parentLow: number;
  /** Microseconds since the epoch, not rounded. */
  readonly startUs: number;
  readonly endUs: number;
  readonly outcome: Outcome;
  /**
   * What of it passed in the place itself, microseconds: SERVER, work and waiting for a worker; CLIENT, network and waiting for
   * a connection, or all of it where a peer answers; INTERNAL, 0.
   */
  readonly localUs: number;
}

/** Takes spans in order of their ends. */
export interface SpanSink {
  add(span: SimSpan): void;
}
