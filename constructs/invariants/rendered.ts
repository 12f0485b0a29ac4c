import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import type { KubeObject } from './model';

/** A YAML file that is not a list of Kubernetes objects. */
export class RenderedFileError extends Error {
  readonly code = 'PLUMBLINE_RENDERED_FILE';

  constructor(file: string, problem: string, options?: ErrorOptions) {
    super(`${file}: ${problem}`, options);
    this.name = 'RenderedFileError';
  }
}

/**
 * The objects of a YAML text.
 *
 * @param file Named in errors.
 * @throws RenderedFileError when a document is not YAML, repeats a key, or is no object with apiVersion, kind and metadata.
 */
export function parseObjects(text: string, file: string): readonly KubeObject[] {
  const documents = parseAllDocuments(text, { uniqueKeys: true });
  if (!Array.isArray(documents)) return [];
  return documents
    .map((document, index) => {
      const [error] = document.errors;
      if (error !== undefined) throw new RenderedFileError(file, error.message, { cause: error });
      return { value: document.toJS() as unknown, index };
    })
    .filter(({ value }) => value !== null)
    .map(({ value, index }) => {
      if (!isKubeObject(value)) {
        throw new RenderedFileError(file, `document ${index + 1} lacks apiVersion, kind or metadata`);
      }
      return value;
    });
}

/** Names of the environments rendered below `folder`, e.g. `dist`: of folders with files, so not of what Argo CD is given beside them. */
export function renderedEnvironments(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => readdirSync(join(folder, name)).some((file) => file.endsWith('.k8s.yaml')))
    .sort();
}

/**
 * All objects of one environment's folder of `*.k8s.yaml` files.
 *
 * @throws RenderedFileError as {@link parseObjects}.
 */
export function readEnvironment(folder: string): readonly KubeObject[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.k8s.yaml'))
    .sort()
    .flatMap((name) => parseObjects(readFileSync(join(folder, name), 'utf8'), name));
}

function isKubeObject(value: unknown): value is KubeObject {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Partial<KubeObject>;
  return (
    typeof apiVersion === 'string' &&
    typeof kind === 'string' &&
    typeof metadata === 'object' &&
    (metadata as unknown) !== null
  );
}
