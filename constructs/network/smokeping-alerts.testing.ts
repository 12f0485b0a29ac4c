import type { AlertCase, TestSeries } from '../core/alert-case.testing';
import type { NetworkTarget } from './target';

/** Two ends of a link, and one behind none. */
export const smokepingTargets: readonly NetworkTarget[] = [
  { name: 'fra-edge', host: '192.0.2.1', region: 'eu', site: 'fra', provider: 'aws', link: 'ber-fra' },
  { name: 'fra-core', host: '192.0.2.2', region: 'eu', site: 'fra', provider: 'aws', link: 'ber-fra' },
  { name: 'resolver', host: '203.0.113.53' },
];

const job = 'smokeping-prober';
const edge = {
  job,
  host: '192.0.2.1',
  target: 'fra-edge',
  region: 'eu',
  site: 'fra',
  provider: 'aws',
  link: 'ber-fra',
};
const warning = { ...edge, severity: 'warning' };

/** Of a target: pings a minute, how many are answered, and of those how many within 10 ms, 150 ms and 300 ms. */
interface Pinged {
  readonly answered?: string;
  readonly within?: readonly [fast: string, slow: string, slower: string];
}

function pings(host: string, { answered = '0+60x60', within = [answered, answered, answered] }: Pinged): TestSeries {
  const of = `job="${job}", instance="10.0.0.9:9374", host="${host}", ip="${host}", source=""`;
  const bucket = (le: string) => `smokeping_response_duration_seconds_bucket{${of}, le="${le}"}`;
  const [fast, slow, slower] = within;
  return {
    [`smokeping_requests_total{${of}}`]: '0+60x60',
    [`smokeping_response_duration_seconds_count{${of}}`]: answered,
    [bucket('0.005')]: '0x60',
    [bucket('0.01')]: fast,
    [bucket('0.15')]: slow,
    [bucket('0.3')]: slower,
    [bucket('+Inf')]: answered,
  };
}

const well = { ...pings('192.0.2.1', {}), ...pings('192.0.2.2', {}), ...pings('203.0.113.53', {}) };
const both = (pinged: Pinged) => ({ ...well, ...pings('192.0.2.1', pinged), ...pings('192.0.2.2', pinged) });
const one = (pinged: Pinged) => ({ ...well, ...pings('192.0.2.1', pinged) });
const probed = (container: string, result: string) =>
  `prober_probe_total{namespace="network", pod="smokeping-0", container="${container}", probe_type="Readiness", result="${result}"}`;
/** A median in seconds, as it is recorded. */
const median = (values: string): TestSeries => {
  const labels = Object.entries(edge).map(([key, value]) => `${key}="${value}"`);
  return { [`target:smokeping_round_trip_seconds:p50_rate5m{${labels.join(', ')}}`]: values };
};

/** Of the targets above, measured by a prober of the component `smokeping`. */
export const smokepingAlertCases: readonly AlertCase[] = [
  {
    alert: 'SmokepingProberDown',
    fires: { [`up{job="${job}", instance="10.0.0.9:9374"}`]: '0x30' },
    silent: { [`up{job="${job}", instance="10.0.0.9:9374"}`]: '1x30' },
    labels: { job, severity: 'critical' },
  },
  {
    alert: 'SmokepingDown',
    // Its page opens, and nothing new is on it.
    fires: {
      [probed('smokeping', 'successful')]: '0+2x60',
      [probed('daemon', 'successful')]: '0+2x10 20x50',
      [probed('daemon', 'failed')]: '0x10 0+2x50',
    },
    silent: { [probed('smokeping', 'successful')]: '0+2x60', [probed('daemon', 'successful')]: '0+2x60' },
    labels: { namespace: 'network', workload: 'smokeping', severity: 'critical' },
  },
  {
    alert: 'NetworkLinkDown',
    // They have answered before.
    fires: both({ answered: '0+60x10 600x50' }),
    silent: one({ answered: '0+60x10 600x50' }),
    labels: { job, link: 'ber-fra', severity: 'critical' },
  },
  {
    alert: 'NetworkTargetDown',
    fires: one({ answered: '0x60' }),
    // Who is told of a link is not told of what is behind it, too.
    silent: both({ answered: '0x60' }),
    labels: { ...edge, severity: 'critical' },
  },
  {
    alert: 'NetworkPacketLoss',
    fires: one({ answered: '0+54x60' }),
    silent: one({ answered: '0+58x60' }),
    labels: warning,
  },
  {
    alert: 'NetworkLatencyHigh',
    fires: one({ within: ['0x60', '0x60', '0+60x60'] }),
    silent: one({ within: ['0x60', '0+60x60', '0+60x60'] }),
    labels: warning,
  },
  {
    alert: 'NetworkLatencyRaised',
    fires: median('0.02x1500 0.05x60'),
    // From two milliseconds to five is more than twice as long, and nothing.
    silent: median('0.002x1500 0.005x60'),
    labels: warning,
    after: 1540,
  },
  {
    alert: 'NetworkJitterHigh',
    fires: one({ within: ['0+54x60', '0+60x60', '0+60x60'] }),
    silent: one({ within: ['0+59x60', '0+60x60', '0+60x60'] }),
    labels: warning,
  },
];
