import type { ValuePattern } from '../collection/value-pattern';
import { levelFields, levelNames, logLevels } from './log-levels';

/*
 * What Vector does to each line, in VRL. A program of each source makes one form of what comes, and one that is the same for all does the rest:
 *
 *   { message, timestamp, said, labels: { namespace, service, level }, metadata }
 *
 * `said` is what the line calls its level. Nothing in them can fail: what is not of the form that is expected is a text.
 *
 * @see https://vector.dev/docs/reference/vrl/
 */

/** Namespace of lines that come from outside of the cluster: nobody outside can pass for a pod. */
export const outside = 'external';

/** What a name has to be like to be a label. */
const labelForm = '^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$';

/** Attributes of OTLP, as the log agent sends them and as programs do, by what becomes of them; the first that is there counts. */
const named = {
  namespace: ['namespace', 'k8s.namespace.name', 'service.namespace'],
  service: ['service', 'service.name'],
  level: ['level'],
} as const;

/** What is said of a line besides, and is no metadata: hints of the agent to other exporters, and what labels say already. */
const noMetadata = [
  'loki.attribute.labels',
  'log.file.path',
  'log.file.name',
  'filename',
  ...Object.values(named).flat(),
];

/** Lines by OTLP. */
export function otlpProgram(): string {
  return lines(
    'named = merge(object(.resources) ?? {}, object(.attributes) ?? {})',
    `namespace = ${firstText('named', named.namespace)} ?? "unknown"`,
    `service = ${firstText('named', named.service)} ?? "unknown"`,
    `said = ${firstText('named', named.level)} ?? string(.severity_text) ?? ""`,
    ...noMetadata.map((key) => `del(named.${quoted(key)})`),
    'metadata = map_keys(named) -> |key| { replace(key, r\'[^A-Za-z0-9_]\', "_") }',
    'trace = string(.trace_id) ?? ""',
    'if trace != "" { metadata.trace_id = trace }',
    'span = string(.span_id) ?? ""',
    'if span != "" { metadata.span_id = span }',
    made('string(.message) ?? encode_json(.message)'),
  );
}

/** Lines by HTTP, one a row: JSON or text. @param services names in them that become the label; any other is metadata */
export function httpProgram(services: readonly string[]): string {
  return lines(
    'body = string(.message) ?? encode_json(.message)',
    'parsed = object(parse_json(body) ?? {}) ?? {}',
    `named = ${firstText('parsed', named.service)} ?? "http"`,
    ...known(services, 'http'),
    `namespace = ${quoted(outside)}`,
    'said = ""',
    'metadata = { "source": "http", "service_name": named }',
    made('body'),
  );
}

/** Lines by syslog. @param services as those of {@link httpProgram} */
export function syslogProgram(services: readonly string[]): string {
  return lines(
    'named = string(.appname) ?? "syslog"',
    ...known(services, 'syslog'),
    `namespace = ${quoted(outside)}`,
    'said = string(.severity) ?? ""',
    'metadata = { "source": "syslog", "service_name": named }',
    ...['hostname', 'facility', 'msgid', 'source_ip'].map((name) => `metadata.${name} = to_string(.${name}) ?? ""`),
    'metadata.procid = to_string(.procid) ?? ""',
    'metadata = filter(metadata) -> |_name, value| { value != "" }',
    made('string(.message) ?? encode_json(.message)'),
  );
}

/** What is done to every line: its level is one of few, its labels are names, and what nobody is to read is taken out. */
export function commonProgram(patterns: readonly ValuePattern[]): string {
  return lines(
    'message = string(.message) ?? ""',
    'said = string(.said) ?? ""',
    'parsed = object(parse_json(message) ?? {}) ?? {}',
    ...levelFields.map((field) => `if said == "" { said = to_string(parsed.${quoted(field)}) ?? "" }`),
    // Of OpenTelemetry there are four of each.
    'said = replace(downcase(said), r\'^(trace|debug|info|warn|error|fatal)[1-4]$\', "$1")',
    '.labels.level = "unknown"',
    ...logLevels.flatMap((level) =>
      level === 'unknown'
        ? []
        : [`if includes(${JSON.stringify(levelNames[level])}, said) { .labels.level = "${level}" }`],
    ),
    ...['namespace', 'service'].flatMap((label) => [
      `${label} = string(.labels.${label}) ?? ""`,
      `if !match(${label}, r'${labelForm}') { .labels.${label} = "unknown" }`,
    ]),
    ...redaction('message', patterns),
    '.message = message',
    'metadata = object(.metadata) ?? {}',
    '.metadata = map_values(metadata) -> |value| {',
    '  text = string(value) ?? encode_json(value)',
    ...redaction('text', patterns).map((line) => `  ${line}`),
    '  text',
    '}',
    'del(.said)',
  );
}

/** Which lines somebody is told of at once. */
export const fatalCondition = '.labels.level == "fatal"';

/** An alert as Alertmanager takes it, of a line that is fatal. @param runbook URL of its page */
export function alertProgram(runbook: string): string {
  return lines(
    'service = string(.labels.service) ?? "unknown"',
    'namespace = string(.labels.namespace) ?? "unknown"',
    'message = truncate(string(.message) ?? "", 300, suffix: "…")',
    '. = {',
    '  "labels": { "alertname": "FatalLogLine", "severity": "warning", "service_name": service, "k8s_namespace_name": namespace },',
    '  "annotations": {',
    '    "summary": "A line of " + service + " says that it cannot go on",',
    '    "description": message,',
    `    "runbook_url": ${quoted(runbook)}`,
    '  }',
    '}',
  );
}

function made(message: string): string {
  return `. = { "message": ${message}, "timestamp": .timestamp, "said": said, "labels": { "namespace": namespace, "service": service }, "metadata": metadata }`;
}

/** Only these are labels, however many names there are outside. */
function known(services: readonly string[], otherwise: string): readonly string[] {
  return [`service = ${quoted(otherwise)}`, `if includes(${JSON.stringify(services)}, named) { service = named }`];
}

function firstText(of: string, keys: readonly string[]): string {
  return keys.map((key) => `string(${of}.${quoted(key)})`).join(' ?? ');
}

/** The rules of the collector. Their expressions are of RE2, of which Rust's are a superset for these; a quote would end the literal. */
function redaction(variable: string, patterns: readonly ValuePattern[]): readonly string[] {
  return patterns.flatMap(({ rules }) =>
    rules.map(
      ({ regex, replacement }) =>
        `${variable} = replace(${variable}, r'${regex.replaceAll("'", String.raw`\x27`)}', ${quoted(replacement)})`,
    ),
  );
}

function quoted(text: string): string {
  return JSON.stringify(text);
}

function lines(...all: readonly string[]): string {
  return `${all.join('\n')}\n`;
}
