import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ImageError } from './errors';

/** How a container of the image starts, in the words of an OCI image configuration. */
export interface RunConfig {
  readonly User: string;
  /** `NAME=value`. */
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
}

export const dockerfile = join(__dirname, '..', '..', 'Dockerfile');

/**
 * What the Dockerfile says of running the image, so that one built without docker runs the same.
 *
 * @throws {ImageError} if it lacks USER, ENV or an ENTRYPOINT in JSON
 */
export function runConfig(text: string = readFileSync(dockerfile, 'utf8')): RunConfig {
  const of = (instruction: string): string => {
    const found = new RegExp(`^${instruction} (.+)$`, 'm').exec(text)?.[1];
    if (found === undefined) throw new ImageError(`Dockerfile: there is no ${instruction}`);
    return found.trim();
  };
  const entrypoint: unknown = JSON.parse(of('ENTRYPOINT'));
  if (!Array.isArray(entrypoint) || !entrypoint.every((each) => typeof each === 'string')) {
    throw new ImageError('Dockerfile: ENTRYPOINT is no JSON list of strings');
  }
  return { User: of('USER'), Env: of('ENV').split(/\s+/), Entrypoint: entrypoint };
}
