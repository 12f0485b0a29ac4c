import { baseline, sections, type Aspects, type Baseline, type Section, type Value } from './baseline';
import { brokenBy } from './consequences';

/** A place where what is rendered is not what is kept. */
export interface Difference {
  readonly section: Section;
  readonly id: string;
  /** Absent: the thing as a whole. */
  readonly aspect?: string;
  readonly was?: Aspects | Value | undefined;
  readonly is?: Aspects | Value | undefined;
  /** What it breaks. @default - nothing */
  readonly breaks?: string | undefined;
}

/** What a change is seen beside: all that was, and all that is. */
export interface Context {
  readonly environment: string;
  readonly was: Baseline;
  readonly is: Baseline;
}

/** Every difference, in the order of the file. */
export function differences(context: Context): readonly Difference[] {
  return sections
    .flatMap((section) => inSection(section, context))
    .map((each) => ({ ...each, breaks: brokenBy(each, context) }));
}

/** What was, with some of the differences taken over. */
export function withChanges(was: Baseline, changes: readonly Difference[]): Baseline {
  const made = structuredClone(was) as Record<Section, Record<string, Record<string, Value>>>;
  for (const { section, id, aspect, is } of changes) {
    if (aspect === undefined) {
      if (is === undefined) Reflect.deleteProperty(made[section], id);
      else made[section][id] = { ...(is as Aspects) };
    } else {
      const thing = (made[section][id] ??= {});
      if (is === undefined) Reflect.deleteProperty(thing, aspect);
      else thing[aspect] = is as Value;
    }
  }
  return baseline(made);
}

function inSection(section: Section, { was, is }: Context): readonly Difference[] {
  const [before, after] = [was[section], is[section]];
  return union(before, after).flatMap((id): readonly Difference[] => {
    const [old, now] = [before[id], after[id]];
    if (old === undefined || now === undefined) return [{ section, id, was: old, is: now }];
    return union(old, now)
      .filter((aspect) => old[aspect] !== now[aspect])
      .map((aspect) => ({ section, id, aspect, was: old[aspect], is: now[aspect] }));
  });
}

function union(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}
