import { z } from 'zod';
import { runWorker } from './run-worker';
import { CopyStage } from './testing';

/** A worker that copies `input` to `output` and each value to the bucket `copies`, for a test to run as a process. */
async function main(): Promise<void> {
  process.exitCode = await runWorker({
    name: 'copy',
    group: 'copies-group',
    settings: z.object({ COPY_SUFFIX: z.string() }),
    create: ({ bucket, settings }) => {
      const copies = bucket('copies');
      const stage = new CopyStage((batch) =>
        Promise.resolve({
          effects: batch.records.map(({ offset, value }) => ({
            name: `put ${offset}`,
            run: async () => {
              await copies.put(`${offset}${settings.COPY_SUFFIX}`, value ?? Buffer.alloc(0));
            },
          })),
        }),
      );
      return { stage, model: () => ({ version: '1' }) };
    },
  });
}

void main();
