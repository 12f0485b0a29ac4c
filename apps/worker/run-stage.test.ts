import { topics } from '@plumbline/contracts';
import { ManualClock } from './clock';
import { EmbeddedLog } from './embedded-log/embedded-log';
import type { EmbeddedLogOptions } from './embedded-log/options';
import type { Refused } from './refused';
import { runStage, runToIdle, stepStage, tickToIdle } from './run-stage';
import { silentObserver } from './stage-observer';
import { StreamError } from './stream-error';
import type { OutgoingRecord, StreamRecord } from './stream';
import { CopyStage, text, until } from './testing';

const quickly = { startingDelayMs: 1, maxDelayMs: 2, attempts: 5 };

async function openLog(options: Pick<EmbeddedLogOptions, 'maxMessageBytes'> = {}): Promise<EmbeddedLog> {
  return EmbeddedLog.open({
    topics: [
      { name: 'input', partitions: 2 },
      { name: 'output', partitions: 1 },
      { name: topics.tracesDeadLetter.name, partitions: 1 },
    ],
    ...options,
  });
}

async function deadLetters(log: EmbeddedLog): Promise<StreamRecord[]> {
  const letters: StreamRecord[] = [];
  await log.readAll(topics.tracesDeadLetter.name, (record) => letters.push(record));
  return letters;
}

function input(value: string, partition = 0): OutgoingRecord {
  return { topic: 'input', partition, key: null, value: Buffer.from(value) };
}

async function outputs(log: EmbeddedLog): Promise<string[]> {
  const values: string[] = [];
  await log.readAll('output', (record) => values.push(text(record)));
  return values;
}

/** A log whose `produce` to `output` runs `before` first. */
function guarding(log: EmbeddedLog, before: () => Promise<void> | void): EmbeddedLog {
  const guarded = Object.create(log) as EmbeddedLog;
  guarded.produce = async (records) => {
    await before();
    await log.produce(records);
  };
  return guarded;
}

describe('a stage', () => {
  it('is reset for its partitions before it gets a record', async () => {
    const log = await openLog();
    const stage = new CopyStage(() => {
      expect(stage.resets).toEqual([
        [
          { topic: 'input', partition: 0 },
          { topic: 'input', partition: 1 },
        ],
      ]);
      return Promise.resolve({});
    });
    await log.produce([input('a')]);
    const stepped = stepStage(stage, log);

    await runToIdle([stepped]);

    expect(stage.seen).toEqual(['a']);
  });

  it('has its effects performed before its records, and its records before its commit', async () => {
    const log = await openLog();
    const order: string[] = [];
    const stage = new CopyStage(() =>
      Promise.resolve({ effects: [{ name: 'put', run: () => Promise.resolve(void order.push('effect')) }] }),
    );
    const observer = { ...silentObserver, committed: () => order.push('commit') };
    const stepped = stepStage(
      stage,
      guarding(log, () => void order.push('records')),
      { observer },
    );
    await log.produce([input('a')]);

    await runToIdle([stepped]);
    await stepped.tick();

    expect(order).toEqual(['effect', 'records', 'commit']);
  });

  it('continues after a restart from what it committed', async () => {
    const log = await openLog();
    const first = stepStage(new CopyStage(), log);
    await log.produce([input('a'), input('b')]);
    await runToIdle([first]);
    await first.stop();
    await log.produce([input('c')]);

    const again = new CopyStage();
    await runToIdle([stepStage(again, log)]);

    expect(again.seen).toEqual(['c']);
  });

  it('gets again what was processed but not published when it was stopped', async () => {
    const log = await openLog();
    const unavailable = guarding(log, () => {
      throw new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', 'no broker');
    });
    const stage = new CopyStage();
    await log.produce([input('a')]);
    const running = await runStage(stage, unavailable, { retry: { ...quickly, attempts: 1_000_000 } });
    await until(() => stage.seen.length === 1);
    await running.stop();

    const again = new CopyStage();
    await runToIdle([stepStage(again, log)]);

    expect(again.seen).toEqual(['a']);
    expect(await outputs(log)).toEqual(['a']);
  });

  it('publishes nothing when its partitions were given to somebody else meanwhile', async () => {
    const log = await openLog();
    const fenced: string[] = [];
    const observer = { ...silentObserver, fenced: (what: string) => fenced.push(what) };
    const stage = new CopyStage(() => {
      if (stage.resets.length === 1) stepStage(new CopyStage(), log);
      return Promise.resolve({});
    });
    const stepped = stepStage(stage, log, { observer });
    await log.produce([input('a', 0), input('b', 1)]);

    await stepped.step();
    await stepped.step();

    expect(fenced).toEqual(['output of input[0]']);
    expect(await outputs(log)).toEqual([]);
  });

  it('is reset on the next generation and loses nothing to it', async () => {
    const log = await openLog();
    const stage = new CopyStage();
    const stepped = stepStage(stage, log);
    await log.produce([input('a', 0), input('b', 1)]);
    await runToIdle([stepped]);
    const other = new CopyStage();
    const otherStepped = stepStage(other, log);

    await runToIdle([stepped, otherStepped]);

    expect(stage.resets).toHaveLength(2);
    expect(stage.resets[1]).toEqual([{ topic: 'input', partition: 0 }]);
    expect(other.seen).toEqual(['b']);
  });

  it('has transient failures repeated until they are over', async () => {
    const log = await openLog();
    let failures = 0;
    const flaky = guarding(log, () => {
      failures += 1;
      if (failures <= 3) throw new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', 'no broker');
    });
    const retried: number[] = [];
    const observer = {
      ...silentObserver,
      retrying: (_: string, _error: unknown, attempt: number) => retried.push(attempt),
    };
    await log.produce([input('a')]);

    await runToIdle([stepStage(new CopyStage(), flaky, { retry: quickly, observer })]);

    expect(retried).toHaveLength(3);
    expect(await outputs(log)).toEqual(['a']);
  });

  it('ends with the error that no repetition can cure', async () => {
    const log = await openLog();
    const refusing = guarding(log, () => {
      throw new StreamError('PLUMBLINE_STREAM_REFUSED', 'may not write to output');
    });
    await log.produce([input('a')]);

    const running = await runStage(new CopyStage(), refusing, { retry: quickly });

    await expect(running.ended).rejects.toThrow('may not write to output');
    await running.stop();
  });

  it('goes on after a record that is too large for the broker: that becomes a dead letter, the others are written', async () => {
    const log = await openLog({ maxMessageBytes: 1000 });
    const refused: string[] = [];
    const observer = { ...silentObserver, refused: ({ record }: Refused) => refused.push(text(record)) };
    const large = 'x'.repeat(500);
    const stage = new CopyStage((batch) =>
      Promise.resolve({
        records: batch.records.map((record) => ({
          topic: 'output',
          key: null,
          value: Buffer.from(text(record) === 'large' ? large.repeat(3) : text(record)),
          headers: { 'plumbline-source-offset': String(record.offset), other: large },
        })),
      }),
    );
    await log.produce(['a', 'b', 'large', 'c', 'd'].map((value) => input(value)));

    const stepped = stepStage(stage, log, { observer });
    await runToIdle([stepped]);
    await stepped.tick();

    expect(await outputs(log)).toEqual(['a', 'b', 'c', 'd']);
    expect(refused).toEqual([large.repeat(3)]);
    const letters = await deadLetters(log);
    expect(letters).toHaveLength(1);
    expect(letters[0]?.headers).toMatchObject({
      'plumbline-reason': expect.stringMatching(
        /output has \d+ bytes, at most 1000 are allowed; its 1500 bytes are lost/,
      ) as string,
      'plumbline-refused-topic': 'output',
      'plumbline-source-offset': '2',
    });
    const again = new CopyStage();
    await stepped.stop();
    await runToIdle([stepStage(again, log)]);
    expect(again.seen).toEqual([]);
  });

  it('commits nothing for output that failed', async () => {
    const log = await openLog();
    const refusing = guarding(log, () => {
      throw new StreamError('PLUMBLINE_STREAM_REFUSED', 'no');
    });
    await log.produce([input('a')]);
    const running = await runStage(new CopyStage(), refusing);
    await running.ended.catch(() => undefined);
    await running.stop();

    const again = new CopyStage();
    await runToIdle([stepStage(again, log)]);

    expect(again.seen).toEqual(['a']);
  });

  it('runs by itself over a live log and stops cleanly', async () => {
    const log = await openLog();
    const stage = new CopyStage();
    const running = await runStage(stage, log);
    await until(() => running.isReady());
    await log.produce([input('a', 0), input('b', 1)]);
    await until(async () => (await outputs(log)).length === 2);
    await running.stop();
    await running.ended;

    await log.produce([input('c')]);
    const again = new CopyStage();
    await runToIdle([stepStage(again, log)]);

    expect(stage.seen.sort()).toEqual(['a', 'b']);
    expect(again.seen).toEqual(['c']);
  });

  it('sees the time of the given clock on a tick', async () => {
    const log = await openLog();
    const clock = new ManualClock(1_000);
    const times: number[] = [];
    const stage = new CopyStage();
    stage.tick = (nowMs?: number) => {
      times.push(nowMs ?? Number.NaN);
      return Promise.resolve({ effects: [], records: [] });
    };
    const stepped = stepStage(stage, log, { clock });
    await runToIdle([stepped]);

    await stepped.tick();
    clock.advanceTo(61_000);
    await tickToIdle([stepped]);

    expect(times).toEqual([1_000, 61_000]);
  });
});

describe('stages over one log', () => {
  it('are stepped until what one wrote was read by the next', async () => {
    const log = await EmbeddedLog.open({
      topics: [
        { name: 'input', partitions: 1 },
        { name: 'middle', partitions: 1 },
        { name: 'output', partitions: 1 },
      ],
    });
    const first = new CopyStage((batch) =>
      Promise.resolve({ records: batch.records.map(({ value }) => ({ topic: 'middle', key: null, value })) }),
    );
    const second = Object.assign(new CopyStage(undefined, 'second'), { topics: ['middle'] });
    await log.produce([input('a'), input('b')]);

    await runToIdle([stepStage(second, log), stepStage(first, log)]);

    expect(await outputs(log)).toEqual(['a', 'b']);
  });
});
