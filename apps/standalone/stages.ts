import { AnomalyDetection, BundleSource, detectionConfig } from '@plumbline/anomaly-detection';
import { ConsoleStage, IncidentIndex, type PipelineStatus } from '@plumbline/console';
import {
  driftConfig,
  DriftMonitor,
  ModelRegistry,
  ModelSource,
  modelSourceConfig,
  StoreBackend,
} from '@plumbline/models';
import { channelsOf, notificationConfig, NotificationStage, observeDeliveries } from '@plumbline/notification';
import { Preprocessing, preprocessingConfig } from '@plumbline/preprocessing';
import { BundleProfiles, RootCause, rootCauseConfig } from '@plumbline/root-cause';
import { learnerConfig, Training } from '@plumbline/training';
import { FeedbackBook } from '@plumbline/wire';
import type { Clock, EventStream, Stage } from '@plumbline/worker';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { Settings } from './preset';
import { Pulse } from './pulse';
import type { Stores } from './stores';

export interface StagesOptions {
  readonly stream: EventStream;
  readonly stores: Stores;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Incidents by id for the page. @default - a new one */
  readonly index?: IncidentIndex;
  /** What people say of incidents, for the page. @default - a new one */
  readonly feedback?: FeedbackBook;
  /** Takes messages when no channel is configured. @default - they are only kept */
  readonly onMessage?: (text: string) => void;
  /** Is told from which event time a new bundle judges, milliseconds since the epoch. */
  readonly onBundle?: (effectiveFromMs: number) => void;
}

/** What the pipeline knows of itself. */
export interface PipelineHealth extends PipelineStatus {
  /** Traces judged by a bundle. */
  readonly judged: number;
}

/** All stages of the pipeline in the order of the data, as the workers run them one by one. */
export function createStages(options: StagesOptions): {
  stages: Stage[];
  health: () => PipelineHealth;
  /** Once the stages have ended. */
  close: () => Promise<void>;
} {
  const {
    stream,
    stores,
    settings,
    clock,
    log,
    index = new IncidentIndex(),
    feedback = new FeedbackBook(),
    onMessage,
  } = options;
  const detection = detectionConfig(settings);
  const bundles = new BundleSource(stores.models, { pollMs: detection.bundlePollMs, log });
  const registry = new ModelRegistry(new StoreBackend(stores.models), stores.models.bucket);
  const observer = new DriftMonitor({ ...driftConfig(settings), log });
  const learned = new ModelSource({ registry, models: stores.models, ...modelSourceConfig(settings), log, observer });
  const { anomalies } = stores;
  const anomalyDetection = new AnomalyDetection({ config: detection, bundles, learned, anomalies, log });
  const pulse = new Pulse();
  const stages: Stage[] = [
    new Preprocessing({ config: preprocessingConfig(settings), stream, log }),
    anomalyDetection,
    new RootCause({
      config: rootCauseConfig(settings),
      stream,
      profiles: new BundleProfiles(stores.models, log),
      clock,
      anomalies: stores.anomalies,
      log,
    }),
    new Training({
      config: learnerConfig(settings),
      models: stores.models,
      stream,
      onPublished: (entry, bundle) => {
        bundles.announce(entry, bundle);
        options.onBundle?.(bundle.effectiveFromMs);
      },
      log,
    }),
    new NotificationStage(
      stream,
      channelsOf(notificationConfig.parse(settings), onMessage ?? (() => undefined)),
      observeDeliveries(new Registry(), log),
    ),
    new ConsoleStage(stream, index, feedback),
    pulse,
  ];
  const health = (): PipelineHealth => {
    const learnt = anomalyDetection.model().bundles.findLast(({ effectiveFromMs }) => effectiveFromMs <= clock.now());
    return {
      traces: pulse.traces,
      judged: pulse.judged,
      operationsSeen: pulse.operationsSeen,
      operationsLearnt: learnt === undefined ? 0 : learnt.operations - learnt.abstaining,
      ...(pulse.lastTraceMs === undefined ? {} : { lastTraceMs: pulse.lastTraceMs }),
    };
  };
  return { stages, health, close: () => learned.close() };
}
