import type { AlertCase } from '../core/alert-case.testing';

/** Of probes as `everyKind` has them, by an exporter named `blackbox-exporter`. */
const exporter = 'job="blackbox-exporter", instance="10.0.0.1:9115"';

interface Asked {
  readonly target: string;
  readonly probe: string;
  readonly instance: string;
  readonly site?: string;
  readonly link?: string;
}

const shop: Asked = { target: 'shop', probe: 'http', instance: 'https://shop.example.org/health', site: 'berlin' };
const assets: Asked = { target: 'assets', probe: 'cdn', instance: 'https://cdn.example.org/logo.svg' };
const mail: Asked = { target: 'mail', probe: 'tls', instance: 'mail.example.org:993' };
const names: Asked = { target: 'names', probe: 'dns', instance: '192.0.2.53:53' };
const link: Asked = {
  target: 'berlin-virginia',
  probe: 'icmp',
  instance: '192.0.2.10',
  site: 'virginia',
  link: 'berlin-virginia',
};

const job = 'blackbox-exporter-probes';
const labelsOf = (asked: Asked, severity: string) => ({ job, ...asked, severity });
const of = (metric: string, asked: Asked, more: Readonly<Record<string, string>> = {}) =>
  `${metric}{${Object.entries({ job, ...asked, ...more })
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}}`;

/** What comes of a probe by HTTP. */
const http = (asked: Asked, success: number, code: number, regex = 0, duration = 0.1) => ({
  [of('up', asked)]: '1x60',
  [of('probe_success', asked)]: `${success}x60`,
  [of('probe_http_status_code', asked)]: `${code}x60`,
  [of('probe_failed_due_to_regex', asked)]: `${regex}x60`,
  [of('probe_duration_seconds', asked)]: `${duration}x60`,
});
const other = (asked: Asked, success: number, duration = 0.01) => ({
  [of('up', asked)]: '1x60',
  [of('probe_success', asked)]: `${success}x60`,
  [of('probe_duration_seconds', asked)]: `${duration}x60`,
});
const ping = (seconds: number, success = 1) => ({
  ...other(link, success),
  [of('probe_icmp_duration_seconds', link, { phase: 'rtt' })]: `${seconds}x60`,
});
/** Days that a certificate holds from the beginning of the test. */
const certificate = (days: number) => ({
  ...other(mail, 1),
  [of('probe_ssl_earliest_cert_expiry', mail)]: `${days * 24 * 3600}x60`,
});

export const blackboxAlertCases: readonly AlertCase[] = [
  {
    alert: 'BlackboxExporterDown',
    fires: { [`up{${exporter}}`]: '0x60' },
    silent: { [`up{${exporter}}`]: '1x60' },
    labels: { job: 'blackbox-exporter', severity: 'critical' },
  },
  {
    alert: 'ProbesNotRunning',
    fires: { ...http(shop, 1, 200), [of('up', mail)]: '1x5 0x60' },
    silent: http(shop, 0, 503),
    labels: { job, severity: 'warning' },
  },
  {
    alert: 'EndpointDown',
    fires: http(shop, 0, 0),
    silent: { ...http(shop, 0, 503), ...other(names, 0), ...other(link, 0) },
    labels: labelsOf(shop, 'critical'),
  },
  {
    alert: 'EndpointServerErrors',
    fires: http(shop, 0, 503),
    // One that is meant to answer so.
    silent: http(shop, 1, 503),
    labels: labelsOf(shop, 'critical'),
  },
  {
    alert: 'EndpointAnswersWrong',
    fires: http(shop, 0, 200, 1),
    silent: { ...http(shop, 0, 502), ...http(assets, 0, 200, 1) },
    labels: labelsOf(shop, 'critical'),
  },
  {
    alert: 'EndpointSlow',
    // Of two limits, the one that is its own.
    fires: { ...http(assets, 1, 200, 0, 0.6), ...http(shop, 1, 200, 0, 0.6) },
    silent: { ...http(assets, 1, 200, 0, 0.4), ...http(shop, 0, 0, 0, 5) },
    labels: labelsOf(assets, 'warning'),
  },
  {
    alert: 'CdnAnswersUncached',
    fires: http(assets, 0, 200, 1),
    silent: { ...http(assets, 0, 404), ...http(shop, 0, 200, 1) },
    labels: labelsOf(assets, 'warning'),
  },
  {
    alert: 'EndpointCertificateExpiring',
    fires: certificate(20),
    silent: certificate(22),
    labels: labelsOf(mail, 'warning'),
  },
  {
    alert: 'EndpointCertificateExpiresSoon',
    fires: certificate(6),
    silent: certificate(20),
    labels: labelsOf(mail, 'critical'),
  },
  {
    alert: 'DnsProbeFailing',
    fires: other(names, 0),
    silent: { ...other(names, 1), ...http(shop, 0, 0) },
    labels: labelsOf(names, 'critical'),
  },
  {
    alert: 'DnsProbeSlow',
    fires: other(names, 1, 0.7),
    silent: { ...other(names, 0, 5), ...http(shop, 1, 200, 0, 0.7) },
    labels: labelsOf(names, 'warning'),
  },
  {
    alert: 'LinkUnreachable',
    fires: ping(0, 0),
    silent: { ...ping(0.02), ...other(mail, 0) },
    labels: labelsOf(link, 'critical'),
  },
  {
    alert: 'LinkRoundTripHigh',
    fires: ping(0.3),
    silent: ping(0.1),
    labels: labelsOf(link, 'warning'),
  },
];
