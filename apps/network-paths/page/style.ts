import { styleSheet } from '@plumbline/console';

/** That of the console, with what a map needs: its colours are on `--surface`, which they are checked for. */
export const pathStyle = `${styleSheet}
.ok { color: var(--ok); } .warn { color: var(--warn); } .bad { color: var(--bad); } .quiet { color: var(--muted); }
.tag { white-space: nowrap; }
.named { font-weight: 400; text-align: left; min-width: 12em; overflow-wrap: anywhere; }
.list th.named { color: var(--text); font-weight: 400; }
.list th.number { text-align: right; }
.when { white-space: nowrap; font-variant-numeric: tabular-nums; }
td.id { min-width: 11em; }
.none { color: var(--muted); font-style: italic; }
.mapped, .history { display: block; background: var(--surface); border-radius: 8px; padding: 12px; }
.mapped figcaption, .history figcaption { color: var(--muted); font-size: 14px; margin-top: 8px; }
.map { display: block; }
.link { fill: none; stroke: var(--control); stroke-width: 2; }
.link.ok { stroke: var(--ok); } .link.warn { stroke: var(--warn); stroke-width: 3; } .link.bad { stroke: var(--bad); stroke-width: 3; }
.link.unknown { stroke-dasharray: 3 5; }
.map .name { fill: var(--text); stroke: var(--surface); stroke-width: 4; paint-order: stroke; font: 12px ui-monospace, monospace; }
.here { fill: var(--accent); } .router { fill: var(--text); }
.silent { fill: var(--surface); stroke: var(--control); stroke-width: 2; }
.end { fill: var(--control); } .end.ok { fill: var(--ok); } .end.warn { fill: var(--warn); } .end.bad { fill: var(--bad); }
.bar { fill: var(--before); } .gone { fill: var(--bad); }
.routes { padding-left: 20px; overflow-wrap: anywhere; } .routes li { margin-bottom: 8px; }
@media (forced-colors: active) { .link, .silent { stroke: CanvasText; } .end, .router, .here, .bar, .gone { fill: CanvasText; } }
`;
