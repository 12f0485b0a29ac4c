import { escapePathSegment } from '@plumbline/contracts';
import type { ObjectStore } from '@plumbline/worker';
import type { z } from 'zod';
import { TrainingError } from '../errors';

/** Where the steps of one training leave what the next ones read: `training-runs/<run>/` of a bucket or folder. */
export class RunFolder {
  readonly prefix: string;

  /**
   * @param run name of the run, 1 to 128 characters, such as Airflow's `run_id`
   * @throws {TrainingError} for an empty one, or one of more than 128 characters
   */
  constructor(
    readonly store: ObjectStore,
    readonly run: string,
  ) {
    if (run === '' || run.length > 128) {
      throw new TrainingError(
        'PLUMBLINE_TRAINING_SOURCE',
        `run ${JSON.stringify(run.slice(0, 200))}: a name has 1 to 128 characters`,
      );
    }
    this.prefix = `training-runs/${escapePathSegment(run)}/`;
  }

  async put(path: string, body: Uint8Array): Promise<void> {
    await this.store.put(this.prefix + path, body);
  }

  async putJson(path: string, value: unknown): Promise<void> {
    const body = Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
    await this.store.put(this.prefix + path, body, { contentType: 'application/json' });
  }

  /**
   * What an earlier step left.
   *
   * @param step that leaves it, to be named when it is not there
   * @throws {TrainingError} when it is not there
   */
  async get(path: string, step: string): Promise<Uint8Array> {
    const bytes = await this.store.get(this.prefix + path);
    if (bytes !== undefined) return bytes;
    throw new TrainingError(
      'PLUMBLINE_TRAINING_STEP_MISSING',
      `run ${this.run} has no ${path} in bucket ${this.store.bucket}: do step "${step}" first`,
    );
  }

  async getJson<T>(path: string, schema: z.ZodType<T>, step: string): Promise<T> {
    const bytes = await this.get(path, step);
    const parsed = schema.safeParse(jsonOf(bytes));
    if (parsed.success) return parsed.data;
    throw new TrainingError(
      'PLUMBLINE_TRAINING_STEP_MISSING',
      `${this.prefix}${path} in bucket ${this.store.bucket} is not what step "${step}" writes: ${parsed.error.issues[0]?.message ?? ''}`,
    );
  }

  /** Paths below the run's folder that begin so, in order. */
  async list(prefix: string): Promise<string[]> {
    const found: string[] = [];
    for await (const key of this.store.list(this.prefix + prefix)) found.push(key.slice(this.prefix.length));
    return found.sort();
  }
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
