import { join } from 'node:path';
import ts from 'typescript';
import type { Dashboard } from '../constructs';
import { modelOf, type ShownPanel } from './dashboards';

/*
 * Grafana publishes no JSON schema of a dashboard that a package would have; its SDK has types that are made of the same definitions. Models
 * are written as literals of those types, which the compiler checks: a field that it does not know is a mistake.
 */

const root = join(__dirname, '..');
const sdk = '@grafana/grafana-foundation-sdk';

/** Types of what is a panel's own, by its type. */
const optionTypes: Readonly<Record<string, string>> = {
  heatmap: 'heatmap',
  logs: 'logs',
  nodeGraph: 'nodegraph',
  stat: 'stat',
  table: 'table',
  timeseries: 'timeseries',
};
/** Those whose fields have settings of their own. */
const withFields = ['heatmap', 'table', 'timeseries'];
const queryTypes: Readonly<Record<string, string>> = {
  loki: 'loki.dataquery',
  prometheus: 'prometheus.Dataquery',
  tempo: 'tempo.Dataquery',
};

const head = `
import type { Dashboard, FieldConfig, FieldConfigSource, Panel, RowPanel } from '${sdk}/dashboard';
${[...Object.values(optionTypes), 'loki', 'prometheus', 'tempo'].map((name) => `import type * as ${name} from '${sdk}/${name}';`).join('\n')}
/** As it is in JSON: values of enumerations, and no functions. */
type Plain<T> = 0 extends 1 & T ? unknown
  : T extends string ? \`\${T}\`
  : T extends readonly (infer Item)[] ? readonly Plain<Item>[]
  : T extends object ? { [K in keyof T as T[K] extends (...args: never[]) => unknown ? never : K]: Plain<T[K]> }
  : T;
type PanelOf<Options, Custom, Query> = Omit<Panel, 'fieldConfig' | 'options' | 'targets'> & {
  options: Options;
  fieldConfig: { defaults: Omit<FieldConfig, 'custom'> & { custom?: Custom }; overrides: FieldConfigSource['overrides'] };
  targets: Query[];
};
`;

/** What the compiler says of dashboards as literals, a line each. */
export function mistakesInTypes(dashboards: readonly Dashboard[]): readonly string[] {
  const file = join(root, 'environments', 'dashboards.literal.ts');
  const text = [head, ...dashboards.map(literalsOf)].join('\n');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const read = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file ? ts.createSourceFile(name, text, ts.ScriptTarget.ES2022) : read(name, ...rest);
  host.fileExists = (name) => name === file || ts.sys.fileExists(name);
  const program = ts.createProgram([file], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
}

function literalsOf(dashboard: Dashboard, index: number): string {
  const { panels, ...rest } = modelOf(dashboard);
  return [
    `export const dashboard${index}: Plain<Omit<Dashboard, 'panels'>> = ${JSON.stringify(rest)};`,
    ...panels.map(
      (panel, place) => `export const panel${index}x${place}: Plain<${typeOf(panel)}> = ${JSON.stringify(panel)};`,
    ),
  ].join('\n');
}

function typeOf({ type, title, targets = [] }: ShownPanel): string {
  if (type === 'row') return 'RowPanel';
  const own = optionTypes[type];
  const queries = [...new Set(targets.map(({ datasource }) => queryTypes[datasource.type] ?? 'never'))];
  if (own === undefined) throw new Error(`panel ${title} is of a type whose options are not known here: ${type}`);
  const custom = withFields.includes(own) ? `${own}.FieldConfig` : 'never';
  return `PanelOf<${own}.Options, ${custom}, ${queries.join(' | ')}>`;
}
