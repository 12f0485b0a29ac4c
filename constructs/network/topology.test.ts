import { network } from './blackbox.testing';
import { NetworkTopology, type NetworkTopologyProps } from './topology';

const valid: NetworkTopologyProps = {
  regions: ['eu'],
  sites: { berlin: { region: 'eu', provider: 'own' }, paris: { region: 'eu', provider: 'cloud' } },
  links: { there: { from: 'berlin', to: 'paris', host: '192.0.2.1' } },
};

describe('A topology of the network', () => {
  it('says what is at the other end of the links of a site', () => {
    expect(network.targetsFrom('virginia')).toEqual([
      {
        name: 'virginia-berlin',
        host: '198.51.100.4',
        region: 'eu-central',
        site: 'berlin',
        provider: 'own',
        link: 'virginia-berlin',
      },
    ]);
    expect(network.targetsFrom('berlin').map(({ host }) => host)).toEqual(['192.0.2.10', 'edge.virginia.example.org']);
    expect(network.targets).toHaveLength(3);
  });

  it('has the same targets probed, by echo requests or at a port, with what a round trip may take', () => {
    const probes = [...network.probesFrom('berlin'), ...network.probesFrom('virginia')];
    expect(probes.map(({ kind, address, slow }) => [kind, address, slow.toMilliseconds()])).toEqual([
      ['icmp', '192.0.2.10', 200],
      ['tcp', 'edge.virginia.example.org:443', 200],
      ['icmp', '198.51.100.4', 120],
    ]);
    expect(probes.map(({ target }) => target)).toEqual([
      ...network.targetsFrom('berlin'),
      ...network.targetsFrom('virginia'),
    ]);
  });

  it('knows where a site is', () => {
    expect(network.placeOf('virginia')).toEqual({ site: 'virginia', region: 'us-east', provider: 'aws' });
    expect(() => network.placeOf('paris')).toThrow('there is no site paris');
    expect(() => network.probesFrom('paris')).toThrow('there is no site paris');
  });

  it.each<[string, Partial<NetworkTopologyProps>, string]>([
    ['a site in no region', { regions: ['us'] }, 'there is no region eu'],
    ['a region without a site', { regions: ['eu', 'us'] }, 'regions is "us"'],
    ['a link to nowhere', { links: { there: { from: 'berlin', to: 'rome', host: '192.0.2.1' } } }, 'no site rome'],
    [
      'a link from nowhere',
      { links: { there: { from: 'toString', to: 'paris', host: '192.0.2.1' } } },
      'no site toString',
    ],
    ['a link to itself', { links: { there: { from: 'paris', to: 'paris', host: '192.0.2.1' } } }, 'another site'],
    ['a host that is none', { links: { there: { from: 'berlin', to: 'paris', host: 'a b' } } }, 'links[0].host'],
    ['a name that is no label', { links: { There: { from: 'berlin', to: 'paris', host: 'a' } } }, 'DNS label'],
    [
      'a port that is none',
      { links: { there: { from: 'berlin', to: 'paris', host: 'a', port: 0 } } },
      'links.there.port',
    ],
    ['no link', { links: {} }, 'at least one target'],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => new NetworkTopology({ ...valid, ...wrong })).toThrow(message);
  });
});
