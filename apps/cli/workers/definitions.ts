import { serve } from '@hono/node-server';
import { AnomalyDetection, BundleSource, detectionConfig, detectionConfigSchema } from '@plumbline/anomaly-detection';
import { consoleApp, ConsoleStage, FeedbackDesk, IncidentIndex, observeFeedback } from '@plumbline/console';
import { buckets, consumerGroups, environmentKeys, ports, type WorkerName } from '@plumbline/contracts';
import { driftConfig, DriftMonitor, driftSettings, modelSettings, openModelSource } from '@plumbline/models';
import { triggerOnce, triggerTraining } from '@plumbline/models/airflow';
import { channelsOf, notificationConfig, NotificationStage, observeDeliveries } from '@plumbline/notification';
import { Preprocessing, preprocessingConfig, preprocessingConfigSchema } from '@plumbline/preprocessing';
import { BundleProfiles, RootCause, rootCauseConfig, rootCauseConfigSchema } from '@plumbline/root-cause';
import {
  airflowTrigger,
  learnerConfig,
  learnerConfigSchema,
  Training,
  type TrainingTrigger,
} from '@plumbline/training';
import { FeedbackBook } from '@plumbline/wire';
import type { Clock, ObjectStore, WorkerDefinition } from '@plumbline/worker';
import { z } from 'zod';

const anomalyBucket = {
  [environmentKeys.anomalyBucket]: z.string().default(buckets.anomalyData).describe('Bucket of whole anomalous traces'),
};
const modelBucket = {
  [environmentKeys.modelBucket]: z.string().default(buckets.mlModels).describe('Bucket of bundles'),
};

/** Two days: a training takes hours, and who approves versions has seen the one before it. */
const trainingCoolDownSeconds = 172_800;

const airflowSettings = {
  [environmentKeys.airflowUrl]: z
    .url()
    .optional()
    .describe('Airflow that is asked for a training when models drift; nobody is asked when absent'),
  [environmentKeys.airflowUsername]: z.string().default('').describe('User that may start it'),
  [environmentKeys.airflowPassword]: z.string().default('').describe('Password of the user'),
  TRAINING_COOLDOWN_SECONDS: z.coerce
    .number()
    .positive()
    .default(trainingCoolDownSeconds)
    .describe('How long after a training that was asked for no other is'),
};

const consoleSettings = z.object({
  CONSOLE_PORT: z.coerce.number().int().min(0).max(65_535).default(ports.console).describe('Port of the page'),
  [environmentKeys.grafanaUrl]: z.url().optional().describe('Base URL people reach Grafana at'),
  [environmentKeys.runbookUrl]: z.url().optional().describe('Base URL of runbooks'),
});

/** A definition whose settings are known to it alone. */
export type AnyWorker = {
  readonly schema: z.ZodObject;
  readonly definition: WorkerDefinition<Record<string, unknown>>;
};

/** Settings are checked and printed by the worker's schema, and read by its own function, which gives units and names. */
function worker(
  name: WorkerName,
  schema: z.ZodObject,
  create: WorkerDefinition<Record<string, unknown>>['create'],
): AnyWorker {
  return { schema, definition: { name, group: consumerGroups[name], settings: schema, create } };
}

/** The Airflow of the settings, which is asked by one worker at a time and not again while it cools down. */
function trainingTrigger(
  settings: Readonly<Record<string, unknown>>,
  { store, clock }: { readonly store: ObjectStore; readonly clock: Clock },
): TrainingTrigger | undefined {
  const parsed = z.object(airflowSettings).parse(settings);
  const { [environmentKeys.airflowUrl]: url, TRAINING_COOLDOWN_SECONDS: coolDownSeconds } = parsed;
  if (url === undefined) return undefined;
  const connection = {
    url,
    username: parsed[environmentKeys.airflowUsername],
    password: parsed[environmentKeys.airflowPassword],
  };
  return airflowTrigger((request) =>
    triggerOnce({ store, clock, coolDownMs: coolDownSeconds * 1000 }, request, (run) =>
      triggerTraining(connection, run),
    ),
  );
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** What each worker of the image is made of. */
export function workerDefinitions(
  environment: Readonly<Record<string, string | undefined>>,
): Record<WorkerName, AnyWorker> {
  const env = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  return {
    preprocessing: worker('preprocessing', preprocessingConfigSchema, ({ stream, registry, logger }) => ({
      stage: new Preprocessing({ config: preprocessingConfig(env), stream, log: logger, registry }),
    })),
    'anomaly-detection': worker(
      'anomaly-detection',
      detectionConfigSchema.extend({
        ...anomalyBucket,
        ...modelBucket,
        ...modelSettings.shape,
        ...driftSettings.shape,
      }),
      async ({ settings, registry, logger, ...context }) => {
        const config = detectionConfig(env);
        const models = context.bucket(text(settings[environmentKeys.modelBucket]));
        const bundles = new BundleSource(models, { pollMs: config.bundlePollMs, log: logger });
        const anomalies = context.bucket(text(settings[environmentKeys.anomalyBucket]));
        const observer = new DriftMonitor({ ...driftConfig(env), registry, log: logger });
        const learned = await openModelSource(env, models, { log: logger, metrics: registry, observer });
        const stage = new AnomalyDetection({ config, bundles, learned, anomalies, log: logger, registry });
        return { stage, model: () => stage.model(), close: () => learned.close() };
      },
    ),
    'root-cause': worker(
      'root-cause',
      rootCauseConfigSchema.extend({ ...anomalyBucket, ...modelBucket }),
      ({ settings, stream, registry, logger, clock, ...context }) => ({
        stage: new RootCause({
          config: rootCauseConfig(env),
          stream,
          profiles: new BundleProfiles(context.bucket(text(settings[environmentKeys.modelBucket])), logger),
          clock,
          anomalies: context.bucket(text(settings[environmentKeys.anomalyBucket])),
          log: logger,
          registry,
        }),
      }),
    ),
    training: worker(
      'training',
      learnerConfigSchema.extend({ ...modelBucket, ...airflowSettings }),
      ({ settings, stream, registry, logger, clock, ...context }) => {
        const models = context.bucket(text(settings[environmentKeys.modelBucket]));
        const trigger = trainingTrigger(settings, { store: models, clock });
        const stage = new Training({
          config: learnerConfig(env),
          models,
          stream,
          log: logger,
          registry,
          ...(trigger && { trigger }),
        });
        return { stage, model: () => stage.model() };
      },
    ),
    notification: worker('notification', notificationConfig, ({ stream, registry, logger }) => ({
      stage: new NotificationStage(
        stream,
        channelsOf(notificationConfig.parse(env), (message) => console.log(message)),
        observeDeliveries(registry, logger),
      ),
    })),
    console: worker('console', consoleSettings, ({ settings, stream, registry, logger }) => {
      const index = new IncidentIndex();
      const book = new FeedbackBook();
      const { onUnreadable, ...observer } = observeFeedback(registry, book);
      const { [environmentKeys.grafanaUrl]: grafanaUrl, [environmentKeys.runbookUrl]: runbookUrl } =
        consoleSettings.parse(env);
      const page = consoleApp({
        index,
        feedback: new FeedbackDesk({ book, stream, log: logger, ...observer }),
        ...(grafanaUrl === undefined ? {} : { grafanaUrl }),
        ...(runbookUrl === undefined ? {} : { runbookUrl }),
      });
      const server = serve({ fetch: page.fetch, port: Number(settings.CONSOLE_PORT) });
      return {
        stage: new ConsoleStage(stream, index, book, onUnreadable),
        close: () =>
          new Promise((resolve) => {
            server.close(() => resolve());
            if ('closeIdleConnections' in server) server.closeIdleConnections();
          }),
      };
    }),
  };
}
