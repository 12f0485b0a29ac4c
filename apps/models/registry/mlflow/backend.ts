import { z } from 'zod';
import { traceModelName } from '../../manifest';
import type { RegistryBackend, RegistryContents, Shown } from '../backend';
import { decisionSchema, roles, type Decision } from '../decision';
import { RegistryError } from '../errors';
import type { LoggedMetric, RegisteredVersion } from '../version';
import { createdVersionSchema, modelSchema, modelVersionsSchema, runSchema, type MlflowModelVersion } from './answers';
import { MlflowError, type MlflowClient } from './client';
import { MlflowRuns } from './runs';
import { entryOf, metricsOf, parametersOf, tagNames, tagsOf } from './tags';

const pageSize = '200';
/** The newest versions, at most so many pages of them. */
const maxPages = 5;
const servingPrefix = 'serving.';

type Model = z.infer<typeof modelSchema>['registered_model'];

/**
 * A registry in MLflow: an experiment and a registered model of one name, a run and a model version for each training. Aliases show who
 * serves, and decide nothing, since MLflow cannot move one in view of another. Decisions are parameters of a run, `decision.000001`
 * and so on: MLflow never changes a parameter that is logged, so of two who decide at once only one gets the number.
 */
export class MlflowBackend implements RegistryBackend {
  readonly place: string;
  private readonly runs: MlflowRuns;
  /** MLflow's version and run of each of ours that was read. */
  private known: ReadonlyMap<string, MlflowModelVersion> = new Map();

  /** @param name of registered model and experiment */
  constructor(
    private readonly client: MlflowClient,
    private readonly name: string = traceModelName,
  ) {
    this.place = `registered model ${name} of ${client.place}`;
    this.runs = new MlflowRuns(client, name);
  }

  async read(): Promise<RegistryContents> {
    const problems: string[] = [];
    const found = await this.model();
    const versions = found === undefined ? [] : this.entries(await this.modelVersions(), problems);
    const decisionsRun = found?.tags.get(tagNames.decisionsRun);
    const { decisions, next } = await this.decisions(decisionsRun, problems);
    const aliases = new Map(
      found?.aliases.flatMap(({ alias, version }) => {
        const role = roles.find((each) => each === alias);
        const ours = [...this.known].find(([, { version: number }]) => number === version)?.[0];
        return role === undefined ? [] : [[role, ours ?? `version ${version} of MLflow`] as const];
      }),
    );
    return {
      versions,
      decisions,
      disapproved: this.disapproved(decisions),
      aliases,
      problems,
      append: (decision) => this.append(decision, next),
    };
  }

  async add(entry: RegisteredVersion): Promise<void> {
    await this.decisionsRun();
    const { version } = entry;
    const run = await this.runs.ofTraining(version, entry.registeredAtMs, tagsOf(entry));
    await this.runs.log(run, { metrics: metricsOf(entry), parameters: parametersOf(entry) }, entry.registeredAtMs);
    await this.runs.finish(run, entry.registeredAtMs);
    if (await this.first(version)) return;
    const tags = { ...tagsOf(entry), [tagNames.entry]: JSON.stringify(entry), [tagNames.state]: 'registered' };
    const created = await this.client.post(
      'model-versions/create',
      { name: this.name, source: entry.source, run_id: run, tags: asList(tags) },
      createdVersionSchema,
    );
    const mine = created.model_version.version;
    // Another training of the same version may have come in between, or a lost answer had this created twice.
    if ((await this.first(version))?.version !== mine) {
      await this.client.delete('model-versions/delete', { name: this.name, version: mine });
    }
  }

  async show({ serving, states }: Shown): Promise<void> {
    const found = await this.model();
    if (found === undefined) return;
    for (const role of roles) {
      const wanted = this.known.get(serving.get(role) ?? '')?.version;
      const present = found.aliases.find(({ alias }) => alias === role)?.version;
      if (wanted === present) continue;
      if (wanted === undefined) {
        await this.client.delete('registered-models/alias', { name: this.name, alias: role });
      } else {
        const alias = { name: this.name, alias: role, version: wanted };
        await this.client.post('registered-models/alias', alias, z.unknown());
      }
    }
    for (const [version, state] of states) {
      const known = this.known.get(version);
      if (known === undefined) continue;
      if (known.tags.get(tagNames.state) !== state) await this.tag(known, tagNames.state, state);
      const unsaid = !known.tags.has(tagNames.approved);
      if (unsaid && state === 'approved') await this.tag(known, tagNames.approved, 'true');
    }
  }

  async log(entry: RegisteredVersion, metrics: Readonly<Record<string, number>>, atMs: number): Promise<void> {
    const named = Object.entries(metrics).map(([name, value]): [string, number] => [`${servingPrefix}${name}`, value]);
    await this.runs.log(this.runOf(entry), { metrics: Object.fromEntries(named) }, atMs);
  }

  async logged(entry: RegisteredVersion): Promise<Readonly<Record<string, LoggedMetric>>> {
    const { run } = await this.client.get('runs/get', { run_id: this.runOf(entry) }, runSchema);
    return Object.fromEntries(
      run.data.metrics.flatMap(({ key, value, timestamp }) =>
        key.startsWith(servingPrefix) && typeof value === 'number'
          ? [[key.slice(servingPrefix.length), { value, atMs: timestamp }]]
          : [],
      ),
    );
  }

  /** `undefined` while there is none. */
  private async model(): Promise<Model | undefined> {
    try {
      return (await this.client.get('registered-models/get', { name: this.name }, modelSchema)).registered_model;
    } catch (error) {
      if (error instanceof MlflowError && error.status === 404) return undefined;
      throw error;
    }
  }

  /** All of MLflow's versions by rising number. */
  private async modelVersions(): Promise<MlflowModelVersion[]> {
    const all: MlflowModelVersion[] = [];
    let token: string | undefined;
    for (let page = 0; page < maxPages; page += 1) {
      const query = {
        filter: `name='${this.name}'`,
        max_results: pageSize,
        order_by: 'version_number DESC',
        ...(token !== undefined && { page_token: token }),
      };
      const answer = await this.client.get('model-versions/search', query, modelVersionsSchema);
      all.push(...answer.model_versions);
      token = answer.next_page_token;
      if (token === undefined || token === '') break;
    }
    return all.sort((a, b) => Number(a.version) - Number(b.version));
  }

  /** MLflow's first version that is one of ours. */
  private async first(version: string): Promise<MlflowModelVersion | undefined> {
    return (await this.modelVersions()).find(({ tags }) => tags.get(tagNames.version) === version);
  }

  private entries(found: readonly MlflowModelVersion[], problems: string[]): RegisteredVersion[] {
    const known = new Map<string, MlflowModelVersion>();
    const entries: RegisteredVersion[] = [];
    for (const each of found) {
      const entry = entryOf(each);
      const name = `version ${each.version} of ${this.place}`;
      if (typeof entry === 'string') problems.push(`${name} is passed over: ${entry}`);
      else if (known.has(entry.version)) problems.push(`${name} is passed over: ${entry.version} is there already`);
      else {
        known.set(entry.version, each);
        entries.push(entry);
      }
    }
    this.known = known;
    return entries;
  }

  private disapproved(decisions: readonly Decision[]): ReadonlyMap<string, string> {
    return new Map(
      decisions.flatMap((decision) => {
        if (decision.kind !== 'approve') return [];
        const tag = this.known.get(decision.version)?.tags.get(tagNames.approved);
        if (tag === undefined || tag === 'true') return [];
        return [[decision.version, `its tag ${tagNames.approved} is ${JSON.stringify(tag)}`] as const];
      }),
    );
  }

  /** @returns the decisions, and the number of the next one */
  private async decisions(run: string | undefined, problems: string[]) {
    if (run === undefined) return { decisions: [], next: 1 };
    const { data } = (await this.client.get('runs/get', { run_id: run }, runSchema)).run;
    const numbered = data.params.flatMap(({ key, value }) => {
      const number = /^decision\.(\d{6})$/.exec(key)?.[1];
      return number === undefined ? [] : [{ number: Number(number), key, value }];
    });
    numbered.sort((a, b) => a.number - b.number);
    const decisions = numbered.flatMap(({ key, value }) => {
      const parsed = decisionSchema.safeParse(jsonOf(value));
      if (parsed.success) return [parsed.data];
      problems.push(`parameter ${key} of run ${run} of ${this.client.place} is passed over: it is no decision`);
      return [];
    });
    return { decisions, next: (numbered.at(-1)?.number ?? 0) + 1 };
  }

  private async append(decision: Decision, number: number): Promise<boolean> {
    const run = await this.decisionsRun();
    const key = `decision.${String(number).padStart(6, '0')}`;
    try {
      await this.client.post('runs/log-parameter', { run_id: run, key, value: JSON.stringify(decision) }, z.unknown());
    } catch (error) {
      if (!(error instanceof MlflowError) || error.status !== 400) throw error;
      const { data } = (await this.client.get('runs/get', { run_id: run }, runSchema)).run;
      if (!data.params.some((param) => param.key === key)) throw error;
      return false;
    }
    const approved = decision.kind === 'approve' ? this.known.get(decision.version) : undefined;
    if (approved !== undefined) await this.tag(approved, tagNames.approved, 'true');
    return true;
  }

  /** The run that holds the decisions, made with the registered model: of two who make that, MLflow lets one. */
  private async decisionsRun(): Promise<string> {
    const present = (await this.model())?.tags.get(tagNames.decisionsRun);
    if (present !== undefined) return present;
    const run = await this.runs.create('decisions', Date.now(), { 'plumbline.kind': 'decisions' });
    const tag = { key: tagNames.decisionsRun, value: run };
    try {
      await this.client.post('registered-models/create', { name: this.name, tags: [tag] }, z.unknown());
    } catch (error) {
      if (!(error instanceof MlflowError) || error.errorCode !== 'RESOURCE_ALREADY_EXISTS') throw error;
      // Somebody else's, or one that people made before there was anything to register.
      if ((await this.model())?.tags.get(tagNames.decisionsRun) === undefined) {
        await this.client.post('registered-models/set-tag', { name: this.name, ...tag }, z.unknown());
      }
    }
    const kept = (await this.model())?.tags.get(tagNames.decisionsRun);
    if (kept !== run) await this.runs.remove(run);
    if (kept === undefined) {
      throw new RegistryError('PLUMBLINE_REGISTRY_MALFORMED', `${this.place} has no tag ${tagNames.decisionsRun}`);
    }
    return kept;
  }

  private async tag({ version }: MlflowModelVersion, key: string, value: string): Promise<void> {
    await this.client.post('model-versions/set-tag', { name: this.name, version, key, value }, z.unknown());
  }

  private runOf({ version }: RegisteredVersion): string {
    const run = this.known.get(version)?.run_id ?? '';
    if (run !== '') return run;
    throw new RegistryError('PLUMBLINE_REGISTRY_MALFORMED', `version ${version} of ${this.place} names no run`);
  }
}

function asList(entries: Readonly<Record<string, string>>) {
  return Object.entries(entries).map(([key, value]) => ({ key, value }));
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
