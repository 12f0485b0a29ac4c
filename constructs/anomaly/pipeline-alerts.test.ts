import { ObjectStore } from '../storage/object-store';
import { RedpandaBroker } from '../streaming/redpanda-broker';
import { testApp } from '../testing';
import { AnomalyPipeline } from './anomaly-pipeline';

function alertsOf(namePrefix?: string) {
  const app = testApp();
  const storage = new ObjectStore(app.chart('storage'), 'objects');
  const pipeline = new AnomalyPipeline(app.chart('anomaly'), 'pipeline', {
    stream: new RedpandaBroker(app.chart('streaming'), 'redpanda'),
    anomalies: storage.bucket('anomaly-data'),
    models: storage.bucket('ml-models'),
    ...(namePrefix !== undefined && { namePrefix }),
  });
  return { pipeline, jobs: pipeline.scrapeTargets.map(({ job }) => job) };
}

describe('The alerts of a pipeline', () => {
  it.each([undefined, 'second-'])('are of its own workers only, with the prefix %s', (prefix) => {
    const { pipeline, jobs } = alertsOf(prefix);
    const named = pipeline.alerts.flatMap(({ expr }) =>
      Array.from(expr.matchAll(/job=~?"([^"]+)"/g), ([, value = '']) => value.split('|')).flat(),
    );
    expect([...new Set(named)].sort()).toEqual([...jobs].sort());
  });

  it('tell of every worker that nobody answers for', () => {
    const { pipeline, jobs } = alertsOf();
    const down = pipeline.alerts.filter(({ name }) => name === 'WorkerDown');
    expect(down.map(({ labels }) => labels?.job).sort()).toEqual([...jobs].sort());
  });
});
