import type { Markup } from '@plumbline/console';
import { html } from 'hono/html';
import { layoutGraph, type PlacedNode } from './layout-graph';
import type { PathGraph } from './graph';
import { shortened } from './words';

const columnWidth = 152;
const rowHeight = 46;
const margin = { left: 24, top: 26, right: 232 } as const;
/** Characters that fit between two columns, and beside the last one. */
const most = { router: 20, target: 30 } as const;

/** Paths from here to every target, with what they share drawn once. What it shows is in the tables as well. */
export function pathMap(graph: PathGraph): Markup {
  const { nodes, edges, columns, rows } = layoutGraph(graph);
  const place = new Map(nodes.map((node) => [node.key, { x: xOf(node), y: yOf(node) }]));
  const targets = nodes.filter(({ kind }) => kind === 'target').length;
  const width = margin.left + (columns - 1) * columnWidth + margin.right;
  const height = margin.top + Math.ceil(rows - 1) * rowHeight + margin.top;
  const routers = nodes.filter(({ kind }) => kind === 'router').length;
  return html`<svg
    class="map"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="Map of ${targets} ${targets === 1 ? 'target' : 'targets'} behind ${routers} routers that answer; the table has each path"
  >
    ${edges.map(({ from, to, tone, passed, targets: names }) => {
      const [a, b] = [place.get(from), place.get(to)];
      if (a === undefined || b === undefined) return '';
      return html`<path class="link ${tone}${passed ? '' : ' unknown'}" d="${curve(a, b)}">
        <title>${passed ? 'To' : 'Not reached:'} ${names.join(', ')}</title>
      </path>`;
    })}
    ${nodes.map((node) => nodeMark(node))}
  </svg>`;
}

function nodeMark(node: PlacedNode): Markup {
  const { kind, label, tone = '' } = node;
  const [x, y] = [xOf(node), yOf(node)];
  if (kind === 'silent')
    return html`<circle class="silent" cx="${x}" cy="${y}" r="4"><title>no answer</title></circle>`;
  if (kind === 'router' || kind === 'here') {
    return html`<g>
      <title>${label}</title>
      <circle class="${kind}" cx="${x}" cy="${y}" r="${kind === 'here' ? 7 : 5}" />
      <text class="name" x="${x}" y="${y - 11}" text-anchor="${kind === 'here' ? 'start' : 'middle'}">
        ${shortened(label, most.router)}
      </text>
    </g>`;
  }
  return html`<g>
    <title>${label}</title>
    <rect class="end ${tone}" x="${x - 6}" y="${y - 6}" width="12" height="12" rx="3" />
    <text class="name" x="${x + 14}" y="${y + 4}">${shortened(label, most.target)}</text>
  </g>`;
}

function xOf({ column }: PlacedNode): number {
  return margin.left + column * columnWidth;
}

function yOf({ row }: PlacedNode): number {
  return Math.round(margin.top + row * rowHeight);
}

function curve(a: { readonly x: number; readonly y: number }, b: typeof a): string {
  const middle = Math.round((a.x + b.x) / 2);
  return `M${a.x} ${a.y} C${middle} ${a.y} ${middle} ${b.y} ${b.x} ${b.y}`;
}
