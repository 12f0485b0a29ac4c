import { serve } from '@hono/node-server';
import { AnomalyDetection, BundleSource, detectionConfig, detectionConfigSchema } from '@plumbline/anomaly-detection';
import { consoleApp, ConsoleStage, FeedbackDesk, IncidentIndex, observeFeedback } from '@plumbline/console';
import { buckets, consumerGroups, environmentKeys, ports, type WorkerName } from '@plumbline/contracts';
import { modelSettings, openModelSource } from '@plumbline/models';
import { channelsOf, notificationConfig, NotificationStage, observeDeliveries } from '@plumbline/notification';
import { Preprocessing, preprocessingConfig, preprocessingConfigSchema } from '@plumbline/preprocessing';
import { BundleProfiles, RootCause, rootCauseConfig, rootCauseConfigSchema } from '@plumbline/root-cause';
import { learnerConfig, learnerConfigSchema, Training } from '@plumbline/training';
import { FeedbackBook } from '@plumbline/wire';
import type { WorkerDefinition } from '@plumbline/worker';
import { z } from 'zod';

const anomalyBucket = {
  [environmentKeys.anomalyBucket]: z.string().default(buckets.anomalyData).describe('Bucket of whole anomalous traces'),
};
const modelBucket = {
  [environmentKeys.modelBucket]: z.string().default(buckets.mlModels).describe('Bucket of bundles'),
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
      detectionConfigSchema.extend({ ...anomalyBucket, ...modelBucket, ...modelSettings.shape }),
      async ({ settings, registry, logger, ...context }) => {
        const config = detectionConfig(env);
        const models = context.bucket(text(settings[environmentKeys.modelBucket]));
        const bundles = new BundleSource(models, { pollMs: config.bundlePollMs, log: logger });
        const anomalies = context.bucket(text(settings[environmentKeys.anomalyBucket]));
        const learned = await openModelSource(env, models, { log: logger, metrics: registry });
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
      learnerConfigSchema.extend(modelBucket),
      ({ settings, stream, registry, logger, ...context }) => {
        const models = context.bucket(text(settings[environmentKeys.modelBucket]));
        const stage = new Training({ config: learnerConfig(env), models, stream, log: logger, registry });
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
