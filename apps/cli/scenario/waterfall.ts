import type { StoredSpan } from '../verify/tempo';

const barWidth = 32;
const nameWidth = 44;
/** Longer traces are cut here. */
const mostRows = 40;

/** A trace as text: a row a span, children below their parents, each with a bar from its start to its end. */
export function drawTrace(spans: readonly StoredSpan[]): readonly string[] {
  const starts = spans.map(({ start }) => start);
  const first = starts.reduce((least, start) => (start < least ? start : least), starts[0] ?? 0n);
  const offset = ({ start }: StoredSpan) => Number(start - first) / 1e6;
  const total = Math.max(...spans.map((span) => offset(span) + span.durationMs), 1e-6);
  const rows = inOrder(spans).map(({ span, depth }) => {
    const from = Math.min(barWidth - 1, Math.floor((offset(span) / total) * barWidth));
    const length = Math.max(1, Math.min(barWidth - from, Math.round((span.durationMs / total) * barWidth)));
    const bar = `${' '.repeat(from)}${'#'.repeat(length)}`.padEnd(barWidth);
    const name = `${'  '.repeat(depth)}${span.service} ${span.name}`;
    const label = name.length > nameWidth ? `${name.slice(0, nameWidth - 1)}…` : name.padEnd(nameWidth);
    return `  ${label} |${bar}| ${span.durationMs.toFixed(1).padStart(8)} ms${span.failed ? '  error' : ''}`;
  });
  const more = rows.length > mostRows ? [`  and ${rows.length - mostRows} more spans`] : [];
  return [...rows.slice(0, mostRows), ...more];
}

/** Depth first, by start. Spans whose parent is not there are roots; a span on a circle of parents is left out. */
function inOrder(spans: readonly StoredSpan[]): readonly { readonly span: StoredSpan; readonly depth: number }[] {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  const children = new Map<string, StoredSpan[]>();
  for (const span of spans) {
    const parent = ids.has(span.parentSpanId) ? span.parentSpanId : '';
    children.set(parent, [...(children.get(parent) ?? []), span]);
  }
  const rows: { readonly span: StoredSpan; readonly depth: number }[] = [];
  const visit = (id: string, depth: number): void => {
    for (const span of (children.get(id) ?? []).sort((a, b) => (a.start < b.start ? -1 : 1))) {
      rows.push({ span, depth });
      visit(span.spanId, depth + 1);
    }
  };
  visit('', 0);
  return rows;
}
