import type { ReadOptions } from '@plumbline/wire';

/** How statistics and profiles are read here: no sketches of what neither opening nor ranking looks at. */
export const readOptions: ReadOptions = {
  compact: true,
  unread: new Set(['all.self', 'anomalous', 'score', 'gap'] as const),
};
