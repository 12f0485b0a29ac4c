import { readFileSync } from 'node:fs';

/** Lines of a construct, by what they are about. */
export interface LineCount {
  /** Lines that somebody wrote and somebody reads: without blank ones, imports, and brackets that stand alone. */
  readonly all: number;
  /** Those of them that say something of the product. */
  readonly product: number;
}

/** Not counted, on either side: an editor writes them. */
const unwritten = /^$|^[\])};,>(]+$|^\} (else|finally) \{$/;

/**
 * What any construct has to say whatever its product: how a construct is written down. The rules are on the page
 * `docs/how-to/write-a-construct.md`.
 */
const ceremony: readonly (readonly [rule: string, line: RegExp])[] = [
  ['heads of classes and constructors', /^(export (abstract )?class\b|constructor\(|super\(|\): [\w<>, |'-]+ \{$)/],
  ['props that are unpacked', /^const \{.*\} = (this\.)?(props|tier|options)\b.*;$/],
  ['fields that are taken from what was made', /^this\.[\w.]+ = \w+([.[][\w.'\]]+)?;$/],
  ['declarations that every component has', /^readonly (software|scrapeTargets|dataSource|alerts|dashboards)\b/],
  ['the door to what is not ours', /^(static fromExternal\(|return new External\w+\()/],
  ['what is passed on only if it is there', /^\.\.\.(defined|whereGiven)\(/],
  ['private and protected fields', /^(private|protected) readonly \w+(: | = new Map)/],
];

/** Counts a source file. */
export function countLines(text: string): LineCount {
  let all = 0;
  let product = 0;
  let inImport = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    const isImport = inImport || line.startsWith('import ');
    if (isImport) inImport = !/ from '.*';$/.test(line);
    if (isImport || unwritten.test(line)) continue;
    all += 1;
    if (!ceremony.some(([, pattern]) => pattern.test(line))) product += 1;
  }
  return { all, product };
}

/** A construct of several files, together. */
export function countFiles(files: readonly string[]): LineCount {
  const counts = files.map((file) => countLines(readFileSync(file, 'utf8')));
  const sum = (of: (count: LineCount) => number): number => counts.reduce((total, count) => total + of(count), 0);
  return { all: sum(({ all }) => all), product: sum(({ product }) => product) };
}

/** The rules, by name. */
export const rules: readonly string[] = ceremony.map(([rule]) => rule);
