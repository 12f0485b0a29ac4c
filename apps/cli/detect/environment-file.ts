import { dirname, join, relative, sep } from 'node:path';
import { UsageError } from '../errors';
import { Commented, literal, type Property } from './code';
import { bases, type EnvironmentPlan } from './plan';

/** Where the file is written, or would be. */
export interface EnvironmentFile {
  /** Name of the environment, a DNS label. */
  readonly name: string;
  /** What it was read of, such as `context kind-dev, v1.36.3`. */
  readonly about: string;
  /** The file; imports are relative to it. */
  readonly path: string;
  /** The checkout whose constructs and environments it imports. */
  readonly root: string;
}

const taken = [...bases, 'thesis'];
/** Words that no constant can be called. */
const reserved =
  /^(default|export|import|new|null|this|true|false|class|const|let|var|in|of|enum|void|with|case|do|if|for)$/;

/**
 * The name of an environment of a context: a DNS label.
 *
 * @throws {UsageError} if it is that of an environment that there is
 */
export function environmentName(wanted: string): string {
  const name = wanted
    .toLowerCase()
    .replace(/^arn:[^/]*\//, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
  if (name === '')
    throw new UsageError(`"${wanted}" is no name of an environment; give one by --name, such as staging`);
  if (taken.includes(name))
    throw new UsageError(`there is an environment ${name} already; give another name by --name`);
  return name;
}

/** `kind-dev` is `kindDev`. */
export function constantName(name: string): string {
  const camel = name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  return /^\d/.test(camel) || reserved.test(camel) ? `its${camel.charAt(0).toUpperCase()}${camel.slice(1)}` : camel;
}

/** The environment as a file of TypeScript, in the manner of `environments/minimal.ts`. */
export function environmentSource(plan: EnvironmentPlan, file: EnvironmentFile): string {
  const { base, why, properties, cluster } = plan;
  const own: Property[] = [
    { key: 'name', value: file.name },
    { key: 'cluster', value: new Commented(cluster) },
    ...properties,
  ];
  const body = literal(new Commented(own)).split('\n').slice(1);
  const used = ['Endpoint', 'NetworkPeer'].filter((name) => body.some((line) => line.includes(`${name}.`)));
  const from = (...parts: string[]) => importPath(file.path, join(file.root, ...parts));
  return [
    ...(used.length === 0 ? [] : [`import { ${used.join(', ')} } from '${from('constructs')}';`]),
    `import type { Environment } from '${from('environments', 'environment')}';`,
    `import { ${base} } from '${from('environments', base)}';`,
    '',
    '/**',
    ` * What \`plumbline detect\` read of ${file.about.replaceAll('*/', '')}.`,
    ` * ${why} What is not here is as in \`${base}\`.`,
    ' */',
    `export const ${constantName(file.name)}: Environment = {`,
    `  ...${base},`,
    ...body.slice(0, -1),
    '};',
    '',
  ].join('\n');
}

function importPath(file: string, target: string): string {
  const path = relative(dirname(file), target).split(sep).join('/');
  return path.startsWith('.') ? path : `./${path}`;
}
