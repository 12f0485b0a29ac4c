import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toldRanker } from './pipeline-functions';
import { cleanTraces, drawSystem, families, slowTrace, toOtlpJson, type Family } from './simulator';
import { cacheFolder } from './streams';

/** Clean traces drawn of each system, one of which is made slow: the others are what is normal. */
const tracesOfSystem = 251;
/** By how many robust standard deviations of its own time the service is delayed. */
const delay = 5;
const systemSizes = [5, 12, 30] as const;
const tracesOfEach = { sample: 2, full: 8 } as const;
const seedsOfEach = { sample: 2, full: 4 } as const;

/** One clean trace in which one service is slow, and whom the pipeline named. */
export interface OneTrace {
  readonly family: Family;
  /** Kept aside, or for development. */
  readonly unseen: boolean;
  readonly services: number;
  readonly seed: number;
  readonly draw: number;
  readonly slow: string;
  readonly operation: string;
  readonly delayMs: number;
  readonly ranking: readonly string[];
}

/**
 * Delays one service in one trace of a simulated system, again and again, and asks who is slow in it, given the other traces.
 *
 * @returns `undefined` where the pipeline cannot rank recordings
 */
export async function rankOneTrace(
  full: boolean,
  seed: number,
  onProgress: (text: string) => void,
): Promise<OneTrace[] | undefined> {
  const rank = toldRanker();
  if (rank === undefined) return undefined;
  mkdirSync(cacheFolder(), { recursive: true });
  const folder = mkdtempSync(join(cacheFolder(), 'one-trace-'));
  const [normal, abnormal] = [join(folder, 'normal.jsonl'), join(folder, 'abnormal.jsonl')];
  const size = full ? 'full' : 'sample';
  const results: OneTrace[] = [];
  try {
    for (const family of [...families.fit, ...families.unseen]) {
      const unseen = families.unseen.some((each) => each === family);
      for (const services of systemSizes) {
        for (let turn = 0; turn < seedsOfEach[size]; turn += 1) {
          const systemSeed = seed * 1000 + turn;
          const traces = cleanTraces(drawSystem(systemSeed, { family, services }), tracesOfSystem, systemSeed);
          for (let draw = 0; draw < tracesOfEach[size]; draw += 1) {
            const told = slowTrace(traces, systemSeed * 100 + draw, delay);
            writeFileSync(normal, told.normal.map((trace) => `${toOtlpJson(trace)}\n`).join(''));
            writeFileSync(abnormal, toOtlpJson(told.abnormal));
            const ranking = await rank([normal], [abnormal]);
            const { service: slow, operation, delayMs } = told;
            results.push({ family, unseen, services, seed: systemSeed, draw, slow, operation, delayMs, ranking });
          }
        }
      }
      const right = results.filter(isRight).length;
      onProgress(`one slow trace: ${right} of ${results.length} named right, up to family ${family}`);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}

/** Whether the slow service is named first. */
export function isRight({ slow, ranking }: Pick<OneTrace, 'slow' | 'ranking'>): boolean {
  return ranking[0] === slow;
}
