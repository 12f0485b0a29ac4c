import { objectionsTo, type SchemaSection, type SchemaShapes } from '../core/config-schema.testing';
import { leastBufferBytes } from './vector-config';
import schema from './vector-schema.json';

/*
 * What Vector 0.57 would object to: names, types and values of fields, which its repository has for each component, and what its validation asks
 * beyond: that inputs are there, that a buffer on disk is large enough, and that templates of sinks are confined.
 *
 * @see https://vector.dev/docs/reference/configuration/
 * @see https://vector.dev/highlights/2026-07-14-0-57-0-upgrade-guide/
 */

type Fields = Readonly<Record<string, unknown>>;

const shapes: SchemaShapes = schema.shapes;
const kinds: Readonly<Record<string, Readonly<Record<string, SchemaSection>>>> = {
  sources: schema.sources,
  transforms: schema.transforms,
  sinks: schema.sinks,
};

/** What Vector would object to in a configuration, each with its path; empty if there is nothing. */
export function vectorObjections(config: unknown): readonly string[] {
  const { sources = {}, transforms = {}, sinks = {}, ...root } = config as Readonly<Record<string, Fields>>;
  const parts = Object.entries({ sources, transforms, sinks });
  return [
    ...objectionsTo(root, schema.root, shapes),
    ...parts.flatMap(([kind, components]) =>
      Object.entries(components).flatMap(([id, each]) => componentObjections(kind, id, each as Fields)),
    ),
    ...inputObjections({ sources, transforms, sinks }),
  ];
}

function componentObjections(kind: string, id: string, { type, inputs, ...fields }: Fields): readonly string[] {
  const at = `${kind}.${id}.`;
  const known = kinds[kind]?.[String(type)];
  if (known === undefined) return [`${at}type: there is no ${kind.slice(0, -1)} ${JSON.stringify(type)}`];
  const misplaced = (kind === 'sources') === (inputs !== undefined);
  return [
    ...(misplaced ? [`${at}inputs: ${kind === 'sources' ? 'a source has none' : 'are missing'}`] : []),
    ...objectionsTo(fields, known, shapes, at),
    ...(kind === 'sinks' ? sinkObjections(fields, at) : []),
  ];
}

function sinkObjections(fields: Fields, at: string): readonly string[] {
  const { buffer, dangerously_allow_unconfined_template_resolution: unconfined } = fields;
  const { type, max_size: size, max_events: events } = (buffer ?? {}) as Fields;
  const tooSmall = type === 'disk' && (typeof size !== 'number' || size < leastBufferBytes);
  const templates = unconfined === true ? [] : Object.entries(fields).flatMap(([name, value]) => bare(name, value));
  return [
    ...(tooSmall ? [`${at}buffer.max_size: is less than ${leastBufferBytes}`] : []),
    ...(type === 'memory' && size !== undefined && events !== undefined
      ? [`${at}buffer: is measured in bytes or in events`]
      : []),
    ...templates.map((name) => `${at}${name}: has no prefix that confines it`),
  ];
}

/** Templates that begin with a field of the event. */
function bare(name: string, value: unknown): readonly string[] {
  if (typeof value === 'string') return value.startsWith('{{') ? [name] : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, each]) => bare(`${name}.${key}`, each));
}

/** Outputs of sources that have several. */
const outputs: Readonly<Record<string, readonly string[]>> = { opentelemetry: ['logs', 'metrics', 'traces'] };

function inputObjections({ sources, transforms, sinks }: Readonly<Record<string, Fields>>): readonly string[] {
  const typed = (components: Fields | undefined) =>
    Object.entries((components ?? {}) as Readonly<Record<string, Fields>>);
  const offered = [...typed(sources), ...typed(transforms)].flatMap(([id, { type }]) =>
    (outputs[String(type)] ?? ['']).map((output) => (output === '' ? id : `${id}.${output}`)),
  );
  const taken = [...typed(transforms), ...typed(sinks)].flatMap(([id, { inputs }]) =>
    ((inputs ?? []) as readonly string[]).map((input) => [id, input] as const),
  );
  return [
    ...taken.filter(([, input]) => !offered.includes(input)).map(([id, input]) => `${id}: nothing offers ${input}`),
    ...offered
      .filter((output) => !/\.(metrics|traces)$/.test(output) && !taken.some(([, input]) => input === output))
      .map((output) => `${output}: goes nowhere`),
  ];
}

/**
 * Functions of VRL that are used, and whether they can fail. What a program does with them, `vector-programs.real.test.ts` asks VRL itself.
 *
 * @see https://vector.dev/docs/reference/vrl/functions/
 */
const functions: Readonly<Record<string, 'fallible' | 'infallible'>> = {
  del: 'infallible',
  downcase: 'infallible',
  encode_json: 'infallible',
  filter: 'infallible',
  includes: 'infallible',
  map_keys: 'infallible',
  map_values: 'infallible',
  match: 'infallible',
  merge: 'infallible',
  object: 'fallible',
  parse_json: 'fallible',
  replace: 'infallible',
  string: 'fallible',
  to_string: 'fallible',
  truncate: 'infallible',
};

/** What VRL would object to in a program, as far as names and what becomes of failures tell it, each with its line. */
export function programObjections(program: string): readonly string[] {
  return program.split('\n').flatMap((line) => {
    const code = line.replace(/r'[^']*'/g, "''").replace(/"(?:[^"\\]|\\.)*"/g, '""');
    return Array.from(code.matchAll(/\b([a-z_]+)(!?)\(/g)).flatMap(([call, name = '', aborts]) => {
      const kind = functions[name];
      if (kind === undefined) return [`${line}: there is no function ${name} here`];
      if (aborts === '!') return [`${line}: ${call} would end the program`];
      const handled = code.slice(code.indexOf(call)).includes('??');
      return kind === 'fallible' && !handled ? [`${line}: ${name} can fail`] : [];
    });
  });
}
