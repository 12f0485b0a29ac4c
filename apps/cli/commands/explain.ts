import { Command } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';

interface ExplainArguments {
  readonly bundle?: string;
  readonly models?: string;
  readonly id?: string;
  readonly json?: boolean;
}

/** Differences of confidence, score and p that rounding leaves. */
const tolerance = 1e-6;

export function explainCommand(): Command {
  return new Command('explain')
    .description(
      'compute what was said of an incident, or of a trace by learned models, again, offline, and print how it comes about',
    )
    .argument(
      '<file>',
      'an incident as JSON, or JSON lines as `replay` prints them; with --models a verdict of topic `anomalies`',
    )
    .option('--bundle <file>', 'the bundle that the incident names, from the bucket of models')
    .option(
      '--models <folder>',
      'the learned models that the verdict names: their folder, or the bucket as a folder or s3://<name>',
    )
    .option('--id <id>', 'which incident, or the trace id of which verdict, where there are several')
    .option('--json', 'print it as one JSON line')
    .addHelpText(
      'after',
      `
What is known of each service times its weight adds up to a score; confidences are the odds of the scores beside that of "unknown".
The numbers of a service come from the incident, the model from the bundle. Leaves with 1 when what comes out differs from what was
published by more than ${tolerance}.

A verdict of learned models has the features of its trace; scores and p of each model follow from them and from the version alone.`,
    )
    .action(async (file: string, { bundle: bundleFile, models, id, json }: ExplainArguments) => {
      if (bundleFile !== undefined && models !== undefined)
        throw new UsageError('--bundle is of incidents and --models of verdicts; give one');
      if (models !== undefined) return explainVerdict(file, models, { id, json: json === true });
      if (bundleFile === undefined) throw new UsageError('give --bundle for an incident, or --models for a verdict');
      const { readBundle, readIncidents } = await import('../explain/read.js');
      const { defaultModel, reckon, ReckoningError } = await import('@plumbline/root-cause');
      const { formatReckoning } = await import('../explain/report.js');
      const incident = chosen(await readIncidents(file), file, id);
      const bundle = await readBundle(bundleFile);
      if (bundle.version !== incident.bundle) {
        throw new UsageError(
          `incident ${incident.id} was judged by bundle ${incident.bundle}; ${bundleFile} is ${bundle.version}`,
        );
      }
      const model = bundle.ranking ?? defaultModel;
      try {
        const reckoning = reckon(incident, model);
        const differs = reckoning.difference > tolerance;
        console.log(
          json === true
            ? JSON.stringify({ id: incident.id, revision: incident.revision, model, ...reckoning })
            : formatReckoning(incident, reckoning, model),
        );
        if (!differs) return;
        new Progress().alarm(`what was published differs by ${reckoning.difference}`);
        process.exitCode = 1;
      } catch (error) {
        if (error instanceof ReckoningError) throw new UsageError(error.message, { cause: error });
        throw error;
      }
    });
}

async function explainVerdict(
  file: string,
  place: string,
  { id, json }: { readonly id: string | undefined; readonly json: boolean },
): Promise<void> {
  const { openVersion, readVerdicts, reckonLearned } = await import('../explain/learned.js');
  const { formatLearned } = await import('../explain/learned-report.js');
  const verdicts = (await readVerdicts(file)).map((verdict) => ({ ...verdict, id: verdict.traceId }));
  const verdict = chosen(verdicts, file, id, 'verdict');
  const { learned } = verdict;
  if (learned === undefined) throw new UsageError(`${file}: learned models say nothing of trace ${verdict.traceId}`);
  const models = await openVersion(place, learned.version, process.env);
  try {
    const reckoning = reckonLearned(learned, models);
    const { traceId, revision } = verdict;
    console.log(
      json
        ? JSON.stringify({ traceId, revision, ...reckoning })
        : formatLearned(verdict, learned, reckoning, models.combination.alarmRate),
    );
    if (reckoning.difference <= tolerance) return;
    new Progress().alarm(`what was published differs by ${reckoning.difference}`);
    process.exitCode = 1;
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`${file}: ${error.message}`, { cause: error });
    throw error;
  } finally {
    models.autoencoder?.dispose?.();
  }
}

function chosen<T extends { readonly id: string }>(
  incidents: readonly T[],
  file: string,
  id: string | undefined,
  what = 'incident',
): T {
  const ids = incidents.map((incident) => incident.id);
  const [first] = incidents;
  if (id !== undefined) {
    // The newest revision of an id comes last.
    const wanted = incidents.findLast((incident) => incident.id === id);
    if (wanted === undefined) throw new UsageError(`${file}: no ${what} ${id}; there are ${ids.join(', ')}`);
    return wanted;
  }
  if (first === undefined) throw new UsageError(`${file}: has no ${what}`);
  if (new Set(ids).size > 1) throw new UsageError(`${file}: has ${what}s ${ids.join(', ')}; choose one by --id`);
  return incidents[incidents.length - 1] ?? first;
}
