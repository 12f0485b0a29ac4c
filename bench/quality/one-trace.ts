import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameByDensity } from './one-trace-oracle';
import { toldRanker } from './pipeline-functions';
import type { OneTraceResult } from './result';
import { cleanTraces, drawSystem, families, slowTrace, toOtlpJson } from './simulator';
import { cacheFolder } from './streams';

/** Clean traces drawn of each system, one of which is made slow: the others are what is normal. */
const tracesOfSystem = 251;
/** By how many robust standard deviations of its own time the service is delayed. */
const delay = 5;
const systemSizes = [5, 12, 25];
/** Systems of each family and size, and traces of each: 216 in a sample. */
const sample = { systems: 4, traces: 3 };
const whole = { systems: 12, traces: 5 };

type OneTrace = Omit<OneTraceResult[number], 'misses'> & { misses: OneTraceResult[number]['misses'][number][] };

/**
 * Delays one service in one trace of a simulated system, again and again, and asks who is slow in it, given the other traces.
 *
 * @returns counts of families for development and of those kept aside; `undefined` where the pipeline cannot rank recordings
 */
export async function measureOneTrace(
  full: boolean,
  seed: number,
  onProgress: (text: string) => void,
): Promise<OneTraceResult | undefined> {
  const rank = toldRanker();
  if (rank === undefined) return undefined;
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'one-trace-'));
  const [normal, abnormal] = [join(folder, 'normal.jsonl'), join(folder, 'abnormal.jsonl')];
  const size = full ? whole : sample;
  const results: OneTrace[] = [];
  try {
    for (const set of ['fit', 'unseen'] as const) {
      const result: OneTrace = { set, draws: 0, right: 0, oracle: 0, misses: [] };
      results.push(result);
      for (const [family, services, turn] of systemsOf(families[set], size.systems)) {
        const systemSeed = seed * 1000 + turn;
        const traces = cleanTraces(drawSystem(systemSeed, { family, services }), tracesOfSystem, systemSeed);
        for (let draw = 0; draw < size.traces; draw += 1) {
          const told = slowTrace(traces, systemSeed * 100 + draw, delay);
          writeFileSync(normal, told.normal.map((trace) => `${toOtlpJson(trace)}\n`).join(''));
          writeFileSync(abnormal, toOtlpJson(told.abnormal));
          const ranking = await rank([normal], [abnormal]);
          const { service: slow } = told;
          result.draws += 1;
          if (nameByDensity(told.normal, told.abnormal, delay) === slow) result.oracle += 1;
          if (ranking[0] === slow) result.right += 1;
          else result.misses.push({ system: `${family}-${services}-${systemSeed}`, draw, slow, ranking });
        }
      }
      onProgress(`one slow trace, ${set} families: ${result.right} of ${result.draws} named right`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

function* systemsOf<F>(of: readonly F[], turns: number): Generator<[F, number, number]> {
  for (const family of of) {
    for (const services of systemSizes) for (let turn = 0; turn < turns; turn += 1) yield [family, services, turn];
  }
}
