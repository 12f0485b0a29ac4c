import { rmSync } from 'node:fs';
import type { Baseline } from './baseline';
import { differences, withChanges, type Difference } from './compare';
import { fileOf, folder, keptBaselines, writeBaseline } from './file';
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

type Baselines = Readonly<Record<string, Baseline>>;

/** What is different of an environment. */
export interface Changed {
  readonly environment: string;
  readonly lines: readonly string[];
  readonly breaking: number;
  /** @default - nothing was kept of it */
  readonly was?: Baseline;
  /** @default - it is not rendered any more, or is new */
  readonly differences?: readonly Difference[];
}

/** What is different of each environment between what was and what is; of those first that are gone. */
export function changedBetween(was: Baselines, is: Baselines): readonly Changed[] {
  const gone = Object.keys(was).filter((environment) => is[environment] === undefined);
  return [
    ...gone.map((environment) => ({
      environment,
      lines: [`${environment} is not rendered any more: who runs it gets no further upgrade.`],
      breaking: 1,
    })),
    ...Object.entries(is).map(([environment, now]): Changed => {
      const before = was[environment];
      if (before === undefined)
        return { environment, lines: [`${environment}: nothing was kept of it before.`], breaking: 0 };
      const all = differences({ environment, was: before, is: now });
      const breaking = all.filter(({ breaks }) => breaks !== undefined).length;
      return { environment, lines: reportOf(environment, all), breaking, was: before, differences: all };
    }),
  ];
}

/** Writes what is rendered now. What breaks something stays as it was, unless it is accepted. */
export function updateBaselines({ rendered, acceptBreaking, at = folder }: UpdateOptions): Updated {
  const changed = changedBetween(keptBaselines(at), rendered);
  for (const { environment, was, differences: all = [] } of changed) {
    const is = rendered[environment];
    const taken = acceptBreaking ? all : all.filter(({ breaks }) => breaks === undefined);
    if (is === undefined) {
      if (acceptBreaking) rmSync(fileOf(environment, at));
    } else if (was === undefined) writeBaseline(environment, is, at);
    else if (taken.length > 0) writeBaseline(environment, withChanges(was, taken), at);
  }
  const summed = summedUp(changed);
  return { ...summed, left: acceptBreaking ? 0 : summed.breaking };
}

/** Of all environments, where nothing is taken over. */
export function summedUp(changed: readonly Changed[]): Updated {
  const breaking = changed.reduce((sum, each) => sum + each.breaking, 0);
  return { lines: changed.flatMap(({ lines }) => lines), breaking, left: breaking };
}
