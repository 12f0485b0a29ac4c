import { onThisMachine } from './places';

describe('A rendered configuration on this machine', () => {
  it('has places instead of Services, whatever their namespace, and listens where it is told', () => {
    const text = 'to: tempo.observability.svc.cluster.local:4317, by agg-headless.x.svc.cluster.local, at 0.0.0.0:4317';
    const places = { 'tempo:4317': '127.0.0.1:1', 'agg-headless': '127.0.0.1' };
    expect(onThisMachine(text, places, { '0.0.0.0:4317': '127.0.0.1:2' })).toBe(
      'to: 127.0.0.1:1, by 127.0.0.1, at 127.0.0.1:2',
    );
  });

  it('leaves no Service without a place, and no address unseen', () => {
    expect(() => onThisMachine('loki.logs.svc.cluster.local:3100', {})).toThrow('loki.logs.svc.cluster.local:3100');
    expect(() => onThisMachine('nothing', {}, { '0.0.0.0:1': 'x' })).toThrow('0.0.0.0:1');
  });
});
