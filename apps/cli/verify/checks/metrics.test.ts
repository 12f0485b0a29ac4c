import { expectedScrapeJobs } from '../expected';
import { contextOf, serve, thesis, type Answer, type TestServer } from '../testing';
import { metrics } from './metrics';

const jobs = expectedScrapeJobs(thesis()).items;
const target = (scrapePool: string, health = 'up', lastError = '') => ({
  scrapePool,
  scrapeUrl: `http://${scrapePool}/metrics`,
  health,
  lastError,
});

describe('the check of metrics', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  async function run(answer: Answer) {
    server = await serve(() => answer);
    return metrics.run(contextOf({ given: { prometheus: server.url } }));
  }
  const targets = (activeTargets: readonly object[]) => ({ status: 'success', data: { activeTargets } });

  it('passes when every scrape job has targets and all are up', async () => {
    const outcome = await run(targets([...jobs.map((job) => target(job)), target('tempo')]));
    expect(outcome).toEqual({ result: 'passed', seen: `${jobs.length + 1} targets of ${jobs.length} scrape jobs up` });
  });

  it.each([
    {
      of: 'a target that is down',
      answer: targets(jobs.map((job) => (job === 'tempo' ? target(job, 'down', 'connection refused') : target(job)))),
      says: 'tempo at http://tempo/metrics: connection refused',
    },
    {
      of: 'a target that was not read yet',
      answer: targets(jobs.map((job) => (job === 'tempo' ? target(job, 'unknown') : target(job)))),
      says: 'tempo at http://tempo/metrics: not read yet',
    },
    {
      of: 'a job without a target',
      answer: targets(jobs.filter((job) => job !== 'tempo').map((job) => target(job))),
      says: 'tempo has no target',
    },
    {
      of: 'something that is no Prometheus',
      answer: { hello: 'there' },
      says: 'it answers 200 when asked for its targets',
    },
  ])('fails for $of, and names it', async ({ answer, says }) => {
    const outcome = await run(answer);
    expect(outcome).toMatchObject({ result: 'failed', details: [expect.stringContaining(says)] });
  });
});
