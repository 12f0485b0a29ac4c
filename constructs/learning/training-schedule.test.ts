import { AnomalyPipeline } from '../anomaly/anomaly-pipeline';
import { Endpoint } from '../core/endpoint';
import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { TempoMonolith } from '../tracing/tempo-monolith';
import { asYaml, objectOf, renderApp, testApp, violationsOf, type OwnProps } from '../testing';
import { Mlflow } from './mlflow';
import { TrainingSchedule, type TrainingScheduleProps } from './training-schedule';

type Own = Omit<OwnProps<TrainingScheduleProps>, 'anomalies' | 'models' | 'traces' | 'registry' | 'pipeline'>;
const everything: Own = {
  name: 'weekly',
  schedule: '30 2 * * 6',
  resources: { cpu: '2', memory: '4Gi' },
  env: { TRAINING_EPOCHS: '10' },
  image: 'example.org/workers:1.0.0',
};

function render(props: Partial<Own & Pick<TrainingScheduleProps, 'registry'>> = {}) {
  const app = testApp();
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const traces = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces') });
  const [anomalies, models] = [storage.bucket('anomaly-data'), storage.bucket('ml-models')];
  const training = new TrainingSchedule(app.chart('learning'), 'model-training', {
    anomalies,
    models,
    traces,
    ...props,
  });
  return { app, training, objects: renderApp(app) };
}

const podOf = (objects: ReturnType<typeof render>['objects'], name: string) => {
  const { schedule, jobTemplate } = objectOf(objects, 'CronJob', name).spec as unknown as {
    readonly schedule: string;
    readonly jobTemplate: {
      readonly spec: { readonly template: { readonly spec: { readonly containers: object[] } } };
    };
  };
  return { schedule, container: jobTemplate.spec.template.spec.containers[0] };
};

describe('A training by the cluster alone', () => {
  it('needs traces and buckets', () => {
    const { app, objects } = render();
    expect(violationsOf(app)).toEqual([]);
    expect(asYaml(objects.filter(({ metadata }) => metadata.namespace === 'learning'))).toMatchSnapshot();
  });

  it('takes every prop', () => {
    const { schedule, container } = podOf(render(everything).objects, 'weekly');
    expect(schedule).toBe('30 2 * * 6');
    expect(container).toMatchObject({
      image: 'example.org/workers:1.0.0',
      resources: { limits: { memory: '4Gi' } },
      env: expect.arrayContaining([{ name: 'TRAINING_EPOCHS', value: '10' }]) as unknown,
    });
  });

  it('reads incidents and what people said of them where it is told of a pipeline, and no other topic', () => {
    const app = testApp();
    const storage = new ObjectStore(app.chart('storage'), 'objects');
    const [anomalies, models] = [storage.bucket('anomaly-data'), storage.bucket('ml-models')];
    const stream = new RedpandaBroker(app.chart('streaming'), 'redpanda');
    const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', { stream, anomalies, models });
    const traces = new TempoMonolith(app.chart('tracing'), 'tempo', { blocks: storage.bucket('tempo-traces') });
    new TrainingSchedule(app.chart('learning'), 'model-training', { anomalies, models, traces, pipeline });
    expect(violationsOf(app)).toEqual([]);
    expect(podOf(renderApp(app), 'model-training').container).toMatchObject({
      env: expect.arrayContaining([expect.objectContaining({ name: 'KAFKA_BROKERS' })]) as unknown,
    });
    const read = Object.values(pipeline.topics).filter(({ grants }) =>
      grants.some(({ workload }) => workload.name === 'model-training'),
    );
    expect(read.map(({ name }) => name).sort()).toEqual(['feedback', 'incidents']);
  });

  it('is on Sundays, whole, and asks Tempo for what was normal', () => {
    const { objects } = render();
    const { schedule, container } = podOf(objects, 'model-training');
    expect(schedule).toBe('0 3 * * 0');
    expect(container).toMatchObject({
      args: ['train'],
      env: expect.arrayContaining([
        { name: 'TEMPO_URL', value: 'http://tempo.tracing.svc.cluster.local:3200' },
        { name: 'ANOMALY_BUCKET', value: 'anomaly-data' },
        { name: 'MODEL_BUCKET', value: 'ml-models' },
      ]) as unknown,
    });
  });

  it('registers versions where there is a registry', () => {
    const url = 'https://mlflow.example.org:443';
    const endpoint = Endpoint.external('mlflow.example.org', 443, { scheme: 'https' });
    const registry = Mlflow.fromExternal(testApp().chart('learning'), 'theirs', { endpoint, credentials: 'none' });
    const { container } = podOf(render({ registry }).objects, 'model-training');
    expect(container).toMatchObject({
      env: expect.arrayContaining([{ name: 'MLFLOW_TRACKING_URI', value: url }]) as unknown,
    });
  });
});
