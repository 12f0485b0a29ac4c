import { z } from 'zod';
import { count, failed, passed, type Check } from '../check';
import { expectedScrapeJobs } from '../expected';
import { ask, excerpt } from '../http';
import { patiently } from '../patience';

const targetsSchema = z.object({
  data: z.object({
    activeTargets: z.array(
      z.object({
        scrapePool: z.string(),
        scrapeUrl: z.string(),
        health: z.enum(['up', 'down', 'unknown']),
        lastError: z.string().default(''),
      }),
    ),
  }),
});

/** A target as Prometheus reads it. */
export type ScrapeTarget = z.infer<typeof targetsSchema>['data']['activeTargets'][number];

/** Targets that Prometheus has, or why it does not tell them. @throws {VerifyError} without an answer */
export async function readTargets(url: string): Promise<readonly ScrapeTarget[] | string> {
  const { status, json, text } = await ask('Prometheus', `${url}/api/v1/targets?state=active`);
  const { success, data } = targetsSchema.safeParse(json);
  if (status === 200 && success) return data.data.activeTargets;
  return `it answers ${status} when asked for its targets: ${excerpt(text)}`;
}

export const metrics: Check = {
  name: 'metrics',
  claim: 'Prometheus reads the metrics of every component',
  why: 'what is not read has no dashboard and no alert; restarts and lag go unseen',
  async run({ rendered, servers, patienceMs, signal }) {
    const { items } = expectedScrapeJobs(rendered);
    const url = await servers.url('prometheus');
    let details: readonly string[] = [];
    const targets = await patiently(patienceMs, signal, async () => {
      const activeTargets = await readTargets(url);
      if (typeof activeTargets === 'string') {
        details = [activeTargets];
        return undefined;
      }
      const missing = items.filter((job) => !activeTargets.some(({ scrapePool }) => scrapePool === job));
      details = [
        ...missing.map((job) => `${job} has no target`),
        ...activeTargets
          .filter(({ health }) => health !== 'up')
          .map(({ scrapePool, scrapeUrl, health, lastError }) => {
            const why = health === 'unknown' ? 'not read yet' : lastError;
            return `${scrapePool} at ${scrapeUrl}: ${why}`;
          }),
      ];
      return details.length === 0 ? activeTargets.length : undefined;
    });
    if (targets !== undefined) return passed(`${count(targets, 'target')} of ${count(items.length, 'scrape job')} up`);
    return failed(
      `${count(details.length, 'thing')} not as it should be`,
      'see the check "workloads"; then the page /targets of Prometheus',
      details,
    );
  },
};
