import { environmentKeys, type WorkerName } from '@plumbline/contracts';
import type { Settings } from '@plumbline/standalone';
import { parseEnvironment } from '@plumbline/worker';
import { UsageError } from '../errors';
import { workerDefinitions } from '../workers/definitions';
import { nearest } from './nearest';

/** Workers whose settings change what is found; the others tell people, and a replay must not. */
const workers = ['preprocessing', 'anomaly-detection', 'root-cause', 'training'] as const satisfies WorkerName[];

/** Names of objects, which a replay keeps to itself. */
const places: readonly string[] = [environmentKeys.anomalyBucket, environmentKeys.modelBucket];

function schemas() {
  const definitions = workerDefinitions({});
  return workers.map((name) => definitions[name].schema);
}

/** Names of the settings that change what is found in a recording. */
export function settingNames(): string[] {
  const names = schemas().flatMap((schema) => Object.keys(schema.shape));
  return [...new Set(names)].filter((name) => !places.includes(name)).sort();
}

/**
 * Settings of a replay among all variables of an environment, the level of its log too. What is present but empty is absent.
 *
 * @throws {ConfigError} that names every variable that cannot be used
 */
export function pipelineSettings(environment: Settings): Settings {
  for (const schema of schemas()) parseEnvironment(schema, environment);
  const names = [...settingNames(), environmentKeys.logLevel];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
}

/**
 * Reads settings given as `NAME=VALUE`.
 *
 * @throws {UsageError} for what is not of this form, and for a name that no worker knows, with the one that is nearest
 */
export function parseAssignments(assignments: readonly string[]): Record<string, string> {
  const known = settingNames();
  const settings: Record<string, string> = {};
  for (const assignment of assignments) {
    const at = assignment.indexOf('=');
    const name = at < 0 ? assignment : assignment.slice(0, at);
    if (!known.includes(name)) {
      const suggestion = nearest(name.toUpperCase(), known);
      const hint = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
      throw new UsageError(`no setting is called ${JSON.stringify(name)}${hint}`);
    }
    if (at < 0 || at === assignment.length - 1) throw new UsageError(`${name} needs a value: ${name}=VALUE`);
    settings[name] = assignment.slice(at + 1);
  }
  return settings;
}
