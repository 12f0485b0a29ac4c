import { topics } from '@plumbline/contracts';
import { BundleProfiles, RootCause, rootCauseConfig } from '@plumbline/root-cause';
import { learnerConfig, Training } from '@plumbline/training';
import { decodeIncident } from '@plumbline/wire';
import { LocalObjectStore, type Stage } from '@plumbline/worker';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { readFrames } from './frames';
import { windowMs } from './messages';

/* The process that is measured: a worker's stage, fed with what comes on its standard input. */

export const jobSchema = z.object({
  role: z.enum(['root-cause', 'training']),
  models: z.string(),
  partitions: z.number(),
});

export const readingSchema = z.object({
  peakRssBytes: z.number(),
  heapBytes: z.number(),
  cpuMsPerWindow: z.number(),
  records: z.number(),
  incidents: z.number(),
  /** Services that the newest revision names first. */
  named: z.array(z.string()),
});
export type Reading = z.infer<typeof readingSchema>;

/** `ru_maxrss` is inherited from the process that started this one. */
function peakRssBytes(): number {
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kibibytes === undefined ? process.resourceUsage().maxRSS * 1024 : Number(kibibytes) * 1024;
}

async function stageOf({ role, models, partitions }: z.infer<typeof jobSchema>): Promise<Stage> {
  const store = await LocalObjectStore.open(models, 'ml-models');
  const stream = { partitions: () => Promise.resolve(partitions), readAll: () => Promise.resolve() };
  if (role === 'training') return new Training({ config: learnerConfig({}), models: store, stream });
  const clock = { now: () => 0 };
  return new RootCause({ config: rootCauseConfig({}), stream, profiles: new BundleProfiles(store), clock });
}

async function measure(job: z.infer<typeof jobSchema>): Promise<Reading> {
  const stage = await stageOf(job);
  await stage.reset([{ topic: topics.windowStats.name, partition: 0 }]);
  const offsets = new Map<string, number>();
  const incidents = new Set<string>();
  let [records, newestMs, firstMs, named] = [0, 0, Infinity, [] as string[]];
  const started = process.cpuUsage();
  for await (const { topic, timestampMs, value } of readFrames(process.stdin)) {
    const offset = offsets.get(topic) ?? 0;
    offsets.set(topic, offset + 1);
    const record = { offset, timestampMs, key: null, value, headers: {} };
    const output = await stage.process({ topic, partition: 0, records: [record], highWatermark: offset + 1 });
    for (const effect of output.effects) await effect.run();
    for (const { topic: to, value: bytes } of output.records) {
      if (to !== topics.incidents.name || bytes === null) continue;
      const { id, ranking } = decodeIncident(bytes);
      incidents.add(id);
      named = ranking.slice(0, 3).map(({ service }) => service);
    }
    if (timestampMs >= newestMs + 1000) await stage.tick(timestampMs);
    records += 1;
    firstMs = Math.min(firstMs, timestampMs);
    newestMs = Math.max(newestMs, timestampMs);
  }
  const { user, system } = process.cpuUsage(started);
  return {
    peakRssBytes: peakRssBytes(),
    heapBytes: process.memoryUsage().heapUsed,
    cpuMsPerWindow: (user + system) / 1000 / ((newestMs - firstMs) / windowMs),
    records,
    incidents: incidents.size,
    named,
  };
}

if (require.main === module) {
  void measure(jobSchema.parse(JSON.parse(process.argv[2] ?? 'null')))
    .then((reading) => console.log(JSON.stringify(reading)))
    .catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
}
