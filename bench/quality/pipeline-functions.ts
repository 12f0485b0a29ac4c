import * as standalone from '@plumbline/standalone';
import { z } from 'zod';
import { serviceName } from './judge';

/*
 * The pipeline's answers to one who tells it the windows. Their results are validated here, as everything is that is judged. A build
 * without one of them leaves what it is measured by out, and its goals count as missed.
 */

const rankingSchema = z.object({ ranking: z.array(z.looseObject({ service: z.string(), confidence: z.number() })) });
const scoreSchema = z.looseObject({ traceId: z.string(), score: z.number() });

type RankRecordings = (windows: { normal: readonly string[]; abnormal: readonly string[] }) => unknown;
type ScoreRecording = (normal: string, path: string) => AsyncIterable<unknown>;

/** Ranks services by recordings of before and during a fault; `undefined` where the pipeline cannot. */
export function toldRanker():
  ((normal: readonly string[], abnormal: readonly string[]) => Promise<string[]>) | undefined {
  const rank = exported('rankRecordings') as RankRecordings | undefined;
  if (rank === undefined) return undefined;
  return async (normal, abnormal) => {
    const { ranking } = rankingSchema.parse(await rank({ normal, abnormal }));
    return ranking.map(({ service }) => serviceName(service));
  };
}

/** Scores the traces of a recording by a normal one; `undefined` where the pipeline cannot. */
export function traceScorer(): ((normal: string, path: string) => Promise<Map<string, number>>) | undefined {
  const score = exported('scoreRecording') as ScoreRecording | undefined;
  if (score === undefined) return undefined;
  return async (normal, path) => {
    const scores = new Map<string, number>();
    for await (const each of score(normal, path)) {
      const { traceId, score: value } = scoreSchema.parse(each);
      scores.set(traceId, value);
    }
    return scores;
  };
}

function exported(name: string): ((...args: never[]) => unknown) | undefined {
  const value: unknown = Object.entries(standalone).find(([key]) => key === name)?.[1];
  return typeof value === 'function' ? (value as (...args: never[]) => unknown) : undefined;
}
