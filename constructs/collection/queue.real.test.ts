import { freePorts } from '../../tools/peers';
import { span, spanKind, startAggregator, TraceSink } from './testing';

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
});
