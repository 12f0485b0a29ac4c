import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Ajv from 'ajv';

import type { KubeObject } from './model';
import { parseObjects } from './rendered';

type Schema = Readonly<Record<string, unknown>>;
type Validate = (object: KubeObject) => readonly { readonly path: string; readonly message: string }[];

/** Checks of the kinds that CustomResourceDefinitions define. */
export interface CustomKinds {
  readonly get: (apiVersion: string, kind: string) => Validate | undefined;
}

interface DefinitionSpec {
  readonly group: string;
  readonly names: { readonly kind: string };
  readonly versions: readonly { readonly name: string; readonly schema?: { readonly openAPIV3Schema?: Schema } }[];
}

/** CustomResourceDefinitions among the YAML files of `folder`; none when there is no such folder. */
export function readDefinitions(folder: string): readonly KubeObject[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.yaml'))
    .sort()
    .flatMap((name) => parseObjects(readFileSync(join(folder, name), 'utf8'), name))
    .filter(({ kind }) => kind === 'CustomResourceDefinition');
}

/** The kinds of `definitions`, each checked against its OpenAPI schema; fields that the schema lacks are faults. */
export function customKinds(definitions: readonly KubeObject[]): CustomKinds {
  const schemas = new Map<string, Schema>();
  for (const definition of definitions) {
    const { group, names, versions } = definition.spec as DefinitionSpec;
    for (const { name, schema } of versions) {
      if (schema?.openAPIV3Schema !== undefined) {
        schemas.set(`${group}/${name}/${names.kind}`, schema.openAPIV3Schema);
      }
    }
  }
  const compiled = new Map<string, Validate>();
  return {
    get: (apiVersion, kind) => {
      const key = `${apiVersion}/${kind}`;
      const schema = schemas.get(key);
      if (schema === undefined) return undefined;
      const validate = compiled.get(key) ?? compile(schema);
      compiled.set(key, validate);
      return validate;
    },
  };
}

function compile(schema: Schema): Validate {
  const { properties = {} } = schema as { properties?: Schema };
  // The API server checks these three itself; definitions leave them out or describe them as free-form.
  const root = { ...schema, properties: { ...properties, apiVersion: {}, kind: {}, metadata: {} } };
  const validate = new Ajv({ strict: false, allErrors: true, validateFormats: false }).compile(strict(root) as object);
  return (object) => {
    if (validate(object)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) => ({
      path: instancePath
        .slice(1)
        .replace(/\/(\d+)(?=\/|$)/g, '[$1]')
        .replaceAll('/', '.'),
      message: `${message ?? 'is invalid'}${'additionalProperty' in params ? `: ${String(params.additionalProperty)}` : ''}`,
    }));
  };
}

/**
 * Closes every object schema that names its properties, and translates the Kubernetes extensions ajv does not know. What a definition
 * has a default for is required: the API server adds it, and who compares with what is rendered, as Argo CD does, sees a difference for ever.
 */
function strict(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(strict);
  if (typeof schema !== 'object' || schema === null) return schema;
  const source = schema as Schema;
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(source)) {
    if (key === 'properties' || key === 'patternProperties') {
      result[key] = Object.fromEntries(Object.entries(value as Schema).map(([name, item]) => [name, strict(item)]));
    } else if (['items', 'additionalProperties', 'allOf', 'anyOf', 'oneOf', 'not'].includes(key)) {
      result[key] = strict(value);
    } else if (key === 'pattern') {
      // Definitions are written for Go, whose expressions JavaScript does not all read (`(?i)`); those go unchecked.
      if (isPattern(value)) result[key] = value;
    } else if (!key.startsWith('x-kubernetes-') && key !== 'default' && key !== 'description') {
      result[key] = value;
    }
  }
  if (source['x-kubernetes-int-or-string'] === true) {
    delete result.type;
    result.anyOf = [{ type: 'integer' }, { type: 'string' }];
  }
  const properties = Object.entries((source.properties ?? {}) as Record<string, Schema>);
  const filled = properties.flatMap(([name, each]) => ('default' in each ? [name] : []));
  if (filled.length > 0) result.required = Array.from(new Set([...((source.required ?? []) as string[]), ...filled]));
  const open = source.additionalProperties !== undefined || source['x-kubernetes-preserve-unknown-fields'] === true;
  if (source.type === 'object' && source.properties !== undefined && !open) result.additionalProperties = false;
  return result;
}

function isPattern(value: unknown): value is string {
  try {
    return typeof value === 'string' && new RegExp(value, 'u').source !== '';
  } catch {
    return false;
  }
}
