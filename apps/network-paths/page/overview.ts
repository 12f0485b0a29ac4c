import { layout, moment, span, type Markup } from '@plumbline/console';
import { html } from 'hono/html';
import type { RouteChange } from '../routes/route';
import type { TargetHistory } from '../routes/target-history';
import { pathGraph } from './graph';
import { pathMap } from './map';
import { noticedLoss, stateOf } from './state';
import { changeText, duration, pathText, percent } from './words';

export const refreshSeconds = 30;
/** Most changes that the page lists; the page of a target has its own. */
const mostChanges = 25;

/** All targets, the map of paths, and what changed. */
export function overviewPage(histories: readonly TargetHistory[], nowMs: number): Markup {
  const graph = pathGraph(histories);
  return page(
    'Network paths',
    html`<h1>Network paths</h1>
      <p class="muted">${summary(histories)}</p>
      ${targetsTable(histories, nowMs)}
      <h2 id="map">Map</h2>
      ${
        graph.edges.length === 0
          ? html`<p class="empty">Nothing has been measured yet.</p>`
          : html`<figure class="mapped">
              <div class="scroll" tabindex="0" role="region" aria-label="Map of paths">${pathMap(graph)}</div>
              <figcaption>
                From here to each target. A hollow ring is a router that does not answer, a dashed line what is not
                known: red where the target does not answer. Another link has the colour of the best target behind it,
                as what answers came through: yellow where all lose more than ${percent(noticedLoss)} of packets, grey
                where none answers.
              </figcaption>
            </figure>`
      }
      <h2 id="changes">Changes of routes</h2>
      ${changesTable(histories)}
      <p class="muted">
        Kept since the start of this process; what is older, the dashboard has. <a href="/paths.json">JSON</a>
      </p>`,
  );
}

/** A page of ours, which renews itself. */
export function page(title: string, body: Markup): Markup {
  return layout(title, body, refreshSeconds, '/');
}

function summary(histories: readonly TargetHistory[]): string {
  const states = histories.map((history) => stateOf(history).word);
  const count = (word: (typeof states)[number]) => states.filter((each) => each === word).length;
  const others = (['loses packets', 'does not answer', 'not measured', 'waiting'] as const)
    .map((word) => ({ word, number: count(word) }))
    .filter(({ number }) => number > 0)
    .map(({ word, number }) => `${number} ${word === 'waiting' ? 'not asked yet' : plural(word, number)}`);
  const all = `${count('answers')} of ${histories.length} ${histories.length === 1 ? 'target answers' : 'targets answer'}`;
  return `${[all, ...others].join(', ')}.`;
}

function plural(word: string, number: number): string {
  if (number === 1) return word === 'not measured' ? 'is not measured' : word;
  return (
    { 'loses packets': 'lose packets', 'does not answer': 'do not answer', 'not measured': 'are not measured' }[word] ??
    word
  );
}

function targetsTable(histories: readonly TargetHistory[], nowMs: number): Markup {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Targets">
    <table class="list">
      <thead>
        <tr>
          <th scope="col">State</th>
          <th scope="col">Target</th>
          <th scope="col">Place</th>
          <th scope="col" class="number">Hops</th>
          <th scope="col" class="number">Loss</th>
          <th scope="col" class="number">Round trip</th>
          <th scope="col" class="number">Jitter</th>
          <th scope="col" class="number">Changes</th>
          <th scope="col">Measured</th>
        </tr>
      </thead>
      <tbody>
        ${histories.map((history) => targetRow(history, nowMs))}
      </tbody>
    </table>
  </div>`;
}

function targetRow(history: TargetHistory, nowMs: number): Markup {
  const { target, current, last, changes } = history;
  const end = current?.reached === true ? current.hops.at(-1) : undefined;
  return html`<tr>
    <td>${stateTag(history)}</td>
    <th scope="row" class="named">
      <a href="/targets/${target.name}">${target.name}</a><br /><span class="id">${target.host}</span>
    </th>
    <td>${placeOf(history)}</td>
    <td class="number">${end?.number ?? '–'}</td>
    <td class="number">${percent(current && (end?.loss ?? 1))}</td>
    <td class="number">${duration(end?.rtt?.mean)}</td>
    <td class="number">${duration(end?.rtt?.deviation)}</td>
    <td class="number">${changes.length}</td>
    <td class="when">${last === undefined ? 'not yet' : `${span(nowMs - last.atMs)} ago`}</td>
  </tr>`;
}

export function stateTag(history: TargetHistory): Markup {
  const { word, tone } = stateOf(history);
  return html`<span class="tag ${tone}">${word}</span>`;
}

/** What was said of where it is. */
export function placeOf({ target: { region, site, provider, link } }: TargetHistory): string {
  return [provider, region, site, link === undefined ? undefined : `link ${link}`].filter((each) => each).join(', ');
}

function changesTable(histories: readonly TargetHistory[]): Markup {
  const all = histories
    .flatMap(({ target, changes }) => changes.map((change) => ({ target, change })))
    .toSorted((a, b) => b.change.atMs - a.change.atMs)
    .slice(0, mostChanges);
  if (all.length === 0) return html`<p class="empty">No route has changed.</p>`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Changes of routes">
    <table class="list">
      <thead>
        <tr>
          <th scope="col">Time, UTC</th>
          <th scope="col">Target</th>
          <th scope="col">Change</th>
          <th scope="col">Route</th>
        </tr>
      </thead>
      <tbody>
        ${all.map(
          ({ target, change }) =>
            html`<tr>
              <td class="when">${time(change.atMs)}</td>
              <td class="named"><a href="/targets/${target.name}">${target.name}</a></td>
              <td>${changeText(change)}</td>
              <td>${newnessOf(change)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

export function newnessOf({ isNew, to }: RouteChange): Markup {
  return html`<span class="when" title="${pathText(to)}">${isNew ? 'new' : 'seen before'}</span>`;
}

export function time(atMs: number): Markup {
  return html`<time datetime="${new Date(atMs).toISOString()}">${moment(atMs).replace(' UTC', '')}</time>`;
}
