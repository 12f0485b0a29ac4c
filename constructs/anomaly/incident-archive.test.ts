import { ObjectStore, RedpandaBroker, SecretSource } from '../index';
import { fileOf, objectOf, renderApp, testApp, violationsOf } from '../testing';
import { AnomalyPipeline } from './anomaly-pipeline';

interface CronJobSpec {
  readonly schedule: string;
  readonly jobTemplate: {
    readonly spec: {
      readonly template: { readonly spec: { readonly containers: readonly { readonly args: string[] }[] } };
    };
  };
}

function render(kept: boolean) {
  const app = testApp();
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const stream = new RedpandaBroker(app.chart('streaming'), 'redpanda', { users: SecretSource.generated() });
  const archive = storage.bucket('incident-archive');
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream,
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models', { versioning: true }),
    ...(kept && { archive }),
  });
  return { app, pipeline, archive, objects: renderApp(app) };
}

describe('Incidents that are to be kept for long', () => {
  const { app, archive, pipeline, objects } = render(true);

  it('are copied every hour, from where they are to a bucket of their own', () => {
    expect(violationsOf(app)).toEqual([]);
    const { schedule, jobTemplate } = objectOf(objects, 'CronJob', 'incident-archive').spec as unknown as CronJobSpec;
    expect(schedule).toBe('37 * * * *');
    expect(jobTemplate.spec.template.spec.containers.map(({ args }) => args)).toEqual([['job', 'archive']]);
    expect(JSON.parse(fileOf(objects, 'incident-archive-job', 'job.json'))).toEqual({
      topic: 'incidents',
      group: 'archive-group',
      bucket: 'incident-archive',
      newerThanSeconds: 604_800,
    });
  });

  it('are copied by who may delete nothing, and change no incident', () => {
    const [grant] = archive.grants;
    expect([grant?.workload.name, grant?.actions]).toEqual(['incident-archive', ['read', 'list', 'write']]);
    const of = ({ workload }: { readonly workload: { readonly name: string } }) => workload.name === 'incident-archive';
    expect(pipeline.topics.incidents.grants.filter(of).map(({ operation }) => operation)).toEqual(['consume']);
  });

  it('have no Job where nobody asks for it', () => {
    expect(render(false).objects.filter(({ metadata }) => metadata.name === 'incident-archive')).toEqual([]);
  });
});
