import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../tools/peers';
import { connectionTo, OtlpSink, startSignalAggregator } from './otlp-sink.testing';
import { encode, span, spanKind, startAggregator, startMs, TraceSink } from './testing';

describe('The aggregator’s queue', () => {
  it('keeps what a destination that is away cannot take, also over a restart of its own', async () => {
    const [port = 0] = await freePorts(1);
    const aggregator = await startAggregator(port);
    const sink = new TraceSink();
    try {
      const names = ['first', 'second', 'third'];
      await aggregator.send(
        { 'service.name': 'shop' },
        names.map((name) => span(name, {}, spanKind.server, 5)),
      );
      await aggregator.stop();
      await sink.open(port);
      await aggregator.restart();
      const received = await sink.received(names.length);
      expect(received.map(({ name }) => name).sort()).toEqual(names);
    } finally {
      await aggregator.stop();
      sink.close();
    }
  });

  it('has what it took when it is killed, though no batch was full yet', async () => {
    const [port = 0] = await freePorts(1);
    const aggregator = await startAggregator(port);
    const sink = new TraceSink();
    try {
      await sink.open(port);
      await aggregator.send({ 'service.name': 'shop' }, [span('first', {}, spanKind.server, 5)]);
      // Less than a batch waits for more, more than it takes to be written.
      await sleep(300);
      await aggregator.kill();
      expect(sink.text).not.toContain('first');
      await aggregator.restart();
      expect((await sink.received(1)).map(({ name }) => name)).toEqual(['first']);
    } finally {
      await aggregator.stop();
      sink.close();
    }
  });

  it('has no destination wait for another whose queue is full, and keeps for that one what it could take', async () => {
    const [port = 0] = await freePorts(1);
    const [here, away] = [new OtlpSink(), new OtlpSink()];
    const authority = await here.open();
    const aggregator = await startSignalAggregator(authority, {
      logs: [
        { name: 'away', connection: connectionTo(`127.0.0.1:${port}`) },
        { name: 'here', connection: connectionTo(authority) },
      ],
      batchSize: 1,
      queueBytes: 2 ** 15,
    });
    const record = (id: string) => ({
      timeUnixNano: `${startMs}000000`,
      body: { stringValue: id.padEnd(1000) },
      attributes: encode({ id }),
    });
    const ids = Array.from({ length: 60 }, (_, index) => `line-${index}`);
    try {
      for (const id of ids)
        await aggregator.post('/v1/logs', {
          resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords: [record(id)] }] }],
        });
      for (const id of ids) await here.received('/v1/logs', `"${id}"`);
      await away.open(port);
      await away.received('/v1/logs', '"line-0"');
      const arrived = ids.filter((id) => away.text.includes(`"${id}"`));
      expect(arrived.length).toBeLessThan(ids.length);
    } finally {
      await aggregator.stop();
      here.close();
      away.close();
    }
  });
});
