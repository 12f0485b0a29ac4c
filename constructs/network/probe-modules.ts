import type { ClientTls } from '../core/connection';
import { defined, whereGiven } from '../core/defined';
import { tlsSection } from '../core/tls-settings';
import { prometheusTlsNames } from '../metrics/prometheus-config';

/** Parts of a text that an answer has to have, or must not have: expressions of RE2, each found anywhere in it. */
export interface Expectation {
  readonly matches?: readonly string[];
  readonly lacks?: readonly string[];
}

/** What is sent with a request, from a Secret in the exporter's namespace. */
export interface ProbeCredential {
  /** Name of the Secret, which somebody else makes. */
  readonly secret: string;
  readonly key: string;
  /** Header that has the value. @default 'Authorization' */
  readonly header?: string;
  /** What stands before the value in `Authorization`. @default 'Bearer' */
  readonly type?: string;
}

/** What a request says, and what its answer has to be. */
export interface HttpQuestion {
  /** @default 'GET' */
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'OPTIONS';
  /** Of the request; not for what is secret. @default - none but those of the exporter */
  readonly headers?: Readonly<Record<string, string>>;
  /** @default - none is sent */
  readonly credential?: ProbeCredential;
  /** What is sent. @default - nothing */
  readonly requestBody?: string;
  /** Codes that are right. @default - 200 to 299 */
  readonly status?: readonly number[];
  /** Of the answer's text, up to 10 MB of it. @default - it may be anything */
  readonly body?: Expectation;
  /** Of headers of the answer, by name. A header that has to match has to be there. @default - they may be anything */
  readonly answerHeaders?: Readonly<Record<string, Expectation>>;
  /** Whether it is asked again where an answer sends it: the policy has to let it go there. @default false */
  readonly followRedirects?: boolean;
}

/** A line that is waited for, or sent, or that the connection is encrypted from here on. */
export interface ConversationStep {
  /** An expression of RE2 that one of the next lines has to match. */
  readonly expect?: string;
  /** Sent as a line. */
  readonly send?: string;
  readonly startTls?: boolean;
}

/** What is asked of a name server, and what is right. */
export interface DnsQuestion {
  /** The name that is asked for. */
  readonly query: string;
  /** @default 'A' */
  readonly type?: 'A' | 'AAAA' | 'CNAME' | 'MX' | 'NS' | 'PTR' | 'SOA' | 'SRV' | 'TXT';
  /** @default 'udp' */
  readonly transport?: 'udp' | 'tcp';
  /** What the records have to be, as in a zone file: at least one matches, and none that may not be there. @default - there has to be one */
  readonly answers?: Expectation;
  /** Answers that are right; others than `NOERROR` have no records. @default ['NOERROR'] */
  readonly codes?: readonly ('NOERROR' | 'NXDOMAIN' | 'REFUSED' | 'SERVFAIL')[];
}

/** What is known once the way to a target is open. */
export interface OpenedWay {
  /** @default - plain text, or as the image trusts it */
  readonly tls?: ClientTls;
  /** Where the value of a credential is. @default - there is none */
  readonly credentialFile?: string;
}

/** How every kind of probe goes about it. */
export interface ModuleTerms {
  readonly timeoutSeconds: number;
  /** Which of its addresses is asked, if it has both. */
  readonly preferred: 'ip4' | 'ip6';
}

/** What a module of the exporter's configuration is. */
export interface ProbeModule {
  readonly prober: 'http' | 'tcp' | 'dns' | 'icmp';
  readonly timeout: string;
  readonly [prober: string]: unknown;
}

/** @see https://github.com/prometheus/blackbox_exporter/blob/v0.28.0/CONFIGURATION.md */
export function httpModule(terms: ModuleTerms, question: HttpQuestion, way: OpenedWay): ProbeModule {
  const { method = 'GET', headers, requestBody, status, body = {}, answerHeaders = {}, followRedirects } = question;
  const ofHeaders = (side: keyof Expectation) =>
    Object.entries(answerHeaders).flatMap(([header, expected]) =>
      (expected[side] ?? []).map((regexp) => ({
        header,
        regexp,
        ...(side === 'lacks' && { allow_missing: true }),
      })),
    );
  return moduleOf('http', terms, {
    method,
    follow_redirects: followRedirects ?? false,
    // An answer without end would fill the memory of the exporter.
    body_size_limit: '10MB',
    ...defined({ headers, body: requestBody, valid_status_codes: status }),
    ...listed('fail_if_body_not_matches_regexp', body.matches),
    ...listed('fail_if_body_matches_regexp', body.lacks),
    ...listed('fail_if_header_not_matches', ofHeaders('matches')),
    ...listed('fail_if_header_matches', ofHeaders('lacks')),
    ...sent(question.credential, way.credentialFile),
    ...tlsSection('tls_config', way.tls, prometheusTlsNames),
  });
}

/** @param verified whether the certificate has to be of an authority that is trusted */
export function tcpModule(
  terms: ModuleTerms,
  conversation: readonly ConversationStep[],
  { verified = true, ...way }: OpenedWay & { readonly verified?: boolean },
): ProbeModule {
  const { tls_config: known = {} } = tlsSection('tls_config', way.tls, prometheusTlsNames);
  const config = { ...known, ...(!verified && { insecure_skip_verify: true }) };
  const later = conversation.some(({ startTls }) => startTls === true);
  return moduleOf('tcp', terms, {
    ...(later ? {} : whereGiven(way.tls, () => ({ tls: true }))),
    ...(Object.keys(config).length > 0 && { tls_config: config }),
    ...listed(
      'query_response',
      conversation.map(({ expect, send, startTls }) => defined({ expect, send, starttls: startTls })),
    ),
  });
}

export function dnsModule(terms: ModuleTerms, question: DnsQuestion): ProbeModule {
  const { query, type = 'A', transport = 'udp', codes = ['NOERROR'], answers = {} } = question;
  // Else a name that is there without such records would be right.
  const { matches = codes.includes('NOERROR') && codes.length === 1 ? ['.'] : [], lacks } = answers;
  const records = {
    ...listed('fail_if_none_matches_regexp', matches),
    ...listed('fail_if_matches_regexp', lacks),
  };
  return moduleOf('dns', terms, {
    query_name: query,
    query_type: type,
    transport_protocol: transport,
    valid_rcodes: codes,
    ...(Object.keys(records).length > 0 && { validate_answer_rrs: records }),
  });
}

export function icmpModule(terms: ModuleTerms): ProbeModule {
  return moduleOf('icmp', terms, {});
}

function moduleOf(
  prober: ProbeModule['prober'],
  { timeoutSeconds, preferred }: ModuleTerms,
  settings: object,
): ProbeModule {
  return { prober, timeout: `${timeoutSeconds}s`, [prober]: { preferred_ip_protocol: preferred, ...settings } };
}

function sent(credential: ProbeCredential | undefined, file: string | undefined): object {
  if (credential === undefined || file === undefined) return {};
  const { header = 'Authorization', type = 'Bearer' } = credential;
  if (header.toLowerCase() === 'authorization') return { authorization: { type, credentials_file: file } };
  return { http_headers: { [header]: { files: [file] } } };
}

function listed(field: string, values: readonly unknown[] = []): object {
  return values.length === 0 ? {} : { [field]: values };
}
