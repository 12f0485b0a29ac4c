import { thesis } from '../verify/testing';
import { dnsPeersOf, egressPolicies, isIn, letsOut, policiesFor } from './policies';

describe('policies as they are rendered', () => {
  const policies = egressPolicies(thesis());
  const job = { 'app.kubernetes.io/name': 'credentials', 'app.kubernetes.io/instance': 'credentials' };

  it('let the one who asks the API server out to its usual ports, and to no other', () => {
    const own = policiesFor(policies, 'plumbline', job);
    expect(own.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['credentials', 'default-deny']));
    expect([443, 6443, 7443].map((port) => letsOut(own, '172.18.0.2', port))).toEqual([true, true, false]);
  });

  it('let nobody else out there', () => {
    const tempo = { 'app.kubernetes.io/name': 'tempo', 'app.kubernetes.io/instance': 'tempo' };
    expect(letsOut(policiesFor(policies, 'tempo', tempo), '172.18.0.2', 6443)).toBe(false);
  });

  it('name the pods that answer DNS', () => {
    expect(dnsPeersOf(thesis())).toContainEqual({ namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } });
  });
});

describe('an address', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['200.1.2.3', '0.0.0.0/0', true],
    ['192.168.1.7', '192.168.1.7/32', true],
    ['192.168.1.8', '192.168.1.7/32', false],
    ['fd00::1', '::/0', true],
    ['10.1.2.3', '::/0', false],
  ])('%s is in %s: %s', (address, cidr, is) => {
    expect(isIn(address, cidr)).toBe(is);
  });
});
