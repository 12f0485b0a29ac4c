/** What the label `level` of a line can be, and nothing else. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'unknown'] as const;

/** One of {@link logLevels}. */
export type LogLevel = (typeof logLevels)[number];

/**
 * How programs call them: loggers of common languages, syslog and the journal, klog's letters, and the numbers of pino and bunyan. OpenTelemetry's
 * own are texts in its logs.
 */
export const levelNames: Readonly<Record<Exclude<LogLevel, 'unknown'>, readonly string[]>> = {
  trace: ['trace', 'finest', 'finer', 'verbose', '10'],
  debug: ['debug', 'fine', 'dbg', 'd', '20'],
  info: ['info', 'information', 'informational', 'notice', 'config', 'log', 'i', '30'],
  warn: ['warn', 'warning', 'w', '40'],
  error: ['error', 'err', 'severe', 'e', '50'],
  fatal: ['fatal', 'critical', 'crit', 'alert', 'emerg', 'emergency', 'panic', 'dpanic', 'f', '60'],
};

/** Fields of a line of JSON or logfmt that hold its level, the first of which counts. */
export const levelFields: readonly string[] = [
  ...['level', 'severity', 'severity_text', 'severityText', 'lvl', 'loglevel', 'log_level', 'logLevel', 'log.level'],
  ...['Level', 'LogLevel', 'priority', 'levelname'],
];

/** Fields of a line that hold when it was written, the first of which counts. */
export const timeFields: readonly string[] = ['timestamp', 'time', 'ts', '@timestamp', 'datetime', 'Timestamp'];

/**
 * A level in a text that says it as texts do: a word in capitals, or any word in brackets or before a colon, near its beginning; or a
 * letter before a date, as klog has it. A word within a sentence is none. RE2.
 */
export const levelInText =
  '^(?:(?P<letter>[IWEFD])\\d{4}\\s' +
  '|(?s:.{0,120}?)(?:\\b(?P<capitals>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|SEVERE|FATAL|CRITICAL|PANIC)\\b' +
  '|[\\[<(](?i:(?P<bracketed>trace|debug|info|information|notice|warn|warning|error|err|severe|fatal|critical|crit|panic|alert|emerg|dbg))[\\])>])' +
  '|(?i:(?P<first>trace|debug|info|notice|warn|warning|error|fatal|critical|panic))\\s?:)';

/**
 * A trace id as texts, JSON and logfmt have it, under any of its names: `trace_id=…`, `"traceId":"…"`, `trace.id: …`. RE2.
 *
 * @see https://www.w3.org/TR/trace-context/#trace-id
 */
export const traceIdInText = idInText('trace', 32);

/** A span id, as {@link traceIdInText}. */
export const spanIdInText = idInText('span', 16);

/** Both, in a header that was logged. RE2. */
export const traceParentInText = '\\b00-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})-[0-9a-f]{2}\\b';

/**
 * How lines begin that belong to what was said before: those that are indented, and those between them in stack traces of Java, Python,
 * Node.js, .NET and Go. RE2.
 */
export const continuationOfTrace =
  '\\s|Caused by: |Suppressed: |Traceback \\(most recent call last\\)|During handling of the above exception|' +
  'The above exception was the direct cause|[\\w.$]+(?:Exception|Error|Warning|Interrupt)(?:: |:?$)|' +
  'goroutine \\d+ \\[|created by |--- End of |[\\])}]+[,;]?$';

function idInText(what: string, digits: number): string {
  return `(?i:${what})[_.-]?(?i:id)["'\\\\]*\\s*[=:]\\s*["'\\\\]*(?P<${what}_id>[0-9a-f]{${digits}})\\b`;
}
