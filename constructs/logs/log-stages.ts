import type { AlloyBlock, AlloyBody, AlloyValue } from './alloy-syntax';
import {
  continuationOfTrace,
  levelFields,
  levelInText,
  levelNames,
  spanIdInText,
  timeFields,
  traceIdInText,
  traceParentInText,
  type LogLevel,
} from './log-levels';

/** Lines that are not kept. Of what is said, all has to be so. */
export interface DroppedLines {
  /** What they are counted by in the agent's metrics: lower case, `health_checks`. */
  readonly reason: string;
  /** @default - of every namespace */
  readonly namespaces?: readonly string[];
  /** @default - of every service */
  readonly services?: readonly string[];
  /** @default - of every level */
  readonly levels?: readonly LogLevel[];
  /** What is in them, RE2. @default - any line */
  readonly lines?: string;
}

/** How lines of one program that belong together are found. */
export interface MultilineProps {
  /** How a line begins that belongs to the one before, RE2. @default - as stack traces do */
  readonly continuation?: string;
  /** Lines that are one at most. @default 128 */
  readonly maxLines?: number;
  /** How long the next line is waited for, seconds. @default 3 */
  readonly maxWaitSeconds?: number;
}

/** What {@link containerStages} depend on. */
export interface LogStagesOptions {
  /** @default - every line is by itself */
  readonly multiline?: MultilineProps;
  readonly drop: readonly DroppedLines[];
  /** Names of metadata, and the fields of JSON and logfmt that each is taken from, the first of which counts. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** Whose clock counts: the container runtime's, or what the line says of itself. */
  readonly timestamps: 'runtime' | 'application';
  /** Lines of one pod, or one unit of the node, a second, for longer than ten seconds; more are dropped. */
  readonly linesPerSecond: number;
  /** Bytes of a line; of longer ones the rest is cut. */
  readonly lineBytes: number;
  /** Older lines are not sent: the store refuses them. Hours. */
  readonly maxAgeHours: number;
  /**
   * What of a line makes streams: by Loki's protocol its labels, so that these are few. By OTLP whoever takes it decides, and all that is known
   * goes along.
   *
   * @default 'loki'
   */
  readonly protocol?: 'loki' | 'otlp';
}

/** Labels of what is kept. Whatever else is known of a line is metadata, which makes no streams. */
export const keptLabels = ['namespace', 'service', 'level'] as const;

/** How lines begin that are JSON, and what is in those of logfmt. The selectors of stages know no text in backquotes. */
const quotedJson = JSON.stringify('^\\s*\\{');
const quotedLogfmt = JSON.stringify('(^|\\s)[\\w.@-]+=\\S');

/** No line begins with it; one that is marked so belongs to the one before. */
const mark = '\u0001';

/** What is done with lines of containers, in this order. @see https://grafana.com/docs/alloy/v1.18/reference/components/loki/loki.process/ */
export function containerStages(options: LogStagesOptions): readonly AlloyBlock[] {
  const { multiline, fields, timestamps } = options;
  return [
    stage('cri', {}),
    stage('decolorize', {}),
    ...(multiline === undefined ? [] : together(multiline)),
    ...parsed(fields, timestamps),
    ...level(),
    ...identified(),
    ...kept(options, 'pod'),
    ...told(options, ['pod', 'container', 'node'], ['stream', 'trace_id', 'span_id', ...Object.keys(fields)]),
  ];
}

/** What is done with lines of the node's journal: they come with their level. */
export function journalStages(options: LogStagesOptions): readonly AlloyBlock[] {
  return [
    ...level(['priority']),
    ...identified(),
    ...kept(options, 'service'),
    ...told(options, ['node', 'unit'], ['trace_id', 'span_id']),
  ];
}

/** Lines that begin as a continuation are marked, what is not marked begins anew, and the marks are taken away. */
function together({ continuation = continuationOfTrace, maxLines = 128, maxWaitSeconds = 3 }: MultilineProps) {
  return [
    stage('replace', { expression: `^(${continuation})`, replace: `${mark}{{ .Value }}` }),
    stage('multiline', { firstline: `^[^${mark}]`, max_lines: maxLines, max_wait_time: `${maxWaitSeconds}s` }),
    stage('replace', { expression: `(?m)^(${mark})`, replace: '' }),
  ];
}

function parsed(fields: LogStagesOptions['fields'], timestamps: LogStagesOptions['timestamps']): readonly AlloyBlock[] {
  const wanted: Readonly<Record<string, readonly string[]>> = {
    level_json: levelFields,
    ...(timestamps === 'application' && { time: timeFields }),
    ...fields,
  };
  const expressions = Object.fromEntries(
    Object.entries(wanted).map(([name, keys]) => [name, keys.map(jmesPath).join(' || ')]),
  );
  // A field of logfmt has one name: each is taken under a name of its own, and the first that is there counts.
  const keys = [...new Set(Object.values(wanted).flat())];
  const extracted = (key: string): string => `logfmt_${keys.indexOf(key)}`;
  const first = Object.entries({ ...wanted, level_logfmt: levelFields }).filter(([name]) => name !== 'level_json');
  return [
    matching(`|~ ${quotedJson}`, [stage('json', { expressions })]),
    matching(`!~ ${quotedJson} |~ ${quotedLogfmt}`, [
      stage('logfmt', { mapping: Object.fromEntries(keys.map((key) => [extracted(key), key])) }),
      ...first.map(([name, names]) => firstOf(name, names.map(extracted))),
    ]),
    ...(timestamps === 'application' ? [timestamp()] : []),
  ];
}

function timestamp(): AlloyBlock {
  return stage('timestamp', {
    source: 'time',
    format: 'RFC3339Nano',
    fallback_formats: ['2006-01-02 15:04:05,000', '2006-01-02 15:04:05.000', 'UnixMs'],
    // The runtime's stays.
    action_on_failure: 'skip',
  });
}

/** The label: one of few values, whatever a program writes. */
function level(sources: readonly string[] = levelSources): readonly AlloyBlock[] {
  const branches = Object.entries(levelNames).map(
    ([name, names]) => `if eq $level ${names.map((each) => JSON.stringify(each)).join(' ')} }}${name}{{ else `,
  );
  return [
    ...(sources === levelSources ? [stage('regex', { expression: levelInText })] : []),
    stage('template', {
      source: 'level',
      template: `{{ $level := ToLower (${firstNamed(sources)}) }}{{ ${branches.join('')}}}unknown{{ end }}`,
    }),
    stage('labels', { values: { level: 'level' } }),
  ];
}

const levelSources = ['level_json', 'level_logfmt', 'letter', 'capitals', 'bracketed', 'first'];

function identified(): readonly AlloyBlock[] {
  return [traceParentInText, traceIdInText, spanIdInText].map((expression) => stage('regex', { expression }));
}

/** @param each label of what has a limit of its own */
function kept(
  { drop, maxAgeHours, linesPerSecond, lineBytes }: LogStagesOptions,
  each: 'pod' | 'service',
): readonly AlloyBlock[] {
  return [
    ...drop.map(dropped),
    stage('drop', { older_than: `${maxAgeHours}h`, drop_counter_reason: 'too_old' }),
    stage('limit', {
      rate: linesPerSecond,
      burst: 10 * linesPerSecond,
      drop: true,
      by_label_name: each,
      max_distinct_labels: 10_000,
    }),
    stage('truncate', {}, [block('rule', { limit: `${lineBytes}B`, suffix: '…' })]),
  ];
}

function dropped({ reason, namespaces, services, levels, lines }: DroppedLines): AlloyBlock {
  const matchers = Object.entries({ namespace: namespaces, service: services, level: levels })
    .filter(([, values]) => values !== undefined)
    .map(([label, values = []]) => `${label}=~${JSON.stringify(values.map(literally).join('|'))}`);
  const filter = lines === undefined ? '' : ` |~ ${JSON.stringify(lines)}`;
  // Whatever has a level, which is everything, where nothing else is said.
  const selector = `{${matchers.length === 0 ? 'level=~".+"' : matchers.join(', ')}}${filter}`;
  return stage('match', { selector, action: 'drop', drop_counter_reason: reason });
}

/** @param labels that are metadata for Loki @param found in the line */
function told(
  { protocol = 'loki' }: LogStagesOptions,
  labels: readonly string[],
  found: readonly string[],
): readonly AlloyBlock[] {
  const values = (names: readonly string[]) => ({ values: Object.fromEntries(names.map((name) => [name, name])) });
  // What is no label does not become an attribute in every version of the translator.
  if (protocol === 'otlp') return [stage('labels', values(found))];
  return [
    stage('structured_metadata', values([...labels, ...found])),
    stage('label_keep', { values: [...keptLabels] }),
  ];
}

function matching(filter: string, stages: readonly AlloyBlock[]): AlloyBlock {
  return stage('match', { selector: `{pod=~".+"} ${filter}` }, stages);
}

function firstOf(name: string, keys: readonly string[]): AlloyBlock {
  return stage('template', {
    source: name,
    template: `{{ ${firstNamed([...keys, name])} }}`,
  });
}

/** In a template: the first of these that was found, or nothing, which would else be written as a text. */
function firstNamed(names: readonly string[]): string {
  return `default "" (coalesce ${names.map((name) => `.${name}`).join(' ')})`;
}

function stage(
  name: string,
  attributes: Readonly<Record<string, AlloyValue>>,
  blocks?: AlloyBody['blocks'],
): AlloyBlock {
  return block(`stage.${name}`, attributes, blocks);
}

function block(
  name: string,
  attributes: Readonly<Record<string, AlloyValue>>,
  blocks: AlloyBody['blocks'] = [],
): AlloyBlock {
  return { name, attributes, blocks };
}

/** A field by its whole name, which may have dots in it, and by its path: `log.level` is either. */
function jmesPath(key: string): string {
  const whole = JSON.stringify(key);
  return key.includes('.')
    ? `${whole} || ${key
        .split('.')
        .map((part) => JSON.stringify(part))
        .join('.')}`
    : whole;
}

/** A text as a regular expression. */
function literally(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}
