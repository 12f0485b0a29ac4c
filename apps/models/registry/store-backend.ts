import { escapePathSegment } from '@plumbline/contracts';
import type { ObjectStore } from '@plumbline/worker';
import { z } from 'zod';
import { traceModelName } from '../manifest';
import type { RegistryBackend, RegistryContents } from './backend';
import { decisionSchema, type Decision } from './decision';
import { RegistryError } from './errors';
import { named, standingOf } from './standing';
import { registeredVersionSchema, type LoggedMetric, type RegisteredVersion } from './version';

/** The registry, where it is an object beside its versions. */
export const registryKey = `${traceModelName}/registry.json`;

const maxVersions = 500;
const maxDecisions = 500;
const attempts = 8;
/** Entries are kept as they are, also those of a newer release that this one cannot read. */
const fileSchema = z.object({
  schema: z.literal(1),
  versions: z.array(z.unknown()),
  decisions: z.array(z.unknown()),
});
interface RegistryFile {
  readonly schema: 1;
  readonly versions: readonly unknown[];
  readonly decisions: readonly unknown[];
}

const empty: RegistryFile = { schema: 1, versions: [], decisions: [] };
const loggedSchema = z.record(z.string(), z.object({ value: z.number(), atMs: z.number() }));

/** A registry that needs no server: one object, written only if it is still the one that was read. */
export class StoreBackend implements RegistryBackend {
  readonly place: string;

  constructor(private readonly models: ObjectStore) {
    this.place = `${registryKey} of bucket ${models.bucket}`;
  }

  async read(): Promise<RegistryContents> {
    const { file, etag } = await this.readFile();
    const problems: string[] = [];
    const understood = <T>(name: string, entries: readonly unknown[], schema: z.ZodType<T>): T[] =>
      entries.flatMap((entry, index) => {
        const parsed = schema.safeParse(entry);
        if (parsed.success) return [parsed.data];
        problems.push(`${name} ${index} of ${this.place} cannot be read: ${firstIssue(parsed.error)}`);
        return [];
      });
    return {
      versions: understood('version', file.versions, registeredVersionSchema),
      decisions: understood('decision', file.decisions, decisionSchema),
      disapproved: new Map(),
      problems,
      append: (decision) => this.writeFile({ ...file, decisions: bounded([...file.decisions, decision]) }, etag),
    };
  }

  async add(version: RegisteredVersion): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { file, etag } = await this.readFile();
      if (file.versions.some((entry) => nameOf(entry) === version.version)) return;
      if (await this.writeFile(withVersion(file, version), etag)) return;
    }
    throw this.contention(registryKey);
  }

  /** Who serves is in the same object. */
  show(): Promise<void> {
    return Promise.resolve();
  }

  async log({ version }: RegisteredVersion, metrics: Readonly<Record<string, number>>, atMs: number): Promise<void> {
    const key = loggedKey(version);
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { logged, etag } = await this.readLogged(key);
      const newer = Object.entries(metrics).filter(([name]) => (logged[name]?.atMs ?? -Infinity) <= atMs);
      if (newer.length === 0) return;
      const next = { ...logged, ...Object.fromEntries(newer.map(([name, value]) => [name, { value, atMs }])) };
      if (await this.write(key, next, etag)) return;
    }
    throw this.contention(key);
  }

  async logged({ version }: RegisteredVersion): Promise<Readonly<Record<string, LoggedMetric>>> {
    return (await this.readLogged(loggedKey(version))).logged;
  }

  /** What cannot be read is no reason to stop logging. */
  private async readLogged(key: string) {
    const { bytes, etag } = await this.readObject(key);
    const parsed = loggedSchema.safeParse(jsonOf(bytes));
    return { logged: parsed.success ? parsed.data : {}, etag };
  }

  /** @throws {RegistryError} for what is no registry: writing over it would lose who decided what */
  private async readFile(): Promise<{ readonly file: RegistryFile; readonly etag: string | undefined }> {
    const { bytes, etag } = await this.readObject(registryKey);
    if (bytes === undefined) return { file: empty, etag };
    const parsed = fileSchema.safeParse(jsonOf(bytes));
    if (parsed.success) return { file: parsed.data, etag };
    throw new RegistryError(
      'PLUMBLINE_REGISTRY_MALFORMED',
      `${this.place} is no registry (${firstIssue(parsed.error)}); restore the version of the object before`,
    );
  }

  private async readObject(
    key: string,
  ): Promise<{ readonly bytes: Uint8Array | undefined; readonly etag: string | undefined }> {
    // The etag first: if the object changes in between, the write that follows fails and is begun again.
    const etag = (await this.models.head(key))?.etag;
    return { etag, bytes: etag === undefined ? undefined : await this.models.get(key) };
  }

  private writeFile(file: RegistryFile, etag: string | undefined): Promise<boolean> {
    return this.write(registryKey, file, etag);
  }

  private write(key: string, content: object, etag: string | undefined): Promise<boolean> {
    const condition = etag === undefined ? ({ ifAbsent: true } as const) : { ifMatch: etag };
    const body = Buffer.from(`${JSON.stringify(content, undefined, 1)}\n`);
    return this.models.put(key, body, { contentType: 'application/json', condition });
  }

  private contention(key: string): RegistryError {
    return new RegistryError(
      'PLUMBLINE_REGISTRY_CONTENTION',
      `${key} in bucket ${this.models.bucket} changed under ${attempts} writes in a row`,
    );
  }
}

/** Beside the folders of versions, which never change. */
function loggedKey(version: string): string {
  return `${traceModelName}/serving/version_${escapePathSegment(version)}.json`;
}

/** The oldest decision goes on which it does not depend who serves, and who served before. */
function bounded(decisions: readonly unknown[]): readonly unknown[] {
  if (decisions.length <= maxDecisions) return decisions;
  const outcome = (of: readonly unknown[]) => {
    const { timeline, before } = standingOf(of.flatMap(understood), () => true);
    return JSON.stringify([named(timeline.champion), named(timeline.challenger), before.at(-1)]);
  };
  const wanted = outcome(decisions);
  const without = (index: number) => decisions.filter((_, at) => at !== index);
  const dropped = decisions.findIndex((_, index) => outcome(without(index)) === wanted);
  return without(Math.max(dropped, 0));
}

function understood(decision: unknown): Decision[] {
  const { data } = decisionSchema.safeParse(decision);
  return data === undefined ? [] : [data];
}

/** The oldest versions go, but not those that somebody decided about. */
function withVersion(file: RegistryFile, version: RegisteredVersion): RegistryFile {
  const versions = [...file.versions, version];
  const decided = new Set(file.decisions.flatMap(namesIn));
  let surplus = versions.length - maxVersions;
  const kept = versions.filter((entry) => {
    if (surplus <= 0 || decided.has(nameOf(entry) ?? '')) return true;
    surplus -= 1;
    return false;
  });
  return { ...file, versions: kept };
}

const nameSchema = z.object({ version: z.string() });

function nameOf(entry: unknown): string | undefined {
  return nameSchema.safeParse(entry).data?.version;
}

function namesIn(decision: unknown): string[] {
  return understood(decision).flatMap((each) => {
    if (each.kind !== 'roll-back') return [each.version];
    return each.to === undefined ? [each.from] : [each.from, each.to];
  });
}

function firstIssue({ issues: [issue] }: z.ZodError): string {
  return issue === undefined ? 'unknown' : `${issue.path.join('.')}: ${issue.message}`;
}

function jsonOf(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch {
    return undefined;
  }
}
