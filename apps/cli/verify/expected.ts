import { parse } from 'yaml';
import { z } from 'zod';
import { VerifyError } from './check';
import type { RenderedEnvironment, RenderedWorkload } from './rendered';

const topicsSchema = z.object({
  topics: z.array(
    z.object({
      name: z.string(),
      partitions: z.number(),
      replicationFactor: z.number(),
      cleanupPolicy: z.string(),
      retentionMs: z.number(),
      maxMessageBytes: z.number(),
      logAppendTime: z.boolean(),
    }),
  ),
});
const bucketsSchema = z.object({ buckets: z.array(z.object({ name: z.string(), versioning: z.boolean() })) });
const dataSourcesSchema = z.object({
  datasources: z.array(z.object({ name: z.string(), uid: z.string(), type: z.string(), url: z.string() })),
});
const prometheusSchema = z.object({ scrape_configs: z.array(z.object({ job_name: z.string() })) });

/** A topic as the rendered job makes it. */
export type ExpectedTopic = z.infer<typeof topicsSchema>['topics'][number];
/** A data source as Grafana is provisioned with it. */
export type ExpectedDataSource = z.infer<typeof dataSourcesSchema>['datasources'][number];

/** A job of ours: what it makes, and the workload that it is. */
export interface ExpectedJob<T> {
  readonly workload: RenderedWorkload;
  readonly items: readonly T[];
}

/** Topics of the rendered job that makes them. @throws {VerifyError} where none is rendered */
export function expectedTopics(rendered: RenderedEnvironment): ExpectedJob<ExpectedTopic> {
  const workload = jobOf(rendered, 'topics');
  return { workload, items: read(rendered, workload, topicsSchema).topics };
}

/** Buckets of the rendered job that makes them. @throws {VerifyError} where none is rendered */
export function expectedBuckets(
  rendered: RenderedEnvironment,
): ExpectedJob<{ readonly name: string; readonly versioning: boolean }> {
  const workload = jobOf(rendered, 'storage');
  return { workload, items: read(rendered, workload, bucketsSchema).buckets };
}

/** Grafana, and the data sources it is given. @throws {VerifyError} where none is rendered */
export function expectedDataSources(rendered: RenderedEnvironment): ExpectedJob<ExpectedDataSource> {
  const found = rendered.fileNamed('datasources.yaml');
  if (found === undefined) throw notRendered(rendered, 'Grafana with data sources');
  return { workload: found.workload, items: parsed(dataSourcesSchema, found.text, 'datasources.yaml').datasources };
}

/** Names of the scrape jobs of the rendered Prometheus. @throws {VerifyError} where none is rendered */
export function expectedScrapeJobs(rendered: RenderedEnvironment): ExpectedJob<string> {
  const found = rendered.fileNamed('prometheus.yml');
  if (found === undefined) throw notRendered(rendered, 'Prometheus');
  const { scrape_configs: jobs } = parsed(prometheusSchema, found.text, 'prometheus.yml');
  return { workload: found.workload, items: jobs.map(({ job_name: name }) => name) };
}

function jobOf(rendered: RenderedEnvironment, name: string): RenderedWorkload {
  const workload = rendered.withArgs('job', name);
  if (workload === undefined) throw notRendered(rendered, `job that runs "job ${name}"`);
  return workload;
}

function read<T>(rendered: RenderedEnvironment, workload: RenderedWorkload, schema: z.ZodType<T>): T {
  const text = rendered.fileOf(workload, 'job.json');
  if (text === undefined) throw notRendered(rendered, `job.json of ${workload.metadata.name}`);
  return parsed(schema, text, `job.json of ${workload.metadata.name}`);
}

function parsed<T>(schema: z.ZodType<T>, text: string, what: string): T {
  const { success, data, error } = schema.safeParse(parse(text));
  if (success) return data;
  throw new VerifyError(
    `${what} is not understood: ${z.prettifyError(error)}`,
    'render the manifests with this version: npm run synth',
  );
}

function notRendered(rendered: RenderedEnvironment, what: string): VerifyError {
  return new VerifyError(
    `${rendered.directory} has no ${what}`,
    'give the folder that was applied by --environment, or leave this check out by --skip',
  );
}
