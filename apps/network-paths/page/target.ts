import { span, type Markup } from '@plumbline/console';
import { html } from 'hono/html';
import type { Hop } from '../mtr/measurement';
import type { TargetHistory } from '../routes/target-history';
import { pathGraph } from './graph';
import { historyStrip } from './history-strip';
import { pathMap } from './map';
import { newnessOf, page, placeOf, stateTag, time } from './overview';
import { changeText, duration, noAnswer, pathText, percent } from './words';

/** One target: its path hop by hop, its newest measurements, and the ways that packets went. */
export function targetPage(history: TargetHistory, nowMs: number): Markup {
  const { target, current, samples } = history;
  const place = placeOf(history);
  return page(
    target.name,
    html`<p class="crumbs"><a href="/">Network paths</a> / ${target.name}</p>
      <h1>${stateTag(history)} ${target.name}</h1>
      <p class="muted">
        <span class="id">${target.host}</span>${
          current !== undefined && current.address !== target.host
            ? html`, which is <span class="id">${current.address}</span>`
            : ''
        }${place === '' ? '' : `; ${place}`}.
      </p>
      ${explained(history, nowMs)}
      ${
        current === undefined
          ? ''
          : html`<h2 id="path">Path</h2>
              <p class="muted">
                As it was ${span(nowMs - current.atMs)} ago, by ${current.hops.at(0)?.sent ?? 0} packets to each hop.
              </p>
              ${hopsTable(current.hops)}
              <figure class="mapped">
                <div class="scroll" tabindex="0" role="region" aria-label="Map of the path">
                  ${pathMap(pathGraph([history]))}
                </div>
              </figure>`
      }
      ${
        samples.length === 0
          ? ''
          : html`<h2 id="measurements">Newest measurements</h2>
              ${historyStrip(samples)}`
      }
      ${routesTable(history)} ${changesTable(history)}
      <p class="muted"><a href="/targets/${target.name}.json">JSON</a></p>`,
  );
}

function explained({ failure, current, lostSinceMs }: TargetHistory, nowMs: number): Markup {
  if (failure !== undefined)
    return html`<p class="problem">Not measured, ${span(nowMs - failure.atMs)} ago: ${failure.message}</p>`;
  if (current === undefined) return html`<p class="empty">It has not been measured yet.</p>`;
  if (lostSinceMs === undefined) return html``;
  const last = current.hops.at(-1);
  const where =
    last === undefined
      ? 'Nothing on the way answered.'
      : `The last that answered is ${last.host ?? noAnswer}, at hop ${last.number}: what is lost is lost behind it, or the target does not answer pings.`;
  return html`<p class="problem">Does not answer since ${time(lostSinceMs)} UTC. ${where}</p>`;
}

function hopsTable(hops: readonly Hop[]): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Path by hop">
      <table class="list">
        <thead>
          <tr>
            <th scope="col" class="number">Hop</th>
            <th scope="col">Address</th>
            <th scope="col" class="number">Loss</th>
            <th scope="col" class="number">Mean</th>
            <th scope="col" class="number">Best</th>
            <th scope="col" class="number">Worst</th>
            <th scope="col" class="number">Jitter</th>
          </tr>
        </thead>
        <tbody>
          ${hops.map(
            ({ number, host, loss, rtt }) =>
              html`<tr>
                <th scope="row" class="number">${number}</th>
                <td class="id">${host ?? html`<span class="none">${noAnswer}</span>`}</td>
                <td class="number">${percent(loss)}</td>
                <td class="number">${duration(rtt?.mean)}</td>
                <td class="number">${duration(rtt?.best)}</td>
                <td class="number">${duration(rtt?.worst)}</td>
                <td class="number">${duration(rtt?.deviation)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="muted">
      Loss at a router alone means that it answers few pings. What counts is loss that goes on to the target.
    </p>`;
}

function routesTable({ routes, route }: TargetHistory): Markup {
  if (routes.length === 0) return html``;
  return html`<h2 id="routes">Routes</h2>
    <ul class="routes">
      ${routes.map(
        (each) =>
          html`<li>
            <span class="id">${pathText(each.addresses)}</span><br />
            <span class="muted"
              >${each === route ? 'the newest' : 'before'}; from ${time(each.firstSeenMs)} to ${time(each.lastSeenMs)}
              UTC</span
            >
          </li>`,
      )}
    </ul>`;
}

function changesTable({ changes }: TargetHistory): Markup {
  if (changes.length === 0) return html``;
  return html`<h2 id="changes">Changes</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Changes of the route">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Time, UTC</th>
            <th scope="col">Change</th>
            <th scope="col">Route</th>
          </tr>
        </thead>
        <tbody>
          ${changes.map(
            (change) =>
              html`<tr>
                <td class="when">${time(change.atMs)}</td>
                <td>${changeText(change)}</td>
                <td>${newnessOf(change)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
}
