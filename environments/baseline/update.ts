import { rmSync } from 'node:fs';
import type { Baseline } from './baseline';
import { differences, withChanges } from './compare';
import { fileOf, folder, keptIn, readBaseline, writeBaseline } from './file';
import { reportOf } from './report';

export interface UpdateOptions {
  /** What is rendered now, by environment. */
  readonly rendered: Readonly<Record<string, Baseline>>;
  /** Whether what breaks something is taken over, too. */
  readonly acceptBreaking: boolean;
  /** Of the files. @default - this one */
  readonly at?: string;
}

/** What came of an update. */
export interface Updated {
  /** Every difference, a line each. */
  readonly lines: readonly string[];
  /** How many of them break something. */
  readonly breaking: number;
  /** How many are not taken over. */
  readonly left: number;
}

/** Writes what is rendered now. What breaks something stays as it was, unless it is accepted. */
export function updateBaselines({ rendered, acceptBreaking, at = folder }: UpdateOptions): Updated {
  const lines: string[] = [];
  let [breaking, left] = [0, 0];
  const count = (breaks: number): void => {
    breaking += breaks;
    if (!acceptBreaking) left += breaks;
  };
  for (const environment of keptIn(at).filter((name) => rendered[name] === undefined)) {
    lines.push(goneText(environment));
    count(1);
    if (acceptBreaking) rmSync(fileOf(environment, at));
  }
  for (const [environment, is] of Object.entries(rendered)) {
    const was = readBaseline(environment, at);
    if (was === undefined) {
      lines.push(newText(environment));
      writeBaseline(environment, is, at);
      continue;
    }
    const all = differences({ environment, was, is });
    lines.push(...reportOf(environment, all));
    const taken = acceptBreaking ? all : all.filter(({ breaks }) => breaks === undefined);
    count(all.filter(({ breaks }) => breaks !== undefined).length);
    if (taken.length > 0) writeBaseline(environment, withChanges(was, taken), at);
  }
  return { lines, breaking, left };
}

export function newText(environment: string): string {
  return `${environment}: nothing was kept of it before.`;
}

export function goneText(environment: string): string {
  return `${environment} is not rendered any more: who runs it gets no further upgrade.`;
}
