import { runBounded } from '@plumbline/worker';
import { sampleByGroup, type Candidate } from '../selection/sample';
import type { TempoClient } from './tempo-client';

export interface NormalTracesOptions {
  readonly client: Pick<TempoClient, 'search' | 'trace'>;
  /** Times of the traces, milliseconds since the epoch. */
  readonly fromMs: number;
  readonly throughMs: number;
  /** Traces wanted. */
  readonly budget: number;
  readonly seed: string;
  /** Traces that are not normal, by id. */
  readonly isKnown: (traceId: string) => boolean;
  readonly onProgress?: (progress: NormalTracesProgress) => void;
  readonly signal?: AbortSignal;
}

export interface NormalTracesProgress {
  readonly step: 'searching' | 'fetching';
  readonly done: number;
  readonly of: number;
}

/** A trace as Tempo has it. */
export interface FetchedTrace {
  readonly traceId: string;
  /** ExportTraceServiceRequest in protobuf form. */
  readonly request: Uint8Array;
}

/** Where a request enters, as Tempo tells it: service and name of the root span. */
interface Entry {
  readonly service: string;
  readonly name: string;
}

const hourMs = 3_600_000;
/** Slices of the time, each of which is asked for each entry: what runs at night only is there as what runs all day is. */
const slices = { least: 12, most: 168 };
/** Entries are looked for in so many slices, among so many traces of each. */
const discovery = { slices: 24, traces: 200 };
const mostEntries = 500;
/** Searches in all: with many entries slices are longer. */
const mostSearches = 3_000;
/** What is asked for beyond a fair share, since other entries may have less: so many times, and at least so many. */
const surplus = { times: 3, least: 20, most: 1_000 };
const searchesAtOnce = 2;
const fetchesAtOnce = 8;
/** Traces that are in memory together, before they go on. */
const fetchedTogether = 64;

/**
 * Traces of a time from Tempo, sampled by entry and time: of what is asked a thousand times a second and of what is asked once an hour
 * equally many, as far as there are, so that a model knows both.
 *
 * @throws {TrainingError} when Tempo cannot be asked
 */
export async function* normalTraces(options: NormalTracesOptions): AsyncGenerator<FetchedTrace, void, undefined> {
  const { client, budget, seed, isKnown, onProgress } = options;
  const candidates = await findCandidates(options);
  const taken = sampleByGroup(
    candidates.filter(({ traceId }) => !isKnown(traceId)),
    budget,
    seed,
  );
  for (let at = 0; at < taken.length; at += fetchedTogether) {
    options.signal?.throwIfAborted();
    const fetched: (FetchedTrace | undefined)[] = [];
    const fetches = taken.slice(at, at + fetchedTogether).map(({ traceId }, index) => async () => {
      const request = await client.trace(traceId);
      if (request !== undefined && request.length > 0) fetched[index] = { traceId, request };
    });
    await runBounded(fetches, fetchesAtOnce);
    onProgress?.({ step: 'fetching', done: at + fetches.length, of: taken.length });
    // In the order of the sample, whichever came first; holes are what Tempo forgot in the meantime.
    for (const trace of fetched) if (trace !== undefined) yield trace;
  }
}

async function findCandidates(options: NormalTracesOptions): Promise<Candidate[]> {
  const { client, budget, fromMs, throughMs, onProgress, signal } = options;
  const entries = await findEntries(options);
  const wanted = Math.min(slices.most, Math.max(slices.least, Math.ceil((throughMs - fromMs) / hourMs)));
  const count = Math.max(1, Math.min(wanted, Math.floor(mostSearches / Math.max(1, entries.length))));
  const share = budget / Math.max(1, count * entries.length);
  const limit = Math.min(surplus.most, Math.max(surplus.least, Math.ceil(share * surplus.times)));
  const searches = sliced(fromMs, throughMs, count).flatMap((slice) => entries.map((entry) => ({ ...slice, entry })));
  const found = new Map<string, Candidate>();
  const search = async (which: readonly Search[], atMost: number): Promise<Search[]> => {
    const cutOff: Search[] = [];
    let done = 0;
    const tasks = which.map((each) => async () => {
      signal?.throwIfAborted();
      const { fromS, toS, entry } = each;
      const traces = await client.search(queryOf(entry), fromS, toS, atMost);
      if (traces.length >= atMost) cutOff.push(each);
      const group = `${entry.service}\0${entry.name}\0${fromS}`;
      for (const { traceId } of traces) found.set(traceId, { traceId, group });
      done += 1;
      onProgress?.({ step: 'searching', done, of: which.length });
    });
    await runBounded(tasks, searchesAtOnce);
    return cutOff;
  };
  // Traffic of a part of the time only: there is more where there is any.
  let cutOff = await search(searches, limit);
  for (let atMost = limit; found.size < budget && cutOff.length > 0 && atMost < budget;) {
    atMost = Math.min(budget, atMost * 4);
    cutOff = await search(cutOff, atMost);
  }
  return [...found.values()];
}

async function findEntries({ client, fromMs, throughMs }: NormalTracesOptions): Promise<Entry[]> {
  const entries = new Map<string, Entry>();
  const tasks = sliced(fromMs, throughMs, discovery.slices).map(({ fromS, toS }) => async () => {
    for (const { rootService: service, rootName: name } of await client.search('{}', fromS, toS, discovery.traces)) {
      // Of a trace whose root never came Tempo says so in place of a name.
      if (service === '' || service === '<root span not yet received>') continue;
      if (entries.size < mostEntries) entries.set(`${service}\0${name}`, { service, name });
    }
  });
  await runBounded(tasks, searchesAtOnce);
  return [...entries.values()].sort((a, b) => compare(a.service, b.service) || compare(a.name, b.name));
}

type Search = Slice & { readonly entry: Entry };

interface Slice {
  readonly fromS: number;
  readonly toS: number;
}

function sliced(fromMs: number, throughMs: number, count: number): Slice[] {
  const width = Math.max(1000, (throughMs - fromMs) / count);
  const result: Slice[] = [];
  for (let from = fromMs; from < throughMs && result.length < count; from += width) {
    result.push({ fromS: Math.floor(from / 1000), toS: Math.ceil(Math.min(throughMs, from + width) / 1000) });
  }
  return result;
}

/** TraceQL takes texts as Go writes them, which JSON's are. */
function queryOf({ service, name }: Entry): string {
  return `{ rootServiceName = ${JSON.stringify(service)} && rootName = ${JSON.stringify(name)} }`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
