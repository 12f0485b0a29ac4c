import { registeredVersionSchema, type RegisteredVersion } from '../version';
import type { MlflowModelVersion } from './answers';

/** Tags of model versions and runs. What others may want to filter by is a tag of its own; what is read back is `entry`. */
export const tagNames = {
  version: 'plumbline.version',
  manifestSha256: 'plumbline.manifest_sha256',
  /** The registered version as JSON. */
  entry: 'plumbline.entry',
  /** `registered`, `approved`, `rolled back` or `disapproved`. */
  state: 'plumbline.state',
  /** `true` once a decision approved it; people who set it to anything else disapprove, and it is not served. */
  approved: 'approved',
  /** Of the registered model: the run whose parameters are the decisions. */
  decisionsRun: 'plumbline.decisions_run',
} as const;

export function tagsOf(entry: RegisteredVersion): Readonly<Record<string, string>> {
  const { version, manifestSha256, manifest } = entry;
  const { lineage } = manifest;
  return {
    [tagNames.version]: version,
    [tagNames.manifestSha256]: manifestSha256,
    feature_schema: manifest.featureSchema,
    profile: manifest.profile,
    role: manifest.role,
    ...(lineage.parent !== undefined && { parent: lineage.parent }),
    data_from: new Date(lineage.fromMs).toISOString(),
    data_through: new Date(lineage.throughMs).toISOString(),
    code_version: lineage.code,
  };
}

/** Numbers of a training, for MLflow's charts. */
export function metricsOf({ manifest, metrics }: RegisteredVersion): Readonly<Record<string, number>> {
  const { evaluation, backtest, lineage } = manifest;
  const scorers = Object.entries(evaluation.scorers).flatMap(([scorer, figures]) =>
    Object.entries(figures).map(([figure, value]) => [`evaluation.${scorer}.${figure}`, value] as const),
  );
  return {
    ...Object.fromEntries(scorers),
    'evaluation.gain_lower_bound': evaluation.gainLowerBound,
    ...(backtest && {
      'backtest.incidents': backtest.incidents,
      'backtest.incidents_of_profile': backtest.incidentsOfProfile,
    }),
    'lineage.normal_traces': lineage.normalTraces,
    'lineage.anomalous_traces': lineage.anomalousTraces,
    'lineage.feedback_labels': lineage.feedbackLabels,
    ...metrics,
  };
}

/** Parameters of a training by names that MLflow takes. */
export function parametersOf({ manifest }: RegisteredVersion): Readonly<Record<string, string>> {
  const { parameters, evaluation } = manifest;
  const named = Object.entries(parameters).map(([name, value]): [string, string] => [
    name.replace(/[^A-Za-z0-9_. :/-]/g, '_').slice(0, 200) || '_',
    String(value).slice(0, 6_000),
  ]);
  return { ...Object.fromEntries(named), alarm_rate: String(evaluation.alarmRate) };
}

/** What a model version of MLflow says of itself, or why it cannot be read. */
export function entryOf({ tags, source }: MlflowModelVersion): RegisteredVersion | string {
  const text = tags.get(tagNames.entry);
  if (text === undefined) return `it has no tag ${tagNames.entry}`;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return `its tag ${tagNames.entry} is no JSON`;
  }
  const parsed = registeredVersionSchema.safeParse(json);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return `its tag ${tagNames.entry} cannot be read: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`;
  }
  const { version, manifestSha256 } = parsed.data;
  if (version !== tags.get(tagNames.version) || manifestSha256 !== tags.get(tagNames.manifestSha256)) {
    return `its tags ${tagNames.version} and ${tagNames.manifestSha256} are not those of ${tagNames.entry}`;
  }
  if (source !== parsed.data.source)
    return `its source is ${JSON.stringify(source)}, and its tag says ${parsed.data.source}`;
  return parsed.data;
}
