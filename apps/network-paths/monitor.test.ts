import { ManualClock, silentLog } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { NetworkPathMetrics } from './metrics';
import { PathMonitor } from './monitor';
import { MeasurementError, type Measurement } from './mtr/measurement';
import { networkPathsFile } from './settings';

const target = { name: 'there', host: 'there.example.org', site: 'Berlin 2' };
const path = (...addresses: readonly string[]): Measurement => ({
  address: addresses.at(-1) ?? '',
  reached: true,
  hops: addresses.map((host, index) => ({
    number: index + 1,
    host,
    sent: 10,
    loss: 0.1,
    rtt: { mean: 20, best: 10, worst: 40, deviation: 5 },
  })),
});

function monitorOf(answers: readonly (Measurement | Error)[], targets: readonly object[] = [target], concurrency = 2) {
  const registry = new Registry();
  const metrics = new NetworkPathMetrics(registry);
  const clock = new ManualClock(1_000_000);
  const rest = [...answers];
  let [running, most] = [0, 0];
  const monitor = new PathMonitor({
    file: networkPathsFile({ targets, concurrency, intervalSeconds: 10 }),
    measure: async () => {
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      const answer = rest.shift() ?? new Error('nothing more is known');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    resolve: (host) => (host.endsWith('.invalid') ? Promise.reject(new Error('ENOTFOUND')) : Promise.resolve('z')),
    clock,
    log: silentLog,
    observer: metrics,
    random: () => 0,
  });
  metrics.read(monitor);
  const measure = async () => {
    for (const history of monitor.histories) await monitor.measure(history, new AbortController().signal);
    return registry.metrics();
  };
  return { monitor, clock, registry, measure, most: () => most };
}

describe('The monitor of paths', () => {
  it('tells each target and hop in seconds and shares, with the labels of the target', async () => {
    const { measure, clock } = monitorOf([path('a', 'z')]);
    clock.advanceTo(2_000_000);
    const text = await measure();
    for (const line of [
      'path_reached{target="there",site="Berlin 2"} 1',
      'path_hops{target="there",site="Berlin 2"} 2',
      'path_loss_ratio{target="there",site="Berlin 2"} 0.1',
      'path_rtt_seconds{target="there",site="Berlin 2"} 0.02',
      'path_rtt_best_seconds{target="there",site="Berlin 2"} 0.01',
      'path_rtt_worst_seconds{target="there",site="Berlin 2"} 0.04',
      'path_jitter_seconds{target="there",site="Berlin 2"} 0.005',
      'path_last_run_timestamp_seconds{target="there",site="Berlin 2"} 2000',
      'hop_rtt_seconds{target="there",site="Berlin 2",hop="1"} 0.02',
      'hop_info{target="there",site="Berlin 2",hop="1",address="a"} 1',
      'path_changes_total{target="there",site="Berlin 2",to="new"} 0',
    ])
      expect(text).toContain(`plumbline_network_${line}\n`);
  });

  it('has series of the path as it is now alone: not of hops that are gone, nor of what is not known', async () => {
    const { measure } = monitorOf([path('a', 'b', 'z'), path('c', 'z'), new MeasurementError('timeout', 'late')]);
    expect(await measure()).toContain('hop="3"');
    const shorter = await measure();
    expect(shorter).not.toContain('hop="3"');
    expect(shorter).not.toContain('address="a"');
    expect(shorter).toContain('to="new"} 1\n');
    const failed = await measure();
    expect(failed).not.toMatch(/network_(hop|path_reached|path_rtt|path_loss)\w*\{/);
    expect(failed).toContain('result="timeout"} 1\n');
    // When it was last measured is known all the same.
    expect(failed).toContain('path_last_run_timestamp_seconds{target="there",site="Berlin 2"} 1000\n');
  });

  it('counts a name without an address, and does not measure', async () => {
    const { measure, most } = monitorOf([], [{ name: 'gone', host: 'gone.invalid' }]);
    expect(await measure()).toContain('path_runs_total{target="gone",result="unresolved"} 1\n');
    expect(most()).toBe(0);
  });

  it('measures no more targets at once than it may, and ends when it is told to', async () => {
    const targets = Array.from({ length: 9 }, (_, index) => ({ name: `t${index}`, host: `192.0.2.${index}` }));
    const { monitor, most } = monitorOf(
      targets.map(() => path('a', 'z')),
      targets,
      3,
    );
    const stop = new AbortController();
    const ended = monitor.run(stop.signal);
    while (monitor.histories.some(({ last }) => last === undefined))
      await new Promise((resolve) => setTimeout(resolve, 5));
    stop.abort();
    await ended;
    expect(most()).toBe(3);
  });
});

describe('The file of targets', () => {
  it.each([
    ['no target', { targets: [] }, 'targets'],
    ['a host that would be an option', { targets: [{ name: 'a', host: '-n' }] }, 'targets.0.host'],
    ['a name that is no label', { targets: [{ name: 'A b', host: 'a' }] }, 'targets.0.name'],
    ['two of one name', { targets: [target, target] }, 'two have one name'],
    ['a field that nobody knows', { targets: [{ ...target, hots: 'a' }] }, 'hots'],
    ['too many packets', { targets: [target], packets: 1000 }, 'packets'],
  ])('is refused with %s', (_, json, problem) => {
    expect(() => networkPathsFile(json)).toThrow(problem);
  });
});
