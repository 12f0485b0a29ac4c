import { MemoryObjectStore, type WorkerContext } from '@plumbline/worker';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { workerDefinitions } from './definitions';

describe('the detection worker', () => {
  const { schema, definition } = workerDefinitions({ MODEL_POLL_SECONDS: '0.5' })['anomaly-detection'];
  const registry = new Registry();
  const parts = () =>
    definition.create({
      settings: schema.parse({}),
      registry,
      logger: pino({ level: 'silent' }),
      bucket: (name: string) => new MemoryObjectStore(name),
    } as unknown as WorkerContext<Record<string, unknown>>);

  it('serves learned models of the registry in its bucket, and tells which in /model', async () => {
    const { stage, model, close } = await parts();
    await stage.reset([{ topic: 'traces-preprocessed', partition: 0 }]);
    await stage.tick(Date.now());
    expect(model?.()).toMatchObject({ bundles: [], learned: { versions: [], refused: {} } });
    const learned = (model?.() as { learned: { answeredMs?: number; error?: string } }).learned;
    expect(learned.answeredMs).toBeGreaterThan(0);
    expect(learned.error).toBeUndefined();
    expect(await registry.metrics()).toContain('plumbline_learned_versions 0');
    await close?.();
  });

  it('looks for versions more often than they are approved ahead', () => {
    const { LEARN_ACTIVATION_SECONDS } = workerDefinitions({}).training.schema.parse({});
    expect(Number(schema.parse({}).MODEL_POLL_SECONDS)).toBeLessThan(Number(LEARN_ACTIVATION_SECONDS) / 2);
  });

  it('refuses an address of MLflow that is none', () => {
    expect(schema.safeParse({ MLFLOW_TRACKING_URI: 'file:///tmp' }).success).toBe(false);
  });
});
