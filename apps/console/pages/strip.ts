import type { Evidence } from '@plumbline/wire';
import { html } from 'hono/html';
import { amount } from './format';
import type { Markup } from './layout';

const width = 160;
const height = 44;
const margin = 8;

/**
 * Before and now on one logarithmic axis: a dashed outline with a tick for what was normal, a filled dot for what is. Says the
 * same in words for those who do not see it.
 */
export function strip(evidence: Evidence): Markup {
  const { before, now, normalLow, normalHigh, unit } = evidence;
  const values = [before, now, normalLow ?? before, normalHigh ?? before].map(positive);
  const low = Math.log(Math.min(...values) / 1.3);
  const high = Math.log(Math.max(...values) * 1.3);
  const x = (value: number) =>
    round(margin + ((Math.log(positive(value)) - low) / (high - low)) * (width - 2 * margin));
  const from = x(normalLow ?? before) - 3;
  const to = x(normalHigh ?? before) + 3;
  const label = `Normal ${amount(normalLow ?? before, unit)} to ${amount(normalHigh ?? before, unit)}, now ${amount(now, unit)}`;
  return html`<svg
    class="strip"
    width="${width}"
    height="${height}"
    viewBox="0 0 ${width} ${height}"
    role="img"
    aria-label="${label}"
  >
    <line class="axis" x1="${margin}" y1="22" x2="${width - margin}" y2="22" />
    <rect class="before" x="${round(from)}" y="8" width="${round(Math.max(to - from, 6))}" height="12" rx="2" />
    <line class="median" x1="${x(before)}" y1="6" x2="${x(before)}" y2="22" />
    <circle class="now" cx="${x(now)}" cy="32" r="6" />
  </svg>`;
}

/** Shares and counts may be zero; the axis is logarithmic. */
function positive(value: number): number {
  return Math.max(value, 1e-3);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
