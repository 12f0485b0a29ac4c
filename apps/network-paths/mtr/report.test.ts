import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MeasurementError } from './measurement';
import { canonical, parseReport } from './report';

/** As mtr 0.95 printed it. */
const recorded = (name: string) => readFileSync(join(__dirname, 'fixtures', `${name}.json`), 'utf8');
const hub = (changes: object = {}) => ({
  count: 1,
  host: '192.0.2.1',
  'Loss%': 0,
  Snt: 10,
  Last: 1,
  Avg: 1,
  Best: 1,
  Wrst: 1,
  StDev: 0,
  ...changes,
});
const reportOf = (...hubs: readonly object[]) => JSON.stringify({ report: { mtr: {}, hubs } });
const hosts = (text: string, address: string) => parseReport(text, address).hops.map(({ host }) => host);

describe('A report of mtr', () => {
  it('is a path to its target, with times and loss of each hop', () => {
    const { reached, hops } = parseReport(recorded('reached'), '203.0.113.9');
    expect(reached).toBe(true);
    expect(hops.map(({ number, host, loss }) => [number, host, loss])).toEqual([
      [1, '198.51.100.1', 0],
      [2, '198.51.100.6', 0],
      [3, '203.0.113.9', 0],
    ]);
    for (const { rtt } of hops) expect(rtt?.best).toBeLessThanOrEqual(rtt?.worst ?? 0);
  });

  it('is one of IPv6, however the address was spelt', () => {
    expect(parseReport(recorded('ipv6'), '2001:0DB8:3:0::9')).toMatchObject({
      reached: true,
      address: '2001:db8:3::9',
    });
    expect(canonical('fe80::1%eth0')).toBe('fe80::1');
  });

  it('has hops that do not answer, without an address and without times, and targets that answer now and then', () => {
    const { hops } = parseReport(recorded('silent-and-lossy'), '203.0.113.9');
    expect(hops[0]).toEqual({ number: 1, host: undefined, sent: 6, loss: 1, rtt: undefined });
    expect(hops[2]).toMatchObject({ host: '203.0.113.9', loss: 0.5 });
  });

  it('ends at the router that calls the target unreachable, however often it does', () => {
    const { reached, hops } = parseReport(recorded('unreachable'), '203.0.113.77');
    expect(reached).toBe(false);
    expect(hops.map(({ host }) => host)).toEqual(['198.51.100.1', '198.51.100.6']);
  });

  it('ends where nothing comes back any more', () => {
    expect(hosts(recorded('dead'), '203.0.113.9')).toEqual(['198.51.100.1']);
    expect(hosts(reportOf(hub({ host: '???', 'Loss%': 100 })), '203.0.113.9')).toEqual([]);
  });

  it('keeps a circle in which packets go round', () => {
    const circle = ['192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.2'];
    expect(hosts(reportOf(...circle.map((host, index) => hub({ count: index + 1, host }))), '203.0.113.9')).toEqual(
      circle,
    );
  });

  it('may have numbers as texts, as older ones do, and hops in any order', () => {
    const text = reportOf(hub({ count: '2', host: '203.0.113.9', 'Loss%': '10.0' }), hub());
    expect(parseReport(text, '203.0.113.9').hops.map(({ number, loss }) => [number, loss])).toEqual([
      [1, 0],
      [2, 0.1],
    ]);
  });

  it.each([
    ['', 'no JSON'],
    ['{"report": ', 'no JSON'],
    ['[]', 'no report'],
    ['{"report": {"hubs": "none"}}', 'report.hubs'],
    [reportOf(hub({ 'Loss%': 101 })), 'Loss%'],
    [reportOf(hub({ count: 0 })), 'count'],
    [reportOf(hub({ Avg: -1 })), 'Avg'],
    [reportOf(hub({ host: 'x'.repeat(300) })), 'host'],
    [reportOf(...Array.from({ length: 300 }, () => hub())), 'hubs'],
  ])('is refused if it is none: %.40s', (text, problem) => {
    const parse = () => parseReport(text, '203.0.113.9');
    expect(parse).toThrow(MeasurementError);
    expect(parse).toThrow(problem);
  });
});
