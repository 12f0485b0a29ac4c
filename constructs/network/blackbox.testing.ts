import { Duration } from 'cdk8s';
import { SyntheticProbe } from './synthetic-probe';
import { NetworkTopology } from './topology';

/** Two sites of two owners, with a link that is sent echo requests and one that is connected to. */
export const network = new NetworkTopology({
  regions: ['eu-central', 'us-east'],
  sites: {
    berlin: { region: 'eu-central', provider: 'own' },
    virginia: { region: 'us-east', provider: 'aws' },
  },
  links: {
    'berlin-virginia': { from: 'berlin', to: 'virginia', host: '192.0.2.10' },
    'berlin-virginia-tcp': { from: 'berlin', to: 'virginia', host: 'edge.virginia.example.org', port: 443 },
    'virginia-berlin': { from: 'virginia', to: 'berlin', host: '198.51.100.4', roundTrip: Duration.millis(120) },
  },
});

/** A probe of every kind. */
export const everyKind: readonly SyntheticProbe[] = [
  SyntheticProbe.http('shop', 'https://shop.example.org/health', {
    site: 'berlin',
    body: { matches: ['(?i)"status": *"ok"'], lacks: ['maintenance'] },
  }),
  SyntheticProbe.gateway('orders', 'https://api.example.org/v1/orders', {
    credential: { secret: 'probe', key: 'key' },
  }),
  SyntheticProbe.cdn('assets', 'https://cdn.example.org/logo.svg', { slow: Duration.millis(500) }),
  SyntheticProbe.tcp('broker', { host: '192.0.2.20', port: 9092 }),
  SyntheticProbe.tls('mail', { host: 'mail.example.org', port: 993 }, { verified: false }),
  SyntheticProbe.dns('names', '192.0.2.53', { query: 'shop.example.org' }),
  SyntheticProbe.icmp('router', '192.0.2.1'),
  ...network.probesFrom('berlin'),
];
