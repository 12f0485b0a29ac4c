import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Document, isMap, parse, type YAMLMap } from 'yaml';
import {
  baseline,
  names,
  sections,
  type Aspects,
  type Baseline,
  type Section,
  type Things,
  type Value,
} from './baseline';

/** Where the files lie, one for each environment. */
export const folder = __dirname;

/** Where there is one aspect, its name goes without saying. */
const soleAspects: Partial<Readonly<Record<Section, string>>> = {
  budgets: 'selector',
  bindings: 'role',
  accounts: 'role',
  consumerGroups: 'topics',
};
/** Of a thing in a line, without its name. */
const width = 80;
const head = ' What an upgrade must not change without saying so; written by `npm run baseline`.';

/** A line for each thing, where it fits. */
export function textOf(kept: Baseline): string {
  const filled = sections.filter((section) => Object.keys(kept[section]).length > 0);
  const document = new Document(
    Object.fromEntries(filled.map((section) => [section, written(section, kept[section])])),
  );
  document.commentBefore = head;
  for (const section of filled) {
    const things = document.get(section);
    if (isMap(things)) for (const { value } of things.items) if (isMap(value)) value.flow = fits(value);
  }
  return document.toString({ lineWidth: 0, singleQuote: true });
}

/** @throws {Error} for a section that there is not */
export function parseBaseline(text: string, file: string): Baseline {
  const read = parse(text) as Readonly<Partial<Record<Section, Written>>>;
  const unknown = Object.keys(read).find((each) => !sections.some((section) => section === each));
  if (unknown !== undefined) throw new Error(`${file} has a section ${unknown}; there are ${sections.join(', ')}`);
  return baseline(Object.fromEntries(sections.map((section) => [section, asRead(section, read[section] ?? [])])));
}

export function writeBaseline(environment: string, kept: Baseline, to = folder): void {
  writeFileSync(fileOf(environment, to), textOf(kept));
}

/** Everything that a file is kept of. */
export function keptBaselines(from = folder): Readonly<Record<string, Baseline>> {
  return Object.fromEntries(
    environmentsOf(readdirSync(from)).map((name) => {
      const file = fileOf(name, from);
      return [name, parseBaseline(readFileSync(file, 'utf8'), file)];
    }),
  );
}

/** Names of what files are kept of. */
export function environmentsOf(files: readonly string[]): readonly string[] {
  return files.flatMap((name) => (name.endsWith(suffix) ? [name.slice(0, -suffix.length)] : []));
}

const suffix = '.yaml';

export function fileOf(environment: string, at = folder): string {
  return join(at, `${environment}${suffix}`);
}

/** A section in the file: a list where names are all. */
type Written = Readonly<Record<string, Aspects | Value>> | readonly string[];

function written(section: Section, things: Things): Written {
  const sole = soleAspects[section];
  const entries = Object.entries(things);
  if (sole !== undefined) return Object.fromEntries(entries.map(([id, aspects]) => [id, aspects[sole] ?? '']));
  return entries.every(([, aspects]) => Object.keys(aspects).length === 0) ? Object.keys(things) : things;
}

function asRead(section: Section, things: Written): Things {
  if (isList(things)) return names(things);
  const sole = soleAspects[section] ?? section;
  return Object.fromEntries(
    Object.entries(things).map(([id, each]) => [id, typeof each === 'object' ? each : { [sole]: each }]),
  );
}

function isList(things: Written): things is readonly string[] {
  return Array.isArray(things);
}

function fits(aspects: YAMLMap): boolean {
  return JSON.stringify(aspects).length < width;
}
