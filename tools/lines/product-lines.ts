import { readFileSync } from 'node:fs';

/** Lines of a construct, by what they are about. */
export interface LineCount {
  /** Lines with code or comment. */
  readonly all: number;
  /** Lines that say something of the product. */
  readonly product: number;
}

/**
 * What any construct has to say, whatever its product: how it is written down, not what the product is. Each rule has a name, for the page
 * and for whoever wonders.
 */
const ceremony: readonly (readonly [rule: string, line: RegExp])[] = [
  ['imports', /^(import\b|\} from )/],
  ['closing brackets', /^[\])};,]+$/],
  ['class and constructor heads', /^(export (abstract )?class|constructor\(|super\()/],
  ['unpacked props', /^(const \{.*\} = (this\.)?props( \?\? \{\})?;)$/],
  ['fields taken from what was made', /^this\.\w+ = (endpoints|pods|workload|scrapeTargets|server)\b.*;$/],
  ['declarations that every component has', /^readonly (software|scrapeTargets|dataSource|alerts|dashboards)\b/],
  ['the door to what is not ours', /^(static fromExternal\(|return new External\w+\()/],
  ['what is given if it is there', /^\.\.\.(defined|whereGiven)\(/],
];

/** Counts a source file. Lines of an import that goes over several lines are imports, all of them. */
export function countLines(text: string): LineCount {
  let all = 0;
  let product = 0;
  let inImport = false;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '') continue;
    all += 1;
    const isCeremony = inImport || ceremony.some(([, pattern]) => pattern.test(line));
    if (/^import\b.*\{$/.test(line)) inImport = true;
    else if (line.startsWith('}')) inImport = false;
    if (!isCeremony) product += 1;
  }
  return { all, product };
}

/** A construct of several files, together. */
export function countFiles(files: readonly string[]): LineCount {
  const counts = files.map((file) => countLines(readFileSync(file, 'utf8')));
  return {
    all: counts.reduce((sum, { all }) => sum + all, 0),
    product: counts.reduce((sum, { product }) => sum + product, 0),
  };
}

/** The rules, for the page. */
export const rules: readonly string[] = ceremony.map(([rule]) => rule);
