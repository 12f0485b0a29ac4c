import { z } from 'zod';
import { JobError } from './job-error';
import { randomAccessKeyId, randomBase64Key, randomPassword } from './random-secret';
import { runJob, type JobDefinition, type JobOptions } from './run-job';
import { runTopicsJob } from './topics-job';
import { runWith } from './testing';

const file = z.object({ count: z.number() });

function run(reconcile: JobDefinition<{ count: number }>['reconcile'], content: unknown = { count: 1 }) {
  const job = (environment: Readonly<Record<string, string | undefined>>, options: JobOptions) =>
    runJob({ name: 'test', file, reconcile }, environment, options);
  return runWith(job, content, {});
}

describe('a job', () => {
  it('ends with 0 when all is as its file says', async () => {
    const seen: unknown[] = [];
    const { code } = await run((content) => Promise.resolve(void seen.push(content)));
    expect(code).toBe(0);
    expect(seen).toEqual([{ count: 1 }]);
  });

  it('begins again after a transient error', async () => {
    let attempts = 0;
    const { code, log } = await run(() => {
      attempts += 1;
      const error = new JobError('PLUMBLINE_JOB_SERVER', 'no answer', { transient: true });
      return attempts < 3 ? Promise.reject(error) : Promise.resolve();
    });
    expect(code).toBe(0);
    expect(log).toContain('trying again: no answer');
  });

  it('ends with 1 and says why when it cannot go on', async () => {
    const { code, log } = await run(() => Promise.reject(new JobError('PLUMBLINE_JOB_TOPICS', 'never')));
    expect(code).toBe(1);
    expect(log).toContain('never');
  });

  it.each([
    ['no JSON', '{'],
    ['another shape', { count: 'many' }],
  ])('ends with 2 when its file has %s', async (_, content) => {
    const { code, log } = await run(() => Promise.resolve(), content);
    expect(code).toBe(2);
    expect(log).toMatch(/JOB_FILE|count/);
  });

  it('ends with 2 when there is no file', async () => {
    expect(await runJob({ name: 'test', file, reconcile: () => Promise.resolve() }, {})).toBe(2);
  });
});

describe('job topics', () => {
  it('refuses different partitions for traces and traces-preprocessed', async () => {
    const topic = {
      replicationFactor: 1,
      cleanupPolicy: 'delete',
      retentionMs: 1,
      maxMessageBytes: 1,
      logAppendTime: false,
    };
    const topics = [
      { ...topic, name: 'traces', partitions: 4 },
      { ...topic, name: 'traces-preprocessed', partitions: 8 },
    ];
    const { code, log } = await runWith(runTopicsJob, { topics }, { KAFKA_BROKERS: '127.0.0.1:1' });
    expect(code).toBe(1);
    expect(log).toContain('must have equally many partitions, not 4 and 8');
  });
});

describe('random credentials', () => {
  it('have their documented form and are never the same', () => {
    const keys = Array.from({ length: 50 }, randomAccessKeyId);
    const passwords = Array.from({ length: 50 }, randomPassword);
    for (const key of keys) expect(key).toMatch(/^[A-Z0-9]{20}$/);
    for (const password of passwords) expect(password).toMatch(/^[A-Za-z0-9]{40}$/);
    const fernet = Array.from({ length: 50 }, randomBase64Key);
    for (const key of fernet) {
      expect(key).toMatch(/^[A-Za-z0-9_-]{43}=$/);
      expect(Buffer.from(key, 'base64url')).toHaveLength(32);
    }
    expect(new Set([...keys, ...passwords, ...fernet]).size).toBe(150);
  });
});
