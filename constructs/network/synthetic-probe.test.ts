import { Duration } from 'cdk8s';
import { images } from '../images';
import { Deployment } from '../core/deployment';
import { Probe } from '../core/probe';
import { testApp } from '../testing';
import { SyntheticProbe } from './synthetic-probe';

function moduleOf(probe: SyntheticProbe) {
  const pods = new Deployment(testApp().chart('network'), 'pods', {
    name: 'pods',
    instance: 'pods',
    runAs: { user: 1000 },
    container: {
      image: images.blackboxExporter,
      resources: { cpu: '10m', memory: '16Mi' },
      readiness: Probe.tcp('http'),
      liveness: Probe.tcp('http'),
    },
  });
  return probe.connect(pods);
}

const url = 'https://shop.example.org/';

describe('A probe', () => {
  it('by HTTP says what is sent and what has to come back', () => {
    const probe = SyntheticProbe.http('shop', `${url}health?full=1`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      requestBody: '{}',
      status: [200, 202],
      body: { matches: ['ok'], lacks: ['maintenance'] },
      answerHeaders: { 'Content-Type': { matches: ['json'] }, 'X-Debug': { lacks: ['.'] } },
      followRedirects: true,
      timeout: Duration.millis(1500),
      preferred: 'ip6',
      tls: { ca: 'own-ca', serverName: 'shop' },
    });
    expect(probe.address).toBe('https://shop.example.org/health?full=1');
    expect(moduleOf(probe)).toEqual({
      prober: 'http',
      timeout: '1.5s',
      http: {
        preferred_ip_protocol: 'ip6',
        method: 'POST',
        follow_redirects: true,
        body_size_limit: '10MB',
        headers: { 'Content-Type': 'application/json' },
        body: '{}',
        valid_status_codes: [200, 202],
        fail_if_body_not_matches_regexp: ['ok'],
        fail_if_body_matches_regexp: ['maintenance'],
        fail_if_header_not_matches: [{ header: 'Content-Type', regexp: 'json' }],
        fail_if_header_matches: [{ header: 'X-Debug', regexp: '.', allow_missing: true }],
        tls_config: { ca_file: '/etc/plumbline/tls/own-ca-ca-crt/ca.crt', server_name: 'shop' },
      },
    });
  });

  it('of a gateway without a credential expects to be refused, unless it is told otherwise', () => {
    const codes = (probe: SyntheticProbe) => (moduleOf(probe)['http'] as Record<string, unknown>)['valid_status_codes'];
    expect(codes(SyntheticProbe.gateway('a', url))).toEqual([401, 403]);
    expect(codes(SyntheticProbe.gateway('a', url, { refuses: false }))).toBeUndefined();
    expect(codes(SyntheticProbe.gateway('a', url, { credential: { secret: 's', key: 'k' } }))).toBeUndefined();
    expect(codes(SyntheticProbe.gateway('a', url, { status: [429] }))).toEqual([429]);
  });

  it('of a delivery network asks for the sign of a cache', () => {
    const headers = (probe: SyntheticProbe) =>
      (moduleOf(probe)['http'] as Record<string, unknown>)['fail_if_header_not_matches'];
    expect(headers(SyntheticProbe.cdn('a', url))).toEqual([{ header: 'Age', regexp: '^[0-9]+$' }]);
    const own = SyntheticProbe.cdn('a', url, { cached: { 'X-Cache': { matches: ['(?i)^hit'] } } });
    expect(headers(own)).toEqual([{ header: 'X-Cache', regexp: '(?i)^hit' }]);
  });

  it('by TCP may talk, and by TLS is encrypted from the first byte, or from where it asks for it', () => {
    expect(
      moduleOf(SyntheticProbe.tcp('a', { host: 'a.example.org', port: 22 }, { conversation: [{ expect: '^SSH-2' }] })),
    ).toEqual({
      prober: 'tcp',
      timeout: '5s',
      tcp: { preferred_ip_protocol: 'ip4', query_response: [{ expect: '^SSH-2' }] },
    });
    expect(moduleOf(SyntheticProbe.tls('a', { host: 'a.example.org', port: 993 }, { verified: false }))).toMatchObject({
      tcp: { tls: true, tls_config: { insecure_skip_verify: true } },
    });
    const conversation = [{ expect: '^220' }, { send: 'STARTTLS' }, { expect: '^220' }, { startTls: true }];
    const later = moduleOf(SyntheticProbe.tls('a', { host: 'a.example.org', port: 25 }, { conversation }));
    expect(later['tcp']).not.toHaveProperty('tls');
    expect(later['tcp']).toHaveProperty('query_response', [
      { expect: '^220' },
      { send: 'STARTTLS' },
      { expect: '^220' },
      { starttls: true },
    ]);
  });

  it('by DNS wants a record, or whatever it is told that there should be', () => {
    const dns = (probe: SyntheticProbe) => moduleOf(probe)['dns'];
    expect(dns(SyntheticProbe.dns('a', '192.0.2.53', { query: 'a.example.org' }))).toEqual({
      preferred_ip_protocol: 'ip4',
      query_name: 'a.example.org',
      query_type: 'A',
      transport_protocol: 'udp',
      valid_rcodes: ['NOERROR'],
      validate_answer_rrs: { fail_if_none_matches_regexp: ['.'] },
    });
    const gone = SyntheticProbe.dns('a', '192.0.2.53', { query: 'gone.example.org', type: 'MX', codes: ['NXDOMAIN'] });
    expect(dns(gone)).not.toHaveProperty('validate_answer_rrs');
    const own = SyntheticProbe.dns('a', '2001:db8::53', {
      query: 'a.example.org',
      transport: 'tcp',
      answers: { lacks: ['\\t10\\.'] },
    });
    expect(own.address).toBe('[2001:db8::53]:53');
    expect(dns(own)).toHaveProperty('validate_answer_rrs.fail_if_matches_regexp', ['\\t10\\.']);
  });

  it('knows what is slow for its kind', () => {
    const seconds = (probe: SyntheticProbe) => probe.slow.toMilliseconds();
    expect(seconds(SyntheticProbe.http('a', url))).toBe(2000);
    expect(seconds(SyntheticProbe.dns('a', '192.0.2.53', { query: 'a.example.org' }))).toBe(500);
    expect(seconds(SyntheticProbe.http('a', url, { link: 'there' }))).toBe(200);
    expect(seconds(SyntheticProbe.http('a', url, { slow: Duration.seconds(9) }))).toBe(9000);
  });
});

describe('What cannot be asked', () => {
  it.each<[string, () => SyntheticProbe, string]>([
    ['what is no URL', () => SyntheticProbe.http('a', 'shop.example.org'), 'a.url'],
    ['another scheme', () => SyntheticProbe.http('a', 'ftp://shop.example.org/'), 'a URL of http or https'],
    ['a fragment', () => SyntheticProbe.http('a', `${url}#top`), 'a fragment is not'],
    [
      'a secret header',
      () => SyntheticProbe.http('a', url, { headers: { authorization: 'Bearer x' } }),
      'see `credential`',
    ],
    ['a header of two lines', () => SyntheticProbe.http('a', url, { headers: { 'X-A': 'b\nc' } }), 'one line'],
    ['a header that is none', () => SyntheticProbe.http('a', url, { headers: { 'X A': 'b' } }), 'the name of a header'],
    ['no code', () => SyntheticProbe.http('a', url, { status: [] }), 'a.status'],
    ['a code that is none', () => SyntheticProbe.http('a', url, { status: [42] }), 'from 100 to 599'],
    ['to look ahead', () => SyntheticProbe.http('a', url, { body: { matches: ['a(?!b)'] } }), 'RE2'],
    ['to remember', () => SyntheticProbe.http('a', url, { body: { lacks: ['(a)\\1'] } }), 'RE2'],
    ['nothing of a body', () => SyntheticProbe.http('a', url, { body: {} }), 'what is expected'],
    [
      'an empty step',
      () => SyntheticProbe.tcp('a', { host: 'b', port: 1 }, { conversation: [{}] }),
      'a.conversation[0]',
    ],
    ['an address for a name', () => SyntheticProbe.dns('a', '192.0.2.53', { query: '192.0.2.1' }), 'a name of DNS'],
    ['no code of DNS', () => SyntheticProbe.dns('a', '192.0.2.53', { query: 'b', codes: [] }), 'at least one code'],
    ['a port that is none', () => SyntheticProbe.tcp('a', { host: 'b', port: 70000 }), 'port of b'],
    ['no time', () => SyntheticProbe.icmp('a', '192.0.2.1', { timeout: Duration.seconds(0) }), 'a.timeout'],
  ])('is %s', (_, make, message) => {
    expect(make).toThrow(message);
  });

  it('is a URL with a password, which no message repeats', () => {
    const make = () => SyntheticProbe.http('a', 'https://user:hunter2@shop.example.org/');
    expect(make).toThrow('see `credential`');
    expect(make).not.toThrow('hunter2');
    expect(() => SyntheticProbe.http('a', 'gopher://user:hunter2@shop.example.org/')).not.toThrow('hunter2');
  });

  it('may have what only looks like it: an escaped backslash before a digit', () => {
    expect(() => SyntheticProbe.http('a', url, { body: { matches: ['C:\\\\1', '(?:a)(?i)b'] } })).not.toThrow();
  });
});
