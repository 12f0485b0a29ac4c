import { policyRules, type PolicyObject, type PodObject } from './policies';

const range = '10.244.0.0/24';
const namespaces = [
  { metadata: { name: 'shop', labels: { team: 'shop' } } },
  { metadata: { name: 'data', labels: { team: 'data' } } },
];

function pod(
  name: string,
  podIP: string,
  namespace = 'shop',
  ports: PodObject['spec']['containers'][number]['ports'] = [],
): PodObject {
  return { metadata: { name, namespace, labels: { app: name } }, spec: { containers: [{ ports }] }, status: { podIP } };
}

function policy(spec: PolicyObject['spec'], namespace = 'shop'): PolicyObject {
  return { metadata: { name: 'policy', namespace }, spec };
}

/** Rules of a chain, without its name. */
function chainOf(text: string, name: string): readonly string[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith(`-A ${name} `))
    .map((line) => line.slice(`-A ${name} `.length));
}

describe('NetworkPolicies as iptables', () => {
  const web = pod('web', '10.244.0.2');
  const store = pod('store', '10.244.0.3', 'data', [{ name: 'sql', containerPort: 5432 }]);

  it('let nobody through whose pod is not known yet', () => {
    const rules = policyRules({ namespaces, pods: [], policies: [] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG')).toEqual([`-s ${range} -j DROP`]);
    expect(chainOf(rules, 'PLUMBLINE-IN')).toEqual([`-d ${range} -j DROP`]);
    expect(chainOf(rules, 'PLUMBLINE')[0]).toContain('ESTABLISHED,RELATED -j RETURN');
  });

  it('let a pod that no policy selects do everything', () => {
    const rules = policyRules({ namespaces, pods: [web], policies: [] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG')).toEqual(['-s 10.244.0.2/32 -j RETURN', `-s ${range} -j DROP`]);
  });

  it('let a pod that is denied everything do nothing', () => {
    const denied = policy({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const rules = policyRules({ namespaces, pods: [web, store], policies: [denied] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG-10-244-0-2')).toEqual(['-j DROP']);
    expect(chainOf(rules, 'PLUMBLINE-IN-10-244-0-2')).toEqual(['-j DROP']);
    // It is in another namespace.
    expect(chainOf(rules, 'PLUMBLINE-IN')).toContain('-d 10.244.0.3/32 -j RETURN');
  });

  it('open what both ends say, by labels of namespace and pod, and ports by the destination’s names', () => {
    const out = policy({
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { namespaceSelector: { matchLabels: { team: 'data' } }, podSelector: { matchLabels: { app: 'store' } } },
          ],
          ports: [{ port: 'sql' }, { port: 'nothing' }],
        },
      ],
    });
    const into = policy(
      { ingress: [{ from: [{ namespaceSelector: { matchExpressions: [{ key: 'team', operator: 'Exists' }] } }] }] },
      'data',
    );
    const rules = policyRules({ namespaces, pods: [web, store], policies: [out, into] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG-10-244-0-2')).toEqual([
      '-d 10.244.0.3/32 -p tcp --dport 5432 -j RETURN',
      '-j DROP',
    ]);
    expect(chainOf(rules, 'PLUMBLINE-IN-10-244-0-3')).toEqual([
      '-s 10.244.0.2/32 -j RETURN',
      '-s 10.244.0.3/32 -j RETURN',
      '-j DROP',
    ]);
    expect(chainOf(rules, 'PLUMBLINE-EG')).toContain('-s 10.244.0.3/32 -j RETURN');
  });

  it('open ranges of addresses and of ports', () => {
    const api = policy({
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ ipBlock: { cidr: '0.0.0.0/0' } }, { ipBlock: { cidr: '::/0' } }],
          ports: [{ port: 6443, endPort: 6500 }],
        },
        { ports: [{ protocol: 'UDP', port: 53 }] },
      ],
    });
    const rules = policyRules({ namespaces, pods: [web], policies: [api] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG-10-244-0-2')).toEqual([
      '-d 0.0.0.0/0 -p tcp --dport 6443:6500 -j RETURN',
      '-d 0.0.0.0/0 -p udp --dport 53 -j RETURN',
      '-j DROP',
    ]);
  });

  it('leave out the ranges that are excepted', () => {
    const excepted = policy({
      policyTypes: ['Egress'],
      egress: [
        {
          to: [
            { ipBlock: { cidr: '10.0.0.0/8', except: ['10.128.0.0/10', '10.0.0.0/9', '192.168.0.0/16', 'fc00::/7'] } },
          ],
        },
        { to: [{ ipBlock: { cidr: '172.16.0.0/12', except: ['0.0.0.0/0'] } }] },
      ],
    });
    const rules = policyRules({ namespaces, pods: [web], policies: [excepted] }, range);
    expect(chainOf(rules, 'PLUMBLINE-EG-10-244-0-2')).toEqual(['-d 10.192.0.0/10 -j RETURN', '-j DROP']);
  });

  it('leave out a range of everything, and allow all the rest', () => {
    const excepted = policy({
      policyTypes: ['Egress'],
      egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['10.0.0.0/8', '169.254.0.0/16'] } }] }],
    });
    const allowed = chainOf(
      policyRules({ namespaces, pods: [web], policies: [excepted] }, range),
      'PLUMBLINE-EG-10-244-0-2',
    )
      .filter((rule) => rule.endsWith('RETURN'))
      .map((rule) => Number(/\/(\d+)/.exec(rule)?.[1]));
    const addresses = allowed.reduce((sum, bits) => sum + 2 ** (32 - bits), 0);
    expect(addresses).toBe(2 ** 32 - 2 ** 24 - 2 ** 16);
  });
});
