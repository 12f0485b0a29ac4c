import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import { modelManifestSchema } from '../manifest';
import type { RegistryBackend, RegistryContents } from './backend';
import { decisionSchema, roles, type Decision, type Role } from './decision';
import { RegistryError, WorseVersionError } from './errors';
import { objectionsTo } from './gate';
import type { Activation, ListedVersion, Served, ServedChallenger, ServedVersion, VersionState } from './served';
import { named, standingOf, type RoleActivation, type Standing } from './standing';
import { metricName, registeredVersionSchema, type LoggedMetric, type RegisteredVersion } from './version';

/** Decisions of others in a row before one gives up. */
const attempts = 5;

export interface ApproveOptions {
  readonly as: Role;
  /** Event time from which it holds; later than any trace judged so far. */
  readonly effectiveFromMs: number;
  /** Of traces, between 0 and 1, for a challenger. */
  readonly share?: number;
  /** Who approves. */
  readonly by: string;
  /** Why, although it is worse. */
  readonly despite?: string;
}

export interface RollBackOptions {
  readonly effectiveFromMs: number;
  readonly by: string;
  /** The champion that is to go; refused where it is another. @default - whoever it is */
  readonly from?: string;
}

const loggedSchema = z.record(metricName, z.number());

/**
 * Which versions of the learned models there are, and which of them serve. Serving follows from decisions of people alone: a version
 * that is registered is not served, and one that was rolled back stays so until somebody approves it again. Any number of
 * trainings, people and workers may use one registry; of two who decide at once, the second decides in view of what the first did.
 *
 * Methods throw `RegistryError`, or `ObjectStoreError` where the registry is in an object store.
 */
export class ModelRegistry {
  /**
   * @param bucket where the files of versions are
   * @param nowMs when versions are registered and decisions made @default the system's clock
   */
  constructor(
    private readonly backend: RegistryBackend,
    private readonly bucket: string,
    private readonly nowMs: () => number = Date.now,
  ) {}

  /** Where it keeps what it knows. */
  get place(): string {
    return this.backend.place;
  }

  /**
   * Registers a version whose files are uploaded. Safe to repeat.
   *
   * @param manifestFile content of its `manifest.json`; parameters, lineage, parent and evaluation are taken from it
   * @param metrics what training measured besides
   * @throws {RegistryError} `…_MALFORMED` for what is no manifest, `…_CONFLICT` if the name belongs to another manifest
   */
  async register(manifestFile: Uint8Array, metrics: Readonly<Record<string, number>> = {}): Promise<RegisteredVersion> {
    const manifest = modelManifestSchema.safeParse(jsonOf(manifestFile));
    if (!manifest.success) throw malformed('the manifest', manifest.error);
    const { version, model } = manifest.data;
    const entry = registeredVersionSchema.safeParse({
      version,
      source: `s3://${this.bucket}/${model}/version_${version}/`,
      manifestSha256: createHash('sha256').update(manifestFile).digest('hex'),
      registeredAtMs: this.nowMs(),
      manifest: manifest.data,
      metrics,
    });
    if (!entry.success) throw malformed(`version ${version}`, entry.error);
    const before = (await this.backend.read()).versions.find((known) => known.version === version);
    if (before === undefined) await this.backend.add(entry.data);
    const registered = before ?? this.find(await this.backend.read(), version);
    if (registered.manifestSha256 === entry.data.manifestSha256) return registered;
    throw new RegistryError(
      'PLUMBLINE_REGISTRY_CONFLICT',
      `version ${version} is registered with manifest ${registered.manifestSha256}, not ${entry.data.manifestSha256}`,
    );
  }

  /** All versions, the newest first. */
  async versions(): Promise<readonly ListedVersion[]> {
    const { contents, standing } = await this.look();
    return contents.versions.map((version) => listed(version, contents, standing)).reverse();
  }

  /** Who serves, and what of the registry was passed over. */
  async served(): Promise<Served> {
    const { contents, standing } = await this.look();
    const activations = <V extends ServedVersion>(role: Role, made: (v: ServedVersion, of: RoleActivation) => V) =>
      standing.timeline[role].map((activation): Activation<V> => {
        const { effectiveFromMs } = activation;
        const version = contents.versions.find((known) => known.version === activation.version);
        return {
          effectiveFromMs,
          ...(version && { version: made(servedVersion(version, effectiveFromMs), activation) }),
        };
      });
    const timeline = {
      champion: activations('champion', (version) => version),
      challenger: activations<ServedChallenger>('challenger', (version, { share = 0 }) => ({ ...version, share })),
    };
    const champion = named(timeline.champion)?.version;
    const challenger = named(timeline.challenger)?.version;
    const problems = [...contents.problems, ...outOfStep(contents, standing)];
    return { ...(champion && { champion }), ...(challenger && { challenger }), timeline, problems };
  }

  /**
   * In what a version is worse than the champion, a sentence each; nothing where it may be approved.
   *
   * @throws {RegistryError} `…_UNKNOWN`
   */
  async objections(version: string): Promise<readonly string[]> {
    const { contents, standing } = await this.look();
    return this.objectionsIn(contents, standing, version);
  }

  /**
   * Has a version serve. Repeated, it changes nothing.
   *
   * @throws {WorseVersionError} when it is worse than the champion, or was rolled back, and no reason is given
   * @throws {RegistryError} `…_UNKNOWN`, or `…_REFUSED` for a share that does not fit the role
   */
  async approve(version: string, { as, effectiveFromMs, share, by, despite }: ApproveOptions): Promise<void> {
    if ((as === 'challenger') !== (share !== undefined)) {
      throw new RegistryError(
        'PLUMBLINE_REGISTRY_REFUSED',
        as === 'challenger'
          ? 'a challenger needs a share of the traces'
          : 'a champion has no share: it judges all traces',
      );
    }
    await this.decide((contents, standing): Decision | undefined => {
      this.find(contents, version);
      const now = named(standing.timeline[as]);
      if (now?.version === version && now.share === share) return undefined;
      if (as === 'challenger' && named(standing.timeline.champion)?.version === version) {
        throw new RegistryError('PLUMBLINE_REGISTRY_REFUSED', `version ${version} is the champion already`);
      }
      const objections = this.objectionsIn(contents, standing, version);
      if (objections.length > 0 && despite === undefined) throw new WorseVersionError(version, objections);
      return {
        ...this.signed(by, effectiveFromMs),
        kind: 'approve',
        as,
        version,
        ...(share !== undefined && { share }),
        ...(despite !== undefined && { despite, objections: objections.map((each) => each.slice(0, 250)).slice(0, 6) }),
      };
    });
  }

  /**
   * Has the champion before serve again, or the profile alone where there was none.
   *
   * @returns the version that went, and the one that serves now
   * @throws {RegistryError} `…_NOT_SERVED` when there is no champion, or another one than `from`
   */
  async rollBack({
    effectiveFromMs,
    by,
    from,
  }: RollBackOptions): Promise<{ readonly from: string; readonly to?: string }> {
    const done = await this.decide((contents, standing) => {
      const last = contents.decisions.at(-1);
      // The answer to the first try was lost; a second one must not go back two champions.
      if (last?.kind === 'roll-back' && last.by === by && last.effectiveFromMs === effectiveFromMs) return last;
      const champion = named(standing.timeline.champion)?.version;
      if (champion === undefined) throw notServed('there is no champion to roll back');
      if (from !== undefined && from !== champion) throw notServed(`the champion is ${champion}, not ${from}`);
      const to = standing.before.at(-1);
      const signed = this.signed(by, effectiveFromMs);
      return { ...signed, kind: 'roll-back' as const, from: champion, ...(to !== undefined && { to }) };
    });
    return { from: done.from, ...(done.to !== undefined && { to: done.to }) };
  }

  /**
   * Ends a challenge. Repeated, it changes nothing.
   *
   * @throws {RegistryError} `…_NOT_SERVED` when the version never was the challenger
   */
  async withdraw(version: string, { effectiveFromMs, by }: Omit<RollBackOptions, 'from'>): Promise<void> {
    await this.decide((_contents, standing): Decision | undefined => {
      if (named(standing.timeline.challenger)?.version === version) {
        return { ...this.signed(by, effectiveFromMs), kind: 'withdraw', version };
      }
      const was = standing.timeline.challenger.some((activation) => activation.version === version);
      if (was) return undefined;
      throw notServed(`version ${version} is not the challenger`);
    });
  }

  /**
   * Keeps numbers of a version's serving, such as how often it agrees with the other. Safe to repeat.
   *
   * @param stepMs when they held, milliseconds since the epoch
   * @throws {RegistryError} `…_UNKNOWN`, or `…_REFUSED` for a name or a number that cannot be kept
   */
  async logMetrics(version: string, metrics: Readonly<Record<string, number>>, stepMs: number): Promise<void> {
    const parsed = loggedSchema.safeParse(metrics);
    if (!parsed.success) {
      throw new RegistryError('PLUMBLINE_REGISTRY_REFUSED', `metrics of ${version}: ${z.prettifyError(parsed.error)}`);
    }
    await this.backend.log(this.find(await this.backend.read(), version), parsed.data, Math.round(stepMs));
  }

  /** The newest value of each number that was logged of a version. @throws {RegistryError} `…_UNKNOWN` */
  async loggedMetrics(version: string): Promise<Readonly<Record<string, LoggedMetric>>> {
    return this.backend.logged(this.find(await this.backend.read(), version));
  }

  private async look(): Promise<{ readonly contents: RegistryContents; readonly standing: Standing }> {
    const contents = await this.backend.read();
    return { contents, standing: standingIn(contents) };
  }

  /**
   * Decides in view of what is there, again if that changed meanwhile, and lets others see it.
   *
   * @param choose a decision; one that is there already, or `undefined`, adds nothing
   */
  private async decide<D extends Decision | undefined>(
    choose: (contents: RegistryContents, standing: Standing) => D,
  ): Promise<D> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      const { contents, standing } = await this.look();
      const decision = choose(contents, standing);
      const isNew = decision !== undefined && !contents.decisions.some(({ id }) => id === decision.id);
      if (isNew && !(await contents.append(checkedDecision(decision)))) continue;
      const now = await this.look();
      await this.backend.show({ serving: serving(now.standing), states: statesIn(now.contents, now.standing) });
      return decision;
    }
    throw new RegistryError(
      'PLUMBLINE_REGISTRY_CONTENTION',
      `others decided ${attempts} times in a row in ${this.backend.place}; look at what serves now, and decide again`,
    );
  }

  private objectionsIn(contents: RegistryContents, standing: Standing, version: string): readonly string[] {
    const { manifest } = this.find(contents, version);
    const champion = named(standing.timeline.champion)?.version;
    const rolledBack = standing.rolledBack.get(version);
    const other = contents.versions.find((known) => known.version === champion && known.version !== version);
    return [
      ...(rolledBack === undefined
        ? []
        : [`it was rolled back by ${rolledBack.by} on ${new Date(rolledBack.atMs).toISOString()}`]),
      ...(champion === version ? [] : objectionsTo(manifest, other?.manifest)),
    ];
  }

  private find({ versions }: RegistryContents, version: string): RegisteredVersion {
    const found = versions.find((known) => known.version === version);
    if (found !== undefined) return found;
    const newest = versions.slice(-5).map((known) => known.version);
    throw new RegistryError(
      'PLUMBLINE_REGISTRY_UNKNOWN',
      `there is no version ${JSON.stringify(version)} in ${this.backend.place}; the newest are ${newest.join(', ') || 'none'}`,
    );
  }

  private signed(by: string, effectiveFromMs: number) {
    return { id: randomUUID(), by, atMs: this.nowMs(), effectiveFromMs };
  }
}

/** A version is served if it is there and nobody disapproved of it by hand. */
function standingIn({ versions, decisions, disapproved }: RegistryContents): Standing {
  const known = new Set(versions.map(({ version }) => version));
  return standingOf(decisions, (version) => known.has(version) && !disapproved.has(version));
}

function serving({ timeline }: Standing): ReadonlyMap<Role, string> {
  return new Map(
    roles.flatMap((role) => {
      const version = named(timeline[role])?.version;
      return version === undefined ? [] : [[role, version] as const];
    }),
  );
}

function outOfStep(contents: RegistryContents, standing: Standing): string[] {
  const known = new Set(contents.versions.map(({ version }) => version));
  const approved = contents.decisions.flatMap((decision) => (decision.kind === 'approve' ? [decision.version] : []));
  const problems = [...new Set(approved)].flatMap((version) => {
    if (!known.has(version)) return [`version ${version} is approved, and is not in the registry: it is not served`];
    const how = contents.disapproved.get(version);
    return how === undefined ? [] : [`version ${version} is approved, and ${how}: it is not served`];
  });
  const { aliases } = contents;
  if (aliases === undefined) return problems;
  const decided = serving(standing);
  for (const role of roles) {
    const seen = aliases.get(role);
    if (seen === decided.get(role)) continue;
    problems.push(
      `alias ${role} names ${seen ?? 'nobody'}, and ${decided.get(role) ?? 'nobody'} is approved as ${role}: an alias alone approves nothing`,
    );
  }
  return problems;
}

function servedVersion(
  { version, source, manifestSha256, manifest }: RegisteredVersion,
  effectiveFromMs: number,
): ServedVersion {
  const { featureSchema, profile, role } = manifest;
  return { version, source, manifestSha256, featureSchema, profile, decides: role === 'decides', effectiveFromMs };
}

function listed(version: RegisteredVersion, contents: RegistryContents, standing: Standing): ListedVersion {
  const aliases = roles.filter((role) => named(standing.timeline[role])?.version === version.version);
  const approval = standing.approvals.get(version.version);
  const state = stateOf(version.version, contents, standing);
  if (approval === undefined) return { ...version, state, aliases };
  const { kind: _kind, id: _id, version: _version, ...rest } = approval;
  return { ...version, state, aliases, approval: rest };
}

function statesIn(contents: RegistryContents, standing: Standing): ReadonlyMap<string, VersionState> {
  return new Map(contents.versions.map(({ version }) => [version, stateOf(version, contents, standing)]));
}

function stateOf(version: string, { disapproved }: RegistryContents, standing: Standing): VersionState {
  if (disapproved.has(version)) return 'disapproved';
  if (standing.rolledBack.has(version)) return 'rolled back';
  return standing.approvals.has(version) ? 'approved' : 'registered';
}

function checkedDecision(decision: Decision): Decision {
  const checked = decisionSchema.safeParse(decision);
  if (checked.success) return checked.data;
  throw new RegistryError('PLUMBLINE_REGISTRY_REFUSED', z.prettifyError(checked.error));
}

function notServed(message: string): RegistryError {
  return new RegistryError('PLUMBLINE_REGISTRY_NOT_SERVED', message);
}

function malformed(what: string, error: z.ZodError): RegistryError {
  return new RegistryError('PLUMBLINE_REGISTRY_MALFORMED', `${what}: ${z.prettifyError(error)}`, { cause: error });
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
