import { ProfileScorer } from '@plumbline/anomaly-detection';
import {
  Combination,
  decodeFeatureSchema,
  decodePathCounts,
  PathModel,
  rowModelsOf,
  scorerNames,
  type FeatureSchema,
  type ScorerName,
} from '@plumbline/models';
import { assemble } from '@plumbline/standalone';
import { decodeBundle } from '@plumbline/wire';
import { MemoryObjectStore, silentLog } from '@plumbline/worker';
import { RunFolder } from './dataset/run-folder';
import { extract } from './extract';
import { readFeatureTable, type Part } from './features/feature-table';
import { recordedRequests } from './sources/recorded';
import { ScoredTable } from './steps/evaluate-step';
import { computeFeatures, featureFiles, featuresOf } from './steps/features-step';
import { readTrained, trainModels } from './steps/train-step';

/** What each scorer says of a trace: −ln of how often normal traces are as unusual to it; higher is more unusual. */
export interface TrialScore {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  readonly scores: Readonly<Record<ScorerName | 'combined', number>>;
}

/** Share of normal traces that scorers are compared at. */
const alarmRate = 0.01;

/** A training with a recording of when all was well, to see what models are worth on others. */
export class ModelTrial {
  private constructor(
    private readonly run: RunFolder,
    private readonly profile: ProfileScorer,
    private readonly schema: FeatureSchema,
    private readonly paths: PathModel,
  ) {}

  /**
   * Brings the traces together and computes their features, which no seed changes.
   *
   * @throws {TrainingError} when there are too few traces
   * @throws {RecordingError} naming the file that cannot be read
   */
  static async prepare(normal: readonly string[]): Promise<ModelTrial> {
    const run = new RunFolder(new MemoryObjectStore('models'), 'trial');
    await extract({
      run,
      normal: (isKnown) => recordedRequests(normal, isKnown),
      incidents: [],
      answers: { confirmed: new Set(), refuted: new Set() },
      fromMs: 0,
      throughMs: 0,
      budgets: { normal: 200_000, anomalous: 0 },
      seed: 'trial',
      log: silentLog,
    });
    await computeFeatures({ run, log: silentLog });
    const bundle = decodeBundle(await run.get(featureFiles.profile, 'features'));
    const schema = decodeFeatureSchema(await run.get(featureFiles.schema, 'features'));
    const paths = new PathModel(decodePathCounts(await run.get(featureFiles.paths, 'features')));
    return new ModelTrial(run, new ProfileScorer(bundle), schema, paths);
  }

  /** Trains with a seed, and scores recordings. */
  async score(recordings: readonly (readonly string[])[], seed: number): Promise<TrialScore[][]> {
    const { run, schema, paths, profile } = this;
    await trainModels({ run, seed, log: silentLog });
    const { forest, autoencoder } = await readTrained(run);
    const models = rowModelsOf({ paths, forest, autoencoder });
    const heldBack = async (part: Part) =>
      new ScoredTable(readFeatureTable(await run.get(featureFiles.table(part), 'features')), models);
    const [first, second] = [await heldBack('calibrate'), await heldBack('combine')];
    const by = (names?: readonly ScorerName[]) =>
      Combination.fit(alarmRate, first.heldBack(names), second.heldBack(names));
    const combined = by();
    const alone = new Map(scorerNames.map((name) => [name, by([name])]));
    const results: TrialScore[][] = [];
    for (const recorded of recordings) {
      const [batches = []] = await assemble([recorded]);
      const scores: TrialScore[] = [];
      for (const batch of batches) {
        const table = new ScoredTable(featuresOf(batch, profile, schema, paths), models);
        const all = table.judge(combined);
        const each = new Map([...alone].map(([name, combination]) => [name, table.judge(combination)]));
        for (const [row, traceId] of table.table.traceIds.entries()) {
          const of = (name: ScorerName) => each.get(name)?.[row] ?? 0;
          scores.push({
            traceId,
            scores: {
              profile: of('profile'),
              autoencoder: of('autoencoder'),
              'isolation-forest': of('isolation-forest'),
              paths: of('paths'),
              combined: all[row] ?? 0,
            },
          });
        }
      }
      results.push(scores);
    }
    autoencoder.dispose();
    return results;
  }
}
