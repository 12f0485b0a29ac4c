import { seededRandom } from '../prng';
import { FaultSwitch } from './fault-switch';

const switchOf = (service: 'checkout' | 'catalog'): FaultSwitch => new FaultSwitch(service, seededRandom(1));
const share = (times: number, happens: () => boolean): number =>
  Array.from({ length: times }, happens).filter(Boolean).length / times;

describe('a fault switch', () => {
  it('changes nothing while it is off', () => {
    const faults = switchOf('checkout');
    expect(faults.handlingDelayMs()).toBe(0);
    expect(share(100, () => faults.failsRequest())).toBe(0);
    expect(faults.attempts('payment')).toBe(1);
    expect(faults.skips('shipping')).toBe(false);
    expect(faults.queryDelayMs(0)).toBe(0);
  });

  it('delays answers around what was asked for', () => {
    const faults = switchOf('checkout');
    faults.turnOn({ name: 'slow-dependency', parameters: { delayMs: 500 } });
    const delays = Array.from({ length: 200 }, () => faults.handlingDelayMs());
    expect(Math.min(...delays)).toBeGreaterThan(300);
    expect(Math.max(...delays)).toBeLessThan(800);
  });

  it('fails the share of requests that was asked for', () => {
    const faults = switchOf('checkout');
    faults.turnOn({ name: 'errors', parameters: { share: 0.4 } });
    expect(share(2000, () => faults.failsRequest())).toBeCloseTo(0.4, 1);
  });

  it('repeats one call and leaves out one call, and no other', () => {
    const faults = switchOf('checkout');
    faults.turnOn({ name: 'retry-storm', parameters: { attempts: 4 } });
    expect([faults.attempts('payment'), faults.attempts('cart'), faults.attempts('shipping')]).toEqual([4, 1, 1]);
    faults.turnOn({ name: 'missing-call', parameters: { share: 1 } });
    expect([faults.skips('payment'), faults.skips('cart'), faults.skips('shipping')]).toEqual([false, false, true]);
    expect(faults.attempts('payment')).toBe(1);
  });

  it('leaves out a call in the share of requests that was asked for', () => {
    const faults = switchOf('checkout');
    faults.turnOn({ name: 'missing-call', parameters: { share: 0.2 } });
    expect(share(2000, () => faults.skips('shipping'))).toBeCloseTo(0.2, 1);
    expect(share(100, () => faults.skips('payment'))).toBe(0);
  });

  it('slows reads, but never for more than two thirds of the time', () => {
    const faults = switchOf('catalog');
    faults.turnOn({ name: 'slow-query', parameters: { queryMs: 200 } });
    let slowMs = 0;
    let nowMs = 0;
    while (nowMs < 60_000) {
      const delayMs = faults.queryDelayMs(nowMs);
      slowMs += delayMs;
      nowMs += delayMs + 10;
    }
    expect(slowMs / nowMs).toBeGreaterThan(0.5);
    expect(slowMs / nowMs).toBeLessThanOrEqual(0.67);
  });

  it('starts and stops what runs in the background, once each', () => {
    const faults = switchOf('catalog');
    const activity = { start: jest.fn(), stop: jest.fn() };
    faults.whileOn('cpu-hog', activity);
    faults.turnOn({ name: 'cpu-hog', parameters: { busyMs: 80, idleMs: 40 } });
    faults.turnOff();
    faults.turnOff();
    expect(activity.start.mock.calls).toEqual([[{ busyMs: 80, idleMs: 40 }]]);
    expect(activity.stop).toHaveBeenCalledTimes(1);
    expect(faults.active).toBeUndefined();
  });
});
