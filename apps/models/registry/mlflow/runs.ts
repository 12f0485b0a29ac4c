import { z } from 'zod';
import { createdExperimentSchema, experimentSchema, runSchema, runsSchema } from './answers';
import { MlflowError, type MlflowClient } from './client';
import { tagNames } from './tags';

/** Most of each that MLflow takes in one request. */
const maxMetrics = 500;
const maxParameters = 100;

/** Runs of one experiment, which is made with the first of them. */
export class MlflowRuns {
  private experimentId: string | undefined;

  constructor(
    private readonly client: MlflowClient,
    private readonly experimentName: string,
  ) {}

  /** The run of a training, made where there is none. */
  async ofTraining(version: string, atMs: number, tags: Readonly<Record<string, string>>): Promise<string> {
    const query = {
      experiment_ids: [await this.experiment()],
      filter: `tags.\`${tagNames.version}\` = '${version}'`,
      order_by: ['attributes.start_time ASC'],
      max_results: 1,
    };
    const { runs } = await this.client.post('runs/search', query, runsSchema);
    return runs[0]?.info.run_id ?? this.create(version, atMs, tags);
  }

  async create(name: string, atMs: number, tags: Readonly<Record<string, string>>): Promise<string> {
    const { run } = await this.client.post(
      'runs/create',
      {
        experiment_id: await this.experiment(),
        run_name: name,
        start_time: atMs,
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      },
      runSchema,
    );
    return run.info.run_id;
  }

  async finish(run: string, atMs: number): Promise<void> {
    await this.client.post('runs/update', { run_id: run, status: 'FINISHED', end_time: atMs }, z.unknown());
  }

  async remove(run: string): Promise<void> {
    await this.client.post('runs/delete', { run_id: run }, z.unknown());
  }

  /** Safe to repeat: MLflow keeps the same metric of the same time once. */
  async log(
    run: string,
    {
      metrics,
      parameters = {},
    }: { readonly metrics: Readonly<Record<string, number>>; readonly parameters?: Readonly<Record<string, string>> },
    atMs: number,
  ): Promise<void> {
    const values = Object.entries(metrics).map(([key, value]) => ({ key, value, timestamp: atMs, step: atMs }));
    const params = Object.entries(parameters).map(([key, value]) => ({ key, value }));
    for (let at = 0; at === 0 || at * maxMetrics < values.length || at * maxParameters < params.length; at += 1) {
      const batch = {
        run_id: run,
        metrics: values.slice(at * maxMetrics, (at + 1) * maxMetrics),
        params: params.slice(at * maxParameters, (at + 1) * maxParameters),
      };
      await this.client.post('runs/log-batch', batch, z.unknown());
    }
  }

  private async experiment(): Promise<string> {
    this.experimentId ??= (await this.findExperiment()) ?? (await this.makeExperiment());
    return this.experimentId;
  }

  private async findExperiment(): Promise<string | undefined> {
    try {
      const query = { experiment_name: this.experimentName };
      return (await this.client.get('experiments/get-by-name', query, experimentSchema)).experiment.experiment_id;
    } catch (error) {
      if (error instanceof MlflowError && error.status === 404) return undefined;
      throw error;
    }
  }

  private async makeExperiment(): Promise<string> {
    try {
      const made = await this.client.post('experiments/create', { name: this.experimentName }, createdExperimentSchema);
      return made.experiment_id;
    } catch (error) {
      const others = error instanceof MlflowError && error.errorCode === 'RESOURCE_ALREADY_EXISTS';
      const found = others ? await this.findExperiment() : undefined;
      if (found === undefined) throw error;
      return found;
    }
  }
}
