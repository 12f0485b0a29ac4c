import { InvalidPropError } from '../core/errors';

/** What an attribute of Alloy's configuration holds. */
export type AlloyValue =
  string | number | boolean | null | AlloyExpression | readonly AlloyValue[] | { readonly [key: string]: AlloyValue };

/** What Alloy evaluates, by the one key that no label and no argument can have. */
export interface AlloyExpression {
  readonly '=': string;
}

/** Arguments of a block and the blocks in it, which stay in their order. */
export interface AlloyBody {
  readonly attributes?: Readonly<Record<string, AlloyValue>>;
  readonly blocks?: readonly AlloyBlock[];
}

/** A block within another: `stage.cri { }`. */
export interface AlloyBlock extends AlloyBody {
  readonly name: string;
}

/**
 * A whole configuration: components by their names and labels, as others refer to them (`loki.write.logs`), and what there is one of by its
 * name (`logging`). Their order says nothing.
 */
export type AlloyFile = Readonly<Record<string, AlloyBody>>;

/** Words of the language are none. */
const identifier = /^(?!(?:true|false|null)$)[A-Za-z_][A-Za-z0-9_]*$/;
/** Blocks that there is one of, so that they have no label. */
const single = ['http', 'logging', 'tracing', 'livedebugging'];

/** What a component exports: `reference('loki.write.logs', 'receiver')`. */
export function reference(component: string, field: string): AlloyExpression {
  return { '=': [...component.split('.'), field].map((part) => valid('reference', part)).join('.') };
}

/** What a variable of the environment holds when Alloy starts. */
export function variable(name: string): AlloyExpression {
  return { '=': `sys.env(${quoted(name)})` };
}

/** Texts one after the other, of which some are known only when Alloy starts. */
export function joined(...parts: readonly (string | AlloyExpression)[]): AlloyExpression {
  return { '=': parts.map((part) => (typeof part === 'string' ? quoted(part) : part['='])).join(' + ') };
}

/**
 * Text of a configuration in Alloy's syntax.
 *
 * @throws {InvalidPropError} if a name is none, or a number is not finite
 * @see https://grafana.com/docs/alloy/v1.18/get-started/syntax/
 */
export function alloyText(file: AlloyFile): string {
  return Object.entries(file)
    .map(([path, body]) => `${blockText(headOf(path), body, '')}\n`)
    .join('\n');
}

function headOf(path: string): string {
  const parts = path.split('.').map((part) => valid('component', part));
  if (single.includes(path)) return path;
  if (parts.length < 2)
    throw new InvalidPropError('component', path, `a component with its label, or of ${single.join(', ')}`);
  return `${parts.slice(0, -1).join('.')} ${quoted(parts.at(-1) ?? '')}`;
}

function blockText(head: string, { attributes = {}, blocks = [] }: AlloyBody, indent: string): string {
  const inner = `${indent}  `;
  const lines = [
    ...Object.entries(attributes).map(
      ([name, value]) => `${inner}${valid('attribute', name)} = ${valueText(value, inner)}`,
    ),
    ...blocks.map(({ name, ...body }) =>
      blockText(
        name
          .split('.')
          .map((part) => valid('block', part))
          .join('.'),
        body,
        inner,
      ),
    ),
  ];
  return lines.length === 0 ? `${indent}${head} { }` : [`${indent}${head} {`, ...lines, `${indent}}`].join('\n');
}

function valueText(value: AlloyValue, indent: string): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'number') return numberText(value);
  const inner = `${indent}  `;
  if (isList(value)) {
    if (value.length === 0) return '[]';
    return ['[', ...value.map((each) => `${inner}${valueText(each, inner)},`), `${indent}]`].join('\n');
  }
  if (isExpression(value)) return value['='];
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const named = entries.map(([key, each]) => `${inner}${keyText(key)} = ${valueText(each, inner)},`);
  return ['{', ...named, `${indent}}`].join('\n');
}

/** In JSON's notation, all of which Go's strings know, except for halves of characters: they become the sign for what cannot be shown. */
function quoted(text: string): string {
  return JSON.stringify(text.replace(/\p{Surrogate}/gu, '\uFFFD'));
}

function keyText(key: string): string {
  return identifier.test(key) ? key : quoted(key);
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new InvalidPropError('attribute', value, 'a finite number');
  return String(value);
}

function valid(what: string, name: string): string {
  if (!identifier.test(name)) throw new InvalidPropError(what, name, 'letters, digits and underscores, no digit first');
  return name;
}

function isList(value: AlloyValue): value is readonly AlloyValue[] {
  return Array.isArray(value);
}

function isExpression(value: object): value is AlloyExpression {
  return '=' in value && typeof value['='] === 'string' && Object.keys(value).length === 1;
}
