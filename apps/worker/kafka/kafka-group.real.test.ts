import { topics } from '@plumbline/contracts';
import { silentObserver } from '../stage-observer';
import { CopyStage, text, until } from '../testing';
import { copier, KafkaUnderTest, pollMs, valuesOf } from './kafka-under-test.testing';

describe('a stage over Kafka', () => {
  let kafka: KafkaUnderTest;
  beforeAll(async () => {
    kafka = await KafkaUnderTest.start();
  });
  afterEach(() => kafka.release());
  afterAll(() => kafka.peer.stop());

  it('continues after a restart from what was committed', async () => {
    const [input, output] = [await kafka.makeTopic(1), await kafka.makeTopic(1)];
    const stream = kafka.open();
    await stream.produce([{ topic: input, key: null, value: Buffer.from('a') }]);
    const first = await kafka.run(copier(input, output));
    await until(async () => (await valuesOf(stream, output)).length === 1, pollMs);
    await kafka.end(first);
    await stream.produce([{ topic: input, key: null, value: Buffer.from('b') }]);
    const again = copier(input, output);
    await kafka.run(again);
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['b']);
  });

  it('says how much was deleted before a group could read it, and goes on behind that', async () => {
    const [input, output] = [await kafka.makeTopic(1), await kafka.makeTopic(1)];
    const stream = kafka.open();
    await kafka.send(input, 'a');
    const first = await kafka.run(copier(input, output));
    await until(async () => (await valuesOf(stream, output)).length === 1, pollMs);
    await kafka.end(first);
    await kafka.send(input, 'b', 'c', 'd', 'e');
    await kafka.withAdmin(async (admin) => {
      // Deleting does not look up the leader by itself.
      await admin.fetchTopicOffsets(input);
      await admin.deleteTopicRecords({ topic: input, partitions: [{ partition: 0, offset: '4' }] });
    });
    const lost: number[] = [];
    const again = copier(input, output);
    await kafka.run(
      again,
      kafka.open((_, count) => lost.push(count)),
    );
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['e']);
    expect(lost).toEqual([3]);
  });

  it('reads a topic that was deleted and made again from its beginning, whatever was committed before', async () => {
    const [input, output] = [await kafka.makeTopic(1), await kafka.makeTopic(1)];
    const stream = kafka.open();
    await kafka.send(input, 'a', 'b', 'c', 'd', 'e');
    const first = copier(input, output);
    const started = await kafka.run(first);
    await until(() => first.seen.length === 5);
    await until(async () => (await valuesOf(stream, output)).length === 5, pollMs);
    await kafka.end(started);
    await kafka.withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [input] });
      await until(async () => !(await admin.listTopics()).includes(input), pollMs);
      await admin.createTopics({ topics: [{ topic: input, numPartitions: 1 }] });
      // As a broker that kept the offsets of the group would have it.
      await admin.setOffsets({ groupId: `${input}-group`, topic: input, partitions: [{ partition: 0, offset: '5' }] });
    });
    await kafka.send(input, 'new');
    const again = copier(input, output);
    await kafka.run(again);
    await until(() => again.seen.length > 0);
    expect(again.seen).toEqual(['new']);
  });

  it('goes on after a record that the topic has no room for: it is told of in the dead letters', async () => {
    const [input, output] = [await kafka.makeTopic(1), await kafka.makeTopic(1)];
    const letters = topics.tracesDeadLetter.name;
    await kafka.withAdmin((admin) => admin.createTopics({ topics: [{ topic: letters, numPartitions: 1 }] }));
    const stream = kafka.open();
    const noise = Buffer.from(Array.from({ length: 300_000 }, () => Math.floor(Math.random() * 256)));
    const stage = Object.assign(
      new CopyStage(
        (batch) =>
          Promise.resolve({
            records: batch.records.map((record) => ({
              topic: output,
              key: null,
              value: text(record) === 'large' ? noise : record.value,
            })),
          }),
        `${input}-group`,
      ),
      { topics: [input] },
    );
    await kafka.send(input, 'a', 'large', 'b');
    const started = await kafka.run(stage);
    await until(async () => (await valuesOf(stream, output)).includes('b'), pollMs);
    expect(new Set(await valuesOf(stream, output))).toEqual(new Set(['a', 'b']));
    const reasons: (string | undefined)[] = [];
    await stream.readAll(letters, ({ headers }) => reasons.push(headers['plumbline-reason']));
    expect(reasons).toEqual([
      `a record of 300064 bytes is larger than topic ${output} allows (max.message.bytes); its 300000 bytes are lost`,
    ]);
    expect(started.isReady()).toBe(true);
  });

  it('shares partitions with a second consumer, loses nothing, and fences what was in progress', async () => {
    const [input, output] = [await kafka.makeTopic(4), await kafka.makeTopic(1)];
    const stream = kafka.open();
    const fenced: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    let holding = false;
    const first = copier(input, output, (batch) => {
      holding ||= batch.partition === 0;
      return batch.partition === 0 ? held : Promise.resolve();
    });
    const startedFirst = await kafka.run(first, kafka.open(), {
      observer: { ...silentObserver, fenced: (what) => fenced.push(what) },
    });
    await until(() => startedFirst.isReady());
    const values = Array.from({ length: 40 }, (_, index) => `value ${index}`);
    await stream.produce(
      values.map((value, index) => ({ topic: input, partition: index % 4, key: null, value: Buffer.from(value) })),
    );

    await until(() => holding);
    const second = copier(input, output);
    const startingSecond = kafka.run(second);
    // The coordinator asks the first to join again while it still holds a batch.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    release();
    await startingSecond;

    await until(async () => new Set(await valuesOf(stream, output)).size === 40, pollMs);
    expect(fenced).toContain(`output of ${input}[0]`);
    const assigned = [...(first.resets.at(-1) ?? []), ...(second.resets.at(-1) ?? [])].map(
      ({ partition }) => partition,
    );
    expect(assigned.sort()).toEqual([0, 1, 2, 3]);
  });

  it('goes on after the broker was killed, without loss', async () => {
    const [input, output] = [await kafka.makeTopic(2), await kafka.makeTopic(1)];
    const stream = kafka.open();
    const stage = copier(input, output);
    const started = await kafka.run(stage);
    const send = (value: string) => stream.produce([{ topic: input, key: value, value: Buffer.from(value) }]);
    await send('before');
    await until(() => stage.seen.includes('before'));

    await kafka.peer.kill();
    const duringOutage = send('during').then(
      () => true,
      () => false,
    );
    await kafka.peer.restart();
    if (!(await duringOutage)) await send('during');
    await send('after');

    await until(async () => (await valuesOf(stream, output)).includes('after'), pollMs);
    expect(new Set(await valuesOf(stream, output))).toEqual(new Set(['before', 'during', 'after']));
    expect(started.isReady()).toBe(true);
  });
});
