import { checkedTargets, type NetworkTarget } from './target';

const target: NetworkTarget = { name: 'gateway', host: '192.0.2.1' };

describe('targets of the network', () => {
  it.each(['192.0.2.1', '2001:db8::1', 'fe80::1%eth0', 'router.example.org', 'localhost', '_dns.example.org.'])(
    'may be %s',
    (host) => {
      expect(checkedTargets('targets', [{ ...target, host }])).toHaveLength(1);
    },
  );

  it.each(['', 'a b', '-n', '$(id)', 'a;b', 'a\nb', 'http://a', 'a'.repeat(300), '--help'])('may not be %j', (host) => {
    expect(() => checkedTargets('targets', [{ ...target, host }])).toThrow('targets[0].host');
  });

  it('have names of their own, and there is one at least', () => {
    expect(() => checkedTargets('targets', [target, { ...target, host: '192.0.2.2' }])).toThrow('no other target has');
    expect(() => checkedTargets('targets', [])).toThrow('at least one target');
    expect(() => checkedTargets('targets', [{ ...target, name: 'A b' }])).toThrow('DNS label');
  });

  it('are in places that fit a label', () => {
    expect(() => checkedTargets('targets', [{ ...target, site: 'a"b' }])).toThrow('targets[0].site');
    expect(checkedTargets('targets', [{ ...target, site: 'Berlin 2', provider: 'aws/eu-central-1' }])).toHaveLength(1);
  });
});
