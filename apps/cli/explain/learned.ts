import { decodeVerdict, type LearnedScore, type Verdict } from '@plumbline/wire';
import {
  Autoencoder,
  manifestFile,
  readVersion,
  recompute,
  versionFolder,
  type LearnedModels,
  type ModelObjects,
} from '@plumbline/models';
import {
  messageOf,
  parseEnvironment,
  S3ObjectStore,
  s3Connection,
  s3Settings,
  type Environment,
} from '@plumbline/worker';
import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors';

/** What the models say of a trace again, beside what was published. */
export interface LearnedReckoning {
  readonly again: LearnedScore;
  /** The greatest difference of a score or a p from what was published. */
  readonly difference: number;
}

/**
 * Reads verdicts: one JSON object, or one a line.
 *
 * @throws {UsageError} naming the file, and the line that is no verdict
 */
export async function readVerdicts(file: string): Promise<Verdict[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${file}: ${messageOf(cause)}`, { cause });
  });
  const lines = isJson(text) ? [text] : text.split('\n');
  return lines.flatMap((line, i) => {
    if (line.trim() === '') return [];
    try {
      return [decodeVerdict(Buffer.from(line))];
    } catch (cause) {
      throw new UsageError(`${file}:${i + 1}: no verdict: ${messageOf(cause).replace(/\s+/g, ' ').slice(0, 300)}`, {
        cause,
      });
    }
  });
}

/**
 * Opens the models of a version.
 *
 * @param place `s3://bucket`, a folder that is a bucket, or the folder of the version
 * @throws {UsageError} where they are not there, or not what their manifest says
 */
export async function openVersion(place: string, version: string, environment: Environment): Promise<LearnedModels> {
  const bucket = /^s3:\/\/([^/]+)\/?$/.exec(place)?.[1];
  const objects =
    bucket === undefined
      ? folderObjects(place, version)
      : new S3ObjectStore(bucket, s3Connection(parseEnvironment(s3Settings, environment)));
  try {
    return await readVersion(objects, version, { autoencoder: (files) => Autoencoder.load(files) });
  } catch (cause) {
    throw new UsageError(`${place}: ${messageOf(cause)}`, { cause });
  } finally {
    if (objects instanceof S3ObjectStore) await objects.close();
  }
}

/** @throws {RangeError} when the models are of another version, or lack a column that was put down */
export function reckonLearned(put: LearnedScore, models: LearnedModels): LearnedReckoning {
  const again = recompute(put, models);
  const pairs: [number, number][] = [
    [put.combinedP, again.combinedP],
    [put.score, again.score],
    ...pairsOf(put.scores, again.scores),
    ...pairsOf(put.p, again.p),
  ];
  // What one side lacks is as far off as can be.
  const difference = Math.max(...pairs.map(([a, b]) => (Number.isNaN(a - b) ? Infinity : Math.abs(a - b))));
  return { again, difference: put.exceeds === again.exceeds ? difference : Infinity };
}

function pairsOf(
  put: Readonly<Record<string, number | undefined>>,
  again: Readonly<Record<string, number | undefined>>,
): [number, number][] {
  const names = new Set([...Object.keys(put), ...Object.keys(again)]);
  return [...names].map((name) => [put[name] ?? NaN, again[name] ?? NaN]);
}

/** Files below a folder; those of the version may lie in the folder itself. */
function folderObjects(folder: string, version: string): ModelObjects {
  const prefix = versionFolder(version);
  const isVersion = existsSync(join(folder, manifestFile));
  const pathOf = (key: string): string => join(folder, isVersion ? key.slice(prefix.length) : key);
  return {
    bucket: folder,
    head: async (key) => {
      const info = await stat(pathOf(key)).catch(() => undefined);
      return info === undefined ? undefined : { key, size: info.size, etag: '', metadata: {} };
    },
    get: (key) => readFile(pathOf(key)),
  };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
