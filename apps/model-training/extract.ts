import type { Incident } from '@plumbline/wire';
import type { Log, ObjectStore } from '@plumbline/worker';
import { z } from 'zod';
import type { RunFolder } from './dataset/run-folder';
import { SpanParts, type NamedRequest } from './dataset/span-parts';
import { requestOf } from './dataset/stored-request';
import { anomalousKeys, anomalousTraces, traceIdOf } from './sources/anomalous-traces';
import { excludedTimes, excludedTimeSchema, Exclusions } from './selection/exclusions';
import { datasets, selectTraces } from './selection/select';

/** File of a run that says what was brought together, and what was left out. */
export const extractFile = 'extract.json';

const selectedSchema = z.object({ traces: z.number(), spans: z.number(), excluded: z.number() });

export const extractSchema = z.object({
  schema: z.literal(1),
  fromMs: z.number(),
  throughMs: z.number(),
  seed: z.string(),
  excluded: z.array(excludedTimeSchema),
  collected: z.object({ normal: z.number(), anomalous: z.number() }),
  /** Anomalous traces that belong to incidents which people confirmed, or said were none: those count as normal. */
  feedback: z.object({ confirmed: z.number(), refuted: z.number() }),
  selected: z.object({ normal: selectedSchema, anomalous: selectedSchema }),
});
export type Extract = z.infer<typeof extractSchema>;

/** What people said of incidents, by incident id. */
export interface IncidentAnswers {
  readonly confirmed: ReadonlySet<string>;
  readonly refuted: ReadonlySet<string>;
}

export interface ExtractOptions {
  readonly run: RunFolder;
  /** Whole traces of when all was well, as far as is known; some may have been anomalous. */
  readonly normal: (isKnown: (traceId: string) => boolean) => AsyncIterable<NamedRequest>;
  /** Bucket of whole anomalous traces; without it there is nothing anomalous to learn from. */
  readonly anomalies?: ObjectStore;
  readonly incidents: readonly Incident[];
  readonly answers: IncidentAnswers;
  readonly fromMs: number;
  readonly throughMs: number;
  /** Most traces of each label. */
  readonly budgets: { readonly normal: number; readonly anomalous: number };
  readonly seed: string;
  readonly log: Log;
  readonly signal?: AbortSignal;
}

/** An incident that is open longer is how things are now: the learner's own default. */
const incidentMaxMs = 21_600_000;

/**
 * Brings the traces of a time together, as Parquet in the run's folder: normal ones, and those that the pipeline called anomalous; and
 * chooses among them. Nothing normal is taken from a time in which an incident named one of a trace's services.
 */
export async function extract(options: ExtractOptions): Promise<Extract> {
  const { run, incidents, answers, budgets, seed, fromMs, throughMs, signal } = options;
  const normal = new SpanParts(run, datasets.collected, 'normal');
  const anomalous = new SpanParts(run, datasets.collected, 'anomalous');
  const of = (ids: ReadonlySet<string>) =>
    new Exclusions(
      excludedTimes(
        incidents.filter(({ id }) => ids.has(id)),
        new Set(),
        incidentMaxMs,
      ),
    );
  const [confirmed, refuted] = [of(answers.confirmed), of(answers.refuted)];
  const feedback = { confirmed: 0, refuted: 0 };
  const known = new Set<string>();
  if (options.anomalies !== undefined) {
    const source = { ...options, anomalies: options.anomalies, budget: budgets.anomalous };
    const keys = await anomalousKeys(source);
    for (const key of keys) known.add(traceIdOf(key) ?? '');
    for await (const spans of anomalousTraces(keys, source)) {
      const traceId = spans[0]?.traceId ?? '';
      known.add(traceId);
      const request = { bytes: requestOf(spans), path: traceId };
      if (refuted.covers(spans)) {
        feedback.refuted += 1;
        await normal.add(request);
        continue;
      }
      if (confirmed.covers(spans)) feedback.confirmed += 1;
      await anomalous.add(request);
    }
  }
  for await (const request of options.normal((traceId) => known.has(traceId))) {
    signal?.throwIfAborted();
    await normal.add(request);
  }
  await normal.flush();
  await anomalous.flush();
  const excluded = excludedTimes(incidents, answers.refuted, incidentMaxMs);
  const collected = { normal: normal.traces, anomalous: anomalous.traces };
  const selected = await selectTraces(run, { excluded, budgets, seed });
  const report: Extract = { schema: 1, fromMs, throughMs, seed, excluded, collected, feedback, selected };
  await run.putJson(extractFile, report);
  return report;
}
