import { ports } from '../contracts';
import type { ValuePattern } from '../collection/value-pattern';
import type { Connection } from '../core/connection';
import { defined } from '../core/defined';
import type { ServerTls } from '../core/server-tls';
import { tenantHeader } from '../core/tenancy';
import { tlsSection, type TlsNames } from '../core/tls-settings';
import {
  alertProgram,
  commonProgram,
  fatalCondition,
  httpProgram,
  otlpProgram,
  syslogProgram,
} from './vector-programs';

/** How syslog comes. */
export type SyslogProtocol = 'tcp' | 'udp';

/** What a {@link vectorConfig} depends on. */
export interface VectorConfigOptions {
  /** Where lines go. */
  readonly store: Connection;
  /** @default - none: the store has one tenant */
  readonly tenant?: string;
  /** Labels of every line. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Bytes of what waits for the store, on the volume. */
  readonly bufferBytes: number;
  /** Lines of one service a second; more are dropped. */
  readonly linesPerSecond: number;
  /** What is taken out of lines and their metadata. */
  readonly patterns: readonly ValuePattern[];
  /** Services that may be named by who sends by HTTP. @default - nobody sends by HTTP */
  readonly http?: readonly string[];
  /** How syslog comes, and services that may be named by it. @default - none comes */
  readonly syslog?: { readonly protocols: readonly SyslogProtocol[]; readonly services: readonly string[] };
  /** Who is told of lines that are fatal, and where their runbook is. @default - nobody is */
  readonly alerts?: { readonly connection: Connection; readonly runbook: string };
  /** How it serves. @default - in plain text */
  readonly tls?: ServerTls;
}

/** Where it keeps what the store has not taken yet. */
export const vectorFolder = '/var/lib/vector';
/** Least that Vector takes for a buffer on disk: two files of 128 MiB, and their ledger. */
export const leastBufferBytes = 268_435_488;
/** Seconds in which people are told once of a service. */
const alertWindow = 300;

const everywhere = (port: number): string => `0.0.0.0:${port}`;
const tlsNames: TlsNames = { caFile: 'ca_file', serverName: 'server_name', certFile: 'crt_file', keyFile: 'key_file' };

/**
 * Configuration of Vector 0.57, which reads no files: lines come to it.
 *
 * What it has said it has is in the store or in the buffer on disk. Text between `${` and `}` stays as it is since 0.57, so replacements of
 * programs are not read as variables.
 *
 * @see https://vector.dev/docs/reference/configuration/
 */
export function vectorConfig(options: VectorConfigOptions): object {
  const { http, syslog, patterns, linesPerSecond } = options;
  const sources = [
    { id: 'otlp', output: 'otlp.logs', program: otlpProgram() },
    ...(http === undefined ? [] : [{ id: 'http', output: 'http', program: httpProgram(http) }]),
    ...(syslog?.protocols ?? []).map((protocol) => {
      const id = `syslog_${protocol}`;
      return { id, output: id, program: syslogProgram(syslog?.services ?? []) };
    }),
  ];
  const formed = sources.map(({ id }) => `formed_${id}`);
  return {
    data_dir: vectorFolder,
    api: { enabled: true, address: everywhere(ports.vectorApi) },
    sources: { own: { type: 'internal_metrics' }, ...receivers(options) },
    transforms: {
      ...Object.fromEntries(sources.map(({ id, output, program }) => [`formed_${id}`, remap([output], program)])),
      lines: remap(formed, commonProgram(patterns)),
      limited: {
        type: 'throttle',
        inputs: ['lines'],
        threshold: linesPerSecond,
        window_secs: 1,
        key_field: '{{ labels.service }}',
      },
      counted: counted(),
      ...(options.alerts !== undefined && alerting(options.alerts.runbook)),
    },
    sinks: {
      store: store(options),
      metrics: {
        type: 'prometheus_exporter',
        inputs: ['own', 'counted'],
        address: everywhere(ports.vectorMetrics),
        // A service that says nothing for a minute would lose its counter, and begin anew.
        flush_period_secs: 86_400,
        suppress_timestamp: true,
        ...served(options.tls),
      },
      ...(options.alerts !== undefined && { alertmanager: alertmanager(options.alerts.connection) }),
    },
  };
}

function receivers({ http, syslog, tls }: VectorConfigOptions): object {
  return {
    otlp: {
      type: 'opentelemetry',
      grpc: { address: everywhere(ports.otlpGrpc), ...served(tls) },
      http: { address: everywhere(ports.otlpHttp), ...served(tls) },
    },
    ...(http !== undefined && {
      http: {
        type: 'http_server',
        address: everywhere(ports.vectorHttp),
        path: '/logs',
        decoding: { codec: 'bytes' },
        // Who sends without an end of the line must not fill its memory.
        framing: { method: 'newline_delimited', newline_delimited: { max_length: 262_144 } },
        ...served(tls),
      },
    }),
    ...Object.fromEntries(
      (syslog?.protocols ?? []).map((mode) => [
        `syslog_${mode}`,
        { type: 'syslog', mode, address: everywhere(ports.syslog), ...(mode === 'tcp' && served(tls)) },
      ]),
    ),
  };
}

/** Lines as Prometheus counts them, by few labels. */
function counted(): object {
  return {
    type: 'log_to_metric',
    inputs: ['lines'],
    metrics: [
      {
        type: 'counter',
        field: 'message',
        namespace: 'log',
        name: 'lines_total',
        tags: {
          k8s_namespace_name: '{{ labels.namespace }}',
          service_name: '{{ labels.service }}',
          level: '{{ labels.level }}',
        },
      },
    ],
  };
}

function store({ store: { url, tls, headers }, tenant, externalLabels, bufferBytes }: VectorConfigOptions): object {
  return {
    type: 'loki',
    inputs: ['limited'],
    endpoint: new URL(url).origin,
    path: new URL(url).pathname,
    ...defined({ tenant_id: tenant ?? headers?.[tenantHeader] }),
    encoding: { codec: 'text' },
    labels: {
      ...externalLabels,
      namespace: '{{ labels.namespace }}',
      service: '{{ labels.service }}',
      level: '{{ labels.level }}',
    },
    structured_metadata: { '*': '{{ metadata }}' },
    // Labels have no prefix in common. What they can be, the program before says: a name, or one of seven levels.
    dangerously_allow_unconfined_template_resolution: true,
    out_of_order_action: 'accept',
    acknowledgements: { enabled: true },
    buffer: { type: 'disk', max_size: bufferBytes, when_full: 'block' },
    ...tlsSection('tls', tls, tlsNames),
  };
}

/** What is fatal, of each service once in a while, in Alertmanager's form. */
function alerting(runbook: string): object {
  return {
    fatal: { type: 'filter', inputs: ['limited'], condition: fatalCondition },
    told: {
      type: 'throttle',
      inputs: ['fatal'],
      threshold: 1,
      window_secs: alertWindow,
      key_field: '{{ labels.service }}',
    },
    alerts: remap(['told'], alertProgram(runbook)),
  };
}

/** Lines do not wait for people: what Alertmanager does not take for long is dropped, and counted. */
function alertmanager({ url, tls, headers }: Connection): object {
  return {
    type: 'http',
    inputs: ['alerts'],
    uri: url,
    method: 'post',
    encoding: { codec: 'json' },
    // A list, as Alertmanager wants it.
    framing: { method: 'character_delimited', character_delimited: { delimiter: ',' } },
    acknowledgements: { enabled: false },
    buffer: { type: 'memory', max_events: 500, when_full: 'drop_newest' },
    request: { retry_attempts: 10, ...defined({ headers }) },
    ...tlsSection('tls', tls, tlsNames),
  };
}

function remap(inputs: readonly string[], source: string): object {
  // A line that a program cannot take would go on as it came, with whatever is in it.
  return { type: 'remap', inputs, source, drop_on_error: true, drop_on_abort: true };
}

function served(tls: ServerTls | undefined): object {
  return tls === undefined ? {} : { tls: { enabled: true, crt_file: tls.certFile, key_file: tls.keyFile } };
}
