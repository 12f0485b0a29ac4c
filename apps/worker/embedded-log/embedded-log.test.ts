import { fork } from 'node:child_process';
import { appendFile, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { ManualClock } from '../clock';
import type { StreamHandler } from '../stream';
import { text, withFolder } from '../testing';
import { EmbeddedLog } from './embedded-log';
import { partitionOfKey } from './murmur2';
import type { EmbeddedLogOptions, EmbeddedTopic } from './options';

const events: EmbeddedTopic = { name: 'events', partitions: 1 };
const state: EmbeddedTopic = { name: 'state', partitions: 1, cleanup: 'compact' };

function record(value: string, key: string | null = null, topic = 'events') {
  return { topic, key, value: Buffer.from(value) };
}

async function valuesOf(log: EmbeddedLog, topic = 'events'): Promise<string[]> {
  const values: string[] = [];
  await log.readAll(topic, (each) => values.push(text(each)));
  return values;
}

async function using<T>(options: EmbeddedLogOptions, work: (log: EmbeddedLog) => Promise<T>): Promise<T> {
  const log = await EmbeddedLog.open(options);
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

async function newestSegment(folder: string, topic = 'events'): Promise<string> {
  const partition = join(folder, 'topics', topic, '0');
  return join(partition, (await readdir(partition)).sort().at(-1) ?? '');
}

const ignore: StreamHandler = {
  onAssigned: () => Promise.resolve(),
  onBatch: () => Promise.resolve(),
  onTick: () => Promise.resolve(),
};

describe.each([['in memory'], ['in a folder']])('an embedded log %s', (where) => {
  async function withLog(
    options: Omit<EmbeddedLogOptions, 'directory'>,
    work: (log: EmbeddedLog) => Promise<void>,
  ): Promise<void> {
    if (where === 'in memory') await using(options, work);
    else await withFolder((directory) => using({ ...options, directory }, work));
  }

  it('gives back keys, values, headers and times as they were', async () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    const anyRecord = fc.record({
      key: fc.option(fc.string()),
      value: fc.option(bytes),
      headers: fc.dictionary(fc.string({ minLength: 1 }), fc.string()),
      timestampMs: fc.integer({ min: 0 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyRecord, { maxLength: 20 }), async (records) => {
        await withLog({ topics: [events], batchBytes: 500 }, async (log) => {
          await log.produce(records.map((each) => ({ ...each, topic: 'events' })));
          const read: unknown[] = [];
          await log.readAll('events', ({ key, value, headers, timestampMs }) =>
            read.push({
              key: key === null ? null : Buffer.from(key).toString(),
              value: value === null ? null : Uint8Array.from(value),
              headers: { ...headers },
              timestampMs,
            }),
          );
          expect(read).toEqual(records.map((each) => ({ ...each, headers: { ...each.headers } })));
        });
      }),
      {
        numRuns: 20,
        examples: [[[{ key: null, value: null, headers: { ['__proto__']: 'kept' }, timestampMs: 0 }]]],
      },
    );
  });

  it('puts records of a key into the partition that Kafka puts them into', async () => {
    // Partitions of 12 chosen by Kafka's Java client.
    expect(['foobar', 'a-little-bit-long-string', '21'].map((key) => partitionOfKey(Buffer.from(key), 1000))).toEqual(
      [-790332482, -985981536, -973932308].map((hash) => (hash & 0x7fffffff) % 1000),
    );
    await withLog({ topics: [{ name: 'events', partitions: 3 }] }, async (log) => {
      const partitions = new Set<number>();
      await log.produce(['1', '2', '3'].map((value) => record(value, 'same')));
      await log.readAll('events', (_, partition) => partitions.add(partition));
      expect(partitions.size).toBe(1);
    });
  });

  it('stamps records with its clock unless the producer says when', async () => {
    await withLog({ topics: [events], clock: new ManualClock(5_000) }, async (log) => {
      await log.produce([record('a'), { ...record('b'), timestampMs: 7 }]);
      const times: number[] = [];
      await log.readAll('events', ({ timestampMs }) => times.push(timestampMs));
      expect(times).toEqual([5_000, 7]);
    });
  });

  it('reads the newest record of each key of a compacted topic', async () => {
    await withLog({ topics: [state] }, async (log) => {
      await log.produce([record('a1', 'a', 'state'), record('b1', 'b', 'state'), record('a2', 'a', 'state')]);
      expect(await valuesOf(log, 'state')).toEqual(['b1', 'a2']);
    });
  });

  it('keeps a compacted topic near the size of its newest records, and its offsets rising', async () => {
    await withLog({ topics: [state], segmentBytes: 256 * 1024, batchBytes: 64 * 1024 }, async (log) => {
      const filler = 'x'.repeat(10_000);
      for (let round = 0; round < 60; round += 1) {
        await log.produce(['a', 'b', 'c', 'd', 'e'].map((key) => record(`${key}${round}${filler}`, key, 'state')));
        await log.maintain();
      }
      const offsets: number[] = [];
      let kept = 0;
      const consumer = log.attach('reader', ['state'], {
        ...ignore,
        onBatch: async ({ records }) => {
          kept += records.length;
          offsets.push(...records.map(({ offset }) => offset));
        },
      });
      while (await consumer.poll());
      expect(kept).toBeLessThan(150);
      expect(offsets).toEqual([...offsets].sort((left, right) => left - right));
      expect(offsets.at(-1)).toBe(299);
      expect((await valuesOf(log, 'state')).map((value) => value.slice(0, 3))).toEqual([
        'a59',
        'b59',
        'c59',
        'd59',
        'e59',
      ]);
    });
  });

  it('forgets only what every group has committed', async () => {
    const clock = new ManualClock(0);
    const topic = { ...events, retentionMs: 1_000, retentionBytes: 1 };
    await withLog({ topics: [topic], clock, segmentBytes: 100, batchBytes: 100 }, async (log) => {
      const ahead = log.attach('ahead', ['events'], ignore);
      const behind = log.attach('behind', ['events'], ignore);
      await ahead.poll();
      await behind.poll();
      for (let number = 0; number < 20; number += 1) await log.produce([record(`value ${number}`)]);
      clock.advanceTo(10_000);
      await ahead.commit([{ topic: 'events', partition: 0, offset: 20 }]);
      await behind.commit([{ topic: 'events', partition: 0, offset: 10 }]);
      await log.maintain();

      const left = await valuesOf(log);

      expect(left).toContain('value 10');
      expect(left).not.toContain('value 0');
      expect(left.at(-1)).toBe('value 19');
    });
  });

  it('refuses records rather than lose what a group still needs', async () => {
    await withLog({ topics: [{ ...events, maxBytes: 200, retentionBytes: 0 }], segmentBytes: 50 }, async (log) => {
      const group = log.attach('slow', ['events'], ignore);
      await group.poll();
      const fill = async (): Promise<void> => {
        for (let count = 0; count < 20; count += 1) await log.produce([record('twenty bytes of data')]);
      };
      await expect(fill()).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_FULL', transient: true });

      await group.commit([{ topic: 'events', partition: 0, offset: 4 }]);

      await log.produce([record('now there is room')]);
      expect(await valuesOf(log)).toContain('now there is room');
    });
  });

  it('refuses a record that is too large, naming topic and size', async () => {
    await withLog({ topics: [events], maxMessageBytes: 100 }, async (log) => {
      await expect(log.produce([record('x'.repeat(200))])).rejects.toThrow(
        'a record for topic events has 234 bytes, at most 100 are allowed',
      );
    });
  });

  it('refuses topics and partitions that do not exist', async () => {
    await withLog({ topics: [events] }, async (log) => {
      await expect(log.produce([record('a', null, 'other')])).rejects.toMatchObject({
        code: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC',
      });
      await expect(log.produce([{ ...record('a'), partition: 1 }])).rejects.toMatchObject({
        code: 'PLUMBLINE_STREAM_UNKNOWN_PARTITION',
      });
      await expect(log.partitions('other')).rejects.toThrow('there is no topic "other"');
    });
  });

  it('drops the commit of a generation that has ended', async () => {
    await withLog({ topics: [events] }, async (log) => {
      await log.produce([record('a')]);
      const first = log.attach('group', ['events'], ignore);
      await first.poll();
      log.attach('group', ['events'], ignore);

      expect(first.isCurrent()).toBe(false);
      await first.commit([{ topic: 'events', partition: 0, offset: 1 }]);

      await first.poll();
      expect(await first.poll()).toBe(true);
    });
  });
});

describe('an embedded log in a folder', () => {
  it('has records and commits again when it is opened again', async () => {
    await withFolder(async (directory) => {
      await using({ topics: [events], directory }, async (log) => {
        await log.produce([record('a'), record('b')]);
        const consumer = log.attach('group', ['events'], ignore);
        await consumer.poll();
        await consumer.commit([{ topic: 'events', partition: 0, offset: 1 }]);
      });
      await using({ topics: [events], directory }, async (log) => {
        const seen: string[] = [];
        const onBatch: StreamHandler['onBatch'] = async ({ records }) => void seen.push(...records.map(text));
        const consumer = log.attach('group', ['events'], { ...ignore, onBatch });
        while (await consumer.poll());
        expect(seen).toEqual(['b']);
        expect(await valuesOf(log)).toEqual(['a', 'b']);
      });
    });
  });

  it.each([
    ['cut in the middle of a record', async (path: string) => truncate(path, (await stat(path)).size - 3)],
    ['followed by zeros', (path: string) => appendFile(path, Buffer.alloc(4096))],
    ['followed by rubbish', (path: string) => appendFile(path, Buffer.alloc(100, 0x7f))],
    [
      'damaged in its last record',
      async (path: string) => {
        const content = await readFile(path);
        content[content.length - 1] = (content.at(-1) ?? 0) ^ 1;
        await writeFile(path, content);
      },
    ],
  ])('drops a tail that is %s, and goes on from there', async (what, damage) => {
    await withFolder(async (directory) => {
      await using({ topics: [events], directory }, (log) => log.produce(['a', 'b', 'c'].map((value) => record(value))));
      await damage(await newestSegment(directory));
      const cuts: number[] = [];
      await using({ topics: [events], directory, onCut: (_, bytes) => cuts.push(bytes) }, async (log) => {
        const whole = what.startsWith('followed') ? ['a', 'b', 'c'] : ['a', 'b'];
        expect(await valuesOf(log)).toEqual(whole);
        await log.produce([record('d')]);
        expect(await valuesOf(log)).toEqual([...whole, 'd']);
      });
      expect(cuts).toHaveLength(1);
    });
  });

  it('says where a closed segment is damaged instead of skipping records', async () => {
    await withFolder(async (directory) => {
      const options = { topics: [events], directory, segmentBytes: 100 };
      await using(options, async (log) => {
        for (let number = 0; number < 10; number += 1) await log.produce([record(`value ${number}`)]);
      });
      const partition = join(directory, 'topics', 'events', '0');
      const oldest = join(partition, (await readdir(partition)).sort()[0] ?? '');
      const content = await readFile(oldest);
      content[content.length - 2] = 0;
      await writeFile(oldest, content);
      await using(options, async (log) => {
        await expect(valuesOf(log)).rejects.toMatchObject({ code: 'PLUMBLINE_STREAM_CORRUPT' });
      });
    });
  });

  it('is not opened by two at once', async () => {
    await withFolder(async (directory) => {
      await using({ topics: [events], directory }, async () => {
        await expect(EmbeddedLog.open({ topics: [events], directory })).rejects.toMatchObject({
          code: 'PLUMBLINE_STREAM_LOCKED',
        });
      });
      await using({ topics: [events], directory }, () => Promise.resolve());
    });
  });

  it('keeps the partitions it has when it is opened with fewer', async () => {
    await withFolder(async (directory) => {
      await using({ topics: [{ name: 'events', partitions: 4 }], directory }, () => Promise.resolve());
      await using({ topics: [{ name: 'events', partitions: 2 }], directory }, async (log) => {
        expect(await log.partitions('events')).toBe(4);
      });
    });
  });

  it('finishes a compaction that was interrupted', async () => {
    await withFolder(async (directory) => {
      const options = { topics: [state], directory };
      const large = 'x'.repeat(300_000);
      await using(options, (log) =>
        log.produce(['1', '2', '3', '4'].map((n) => record(`a${n}${large}`, 'a', 'state'))),
      );
      const partition = join(directory, 'topics', 'state', '0');
      const before = await readFile(join(partition, '0000000000000000.log'));
      await using(options, (log) => log.maintain());
      // As if the process had been killed before the old segment was removed.
      await writeFile(join(partition, '0000000000000000.log'), before);
      await writeFile(join(partition, '0000000000000004-0000000000000005.log.tmp'), 'half');
      await using(options, async (log) => {
        const offsets: number[] = [];
        await log.readAll('state', ({ offset }) => offsets.push(offset));
        expect(offsets).toEqual([3]);
        await log.produce([record('b', 'b', 'state')]);
        expect((await valuesOf(log, 'state')).map((value) => value.slice(0, 2))).toEqual(['a4', 'b']);
      });
    });
  });

  it('has every acknowledged record, whole, after its process was killed', async () => {
    await withFolder(async (directory) => {
      const acknowledged = await killWhileAppending(directory, 400);
      await using({ topics: [events], directory }, async (log) => {
        const values = await valuesOf(log);
        expect(values.length).toBeGreaterThanOrEqual(acknowledged);
        values.forEach((value, number) => expect(value).toBe(`${number} ${'x'.repeat(number % 5_000)}`));
      });
    });
  });
});

/** Appends in another process and kills it with SIGKILL once it has acknowledged so many records. */
async function killWhileAppending(directory: string, count: number): Promise<number> {
  const child = fork(join(__dirname, 'append-forever.testing.ts'), [directory], { execArgv: ['--import', 'tsx'] });
  let acknowledged = 0;
  child.on('message', (number) => {
    acknowledged = Number(number);
    if (acknowledged >= count) child.kill('SIGKILL');
  });
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== null) throw new Error(`the appending process ended with ${code}`);
  return acknowledged;
}
