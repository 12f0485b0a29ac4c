import type { Markup } from '@plumbline/console';
import { html } from 'hono/html';
import type { Sample } from '../routes/target-history';
import { duration, percent } from './words';

const step = 6;
const height = 64;
const floor = 58;

/** Round trips of the newest measurements as bars, red from the top where packets were lost: the picture of a table that would be long. */
export function historyStrip(samples: readonly Sample[]): Markup {
  const rtts = samples.flatMap(({ rtt }) => rtt ?? []);
  const highest = Math.max(...rtts, 1e-6);
  const width = Math.max(samples.length * step, 60);
  const lost = samples.filter(({ loss }) => loss > 0).length;
  const worst = percent(Math.max(0, ...samples.map(({ loss }) => loss)));
  const times =
    rtts.length === 0 ? 'none was answered' : `round trips from ${duration(Math.min(...rtts))} to ${duration(highest)}`;
  const label =
    `${samples.length} ${samples.length === 1 ? 'measurement' : 'measurements'}: ${times}; ` +
    (lost === 0 ? 'no packet was lost' : `packets were lost in ${lost}, at most ${worst}`);
  return html`<figure class="history">
    <div class="scroll" tabindex="0" role="region" aria-label="Newest measurements">
      <svg
        class="strip"
        width="${width}"
        height="${height}"
        viewBox="0 0 ${width} ${height}"
        role="img"
        aria-label="${label}"
      >
        ${samples.map(({ rtt, loss }, index) => {
          const bar = rtt === undefined ? 0 : Math.max(2, (rtt / highest) * (floor - 8));
          const x = index * step + 1;
          return html`<rect
              class="bar"
              x="${x}"
              y="${round(floor - bar)}"
              width="${step - 2}"
              height="${round(bar)}"
            />${
              loss > 0
                ? html`<rect
                    class="gone"
                    x="${x}"
                    y="0"
                    width="${step - 2}"
                    height="${round(Math.max(4, loss * floor))}"
                  />`
                : ''
            }`;
        })}
        <line class="axis" x1="0" y1="${floor}" x2="${width}" y2="${floor}" />
      </svg>
    </div>
    <figcaption>${label}.</figcaption>
  </figure>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
