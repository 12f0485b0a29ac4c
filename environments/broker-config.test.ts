import { parse } from 'yaml';
import type { TopicsJob } from '../constructs/contracts';
import { fileOf, renderApp } from '../constructs/testing';
import {
  clusterPropertyObjections,
  heededAfterRestart,
  redpandaObjections,
} from '../constructs/streaming/redpanda-schema.testing';
import { platform } from '../main';
import { encrypted } from './encrypted.testing';
import { environments } from './index';

const all = [...environments, encrypted];

describe('What the broker is told', () => {
  it.each(all)('is what Redpanda has names for, in $name', (environment) => {
    const objects = renderApp(platform(environment));
    const job = JSON.parse(fileOf(objects, 'redpanda-topics-job', 'job.json')) as TopicsJob;
    const properties = job.redpanda?.properties ?? {};
    expect(redpandaObjections(parse(fileOf(objects, 'redpanda-config', 'redpanda.yaml')))).toEqual([]);
    expect(clusterPropertyObjections(parse(fileOf(objects, 'redpanda-config', '.bootstrap.yaml')))).toEqual([]);
    expect(Object.keys(properties)).not.toEqual([]);
    expect(clusterPropertyObjections(properties)).toEqual([]);
    expect(heededAfterRestart(properties)).toEqual([]);
  });
});
