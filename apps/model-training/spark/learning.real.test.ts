import { otlpRequest } from '@plumbline/preprocessing/testing';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { pyspark } from '@plumbline/tools/peers';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { LocalObjectStore, silentLog } from '@plumbline/worker';
import { withFolder } from '@plumbline/worker/testing';
import { rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RunFolder } from '../dataset/run-folder';
import { readParts, traceLabels } from '../dataset/span-parts';
import { extract } from '../extract';
import { datasets } from '../selection/select';

const epochMs = 1_780_000_000_000;

/** Spans of each chosen trace, by label and id. */
async function chosen(run: RunFolder): Promise<Record<string, number>> {
  const found: Record<string, number> = {};
  for (const label of traceLabels) {
    for await (const traces of readParts(run, datasets.selected, label, 'extract')) {
      for (const [id, spans] of traces) found[`${label} ${id}`] = (found[`${label} ${id}`] ?? 0) + spans.length;
    }
  }
  return found;
}

describe('The Spark job that chooses traces', () => {
  it('takes the same traces as the training image, whole, over the same Parquet', async () => {
    await withFolder(async (folder) => {
      const run = new RunFolder(await LocalObjectStore.open(dirname(folder), basename(folder)), 'spark');
      const incident = exampleIncident({
        startedAtMs: epochMs + 100_000,
        resolvedAtMs: epochMs + 160_000,
        causes: [],
        affected: ['default///payment'],
        path: [],
      });
      const report = await extract({
        run,
        normal: async function* () {
          for (let index = 0; index < 1000; index += 1) {
            const spans = shopTrace(index, 1);
            // Another entry, much rarer, in another hour as well.
            const rare = index % 50 === 0 ? spans.slice(0, 1).map((span) => ({ ...span, name: 'GET /rare' })) : spans;
            const late =
              index % 100 === 0 ? rare.map((span) => ({ ...span, startMs: (span.startMs ?? 0) + 3_600_000 })) : rare;
            yield await Promise.resolve({ bytes: otlpRequest(late), path: String(index) });
          }
        },
        incidents: [incident],
        answers: { confirmed: new Set(), refuted: new Set() },
        fromMs: epochMs,
        throughMs: epochMs + 3_600_000,
        budgets: { normal: 200, anomalous: 100 },
        seed: 'a seed',
        log: silentLog,
      });
      expect(report.selected.normal.excluded).toBeGreaterThan(100);
      const ours = await chosen(run);
      expect(Object.keys(ours)).toHaveLength(200);

      const address = join(folder, run.prefix);
      await rm(join(address, datasets.selected), { recursive: true });
      const job = join(__dirname, 'select_traces.py');
      await pyspark([job, '--run', address, '--seed', 'a seed', '--normal', '200', '--anomalous', '100'], {
        timeoutMs: 240_000,
      });
      expect(await chosen(run)).toEqual(ours);
    });
  });
});
