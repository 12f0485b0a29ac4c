import { EmbeddedLog } from './embedded-log';

/** Appends to the log in the folder given as argument until it is killed, and tells its parent what was acknowledged. */
async function appendForever(directory: string): Promise<void> {
  const log = await EmbeddedLog.open({ directory, topics: [{ name: 'events', partitions: 1 }], segmentBytes: 100_000 });
  for (let number = 0; ; number += 1) {
    await log.produce([{ topic: 'events', key: null, value: Buffer.from(`${number} ${'x'.repeat(number % 5_000)}`) }]);
    process.send?.(number + 1);
  }
}

void appendForever(process.argv[2] ?? '');
