import { Duration, Size } from 'cdk8s';
import type { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { consumerGroups, environmentKeys } from '../contracts';
import { images } from '../images';
import type { IBucket } from '../core/bucket';
import { defined } from '../core/defined';
import { workerUser } from '../core/platform-job';
import type { Resources } from '../core/resources';
import type { ITraceStore } from '../core/stores';
import { webUrl } from '../core/tls-settings';
import { trust, use } from '../core/use';
import type { Workload, WorkloadProps } from '../core/workload';
import { useRegistry, type IModelRegistry } from './model-registry';

/** What a training reads and writes. */
export interface TrainerWires {
  /** Where anomalous traces are, which are read. */
  readonly anomalies: IBucket;
  /** Where profiles and models are: what is made goes there. */
  readonly models: IBucket;
  /** Where normal traces are asked for. */
  readonly traces: ITraceStore;
  /** Where versions are registered. @default - the bucket of models alone */
  readonly registry?: IModelRegistry;
  /**
   * Whose incidents, and what people said of them, are read: nothing normal is learnt from an incident.
   *
   * @default - traces of incidents count as normal where the pipeline did not call them anomalous
   */
  readonly pipeline?: Pick<AnomalyPipeline, 'topics'>;
}

/** Size and settings of a training. */
export interface TrainerProps {
  /** What each step takes. @default 500m, 1 GiB, at most 2 GiB */
  readonly resources?: Resources;
  /** Settings by the trainer's own names. @default - its defaults */
  readonly env?: Readonly<Record<string, string>>;
  /** Image of the trainer. @default - the worker image of this version of the library */
  readonly image?: string;
}

/** Name of the trainer's container. */
export const trainerContainer = 'training';

/** A pod that trains: the whole of it, unless whoever makes it says which step. */
export function trainerPod({
  resources,
  env,
  image,
}: TrainerProps): Pick<WorkloadProps, 'runAs' | 'role' | 'container' | 'gracePeriod'> {
  return {
    role: 'training',
    runAs: workerUser,
    gracePeriod: Duration.seconds(60),
    container: {
      name: trainerContainer,
      image: images.workers,
      ...defined({ imageOverride: image, env }),
      args: ['train'],
      resources: resources ?? { cpu: '500m', memory: '1Gi', memoryLimit: '2Gi' },
    },
  };
}

/** Lets a trainer read traces, keep models and register versions, and nothing else. */
export function connectTrainer(trainer: Workload, wires: TrainerWires): void {
  const { anomalies, models, traces, registry, pipeline } = wires;
  const read = anomalies.grantRead(trainer);
  use(trainer, read);
  trainer.setEnv(environmentKeys.anomalyBucket, read.bucket);
  // What an earlier step left is read by the next; the newest version is what a new one is compared with.
  for (const access of [models.grantRead(trainer), models.grantWrite(trainer)]) {
    use(trainer, access);
    trainer.setEnv(environmentKeys.modelBucket, access.bucket);
  }
  const query = trainer.connectTo(traces.query);
  trust(trainer, query);
  trainer.setEnv(environmentKeys.tempoUrl, webUrl(query));
  if (pipeline !== undefined) {
    for (const topic of [pipeline.topics.incidents, pipeline.topics.feedback]) {
      use(trainer, topic.grantConsume(trainer, consumerGroups.training));
    }
  }
  if (registry !== undefined) useRegistry(trainer, registry.grantUse(trainer));
  // Rows that do not fit into memory, and files before they are uploaded.
  trainer.mount(trainer.addScratch('tmp', Size.gibibytes(2)), '/tmp');
}
