import { Command } from 'commander';
import { UsageError } from '../errors';
import { Progress } from '../output/progress';

interface ExplainArguments {
  readonly bundle: string;
  readonly id?: string;
  readonly json?: boolean;
}

/** Differences of confidence and score that rounding leaves. */
const tolerance = 1e-6;

export function explainCommand(): Command {
  return new Command('explain')
    .description('compute the verdict of an incident again, offline, and print how each confidence comes about')
    .argument('<incident>', 'an incident as JSON, or JSON lines as `replay` prints them')
    .requiredOption('--bundle <file>', 'the bundle that the incident names, from the bucket of models')
    .option('--id <id>', 'which incident, where there are several')
    .option('--json', 'print it as one JSON line')
    .addHelpText(
      'after',
      `
What is known of each service times its weight adds up to a score; confidences are the odds of the scores beside that of "unknown".
The numbers of a service come from the incident, the model from the bundle. Leaves with 1 when what comes out differs from what was
published by more than ${tolerance}.`,
    )
    .action(async (file: string, { bundle: bundleFile, id, json }: ExplainArguments) => {
      const { readBundle, readIncidents } = await import('../explain/read.js');
      const { defaultModel, modelOf, reckon, ReckoningError } = await import('@plumbline/root-cause');
      const { formatReckoning } = await import('../explain/report.js');
      const incident = chosen(await readIncidents(file), file, id);
      const bundle = await readBundle(bundleFile);
      if (bundle.version !== incident.bundle) {
        throw new UsageError(
          `incident ${incident.id} was judged by bundle ${incident.bundle}; ${bundleFile} is ${bundle.version}`,
        );
      }
      const model = modelOf(bundle.ranking ?? defaultModel, incident.tenant);
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

function chosen<T extends { readonly id: string }>(incidents: readonly T[], file: string, id: string | undefined): T {
  const ids = incidents.map((incident) => incident.id);
  const [first] = incidents;
  if (id !== undefined) {
    // The newest revision of an id comes last.
    const wanted = incidents.findLast((incident) => incident.id === id);
    if (wanted === undefined) throw new UsageError(`${file}: no incident ${id}; there are ${ids.join(', ')}`);
    return wanted;
  }
  if (first === undefined) throw new UsageError(`${file}: has no incident`);
  if (new Set(ids).size > 1) throw new UsageError(`${file}: has incidents ${ids.join(', ')}; choose one by --id`);
  return incidents[incidents.length - 1] ?? first;
}
