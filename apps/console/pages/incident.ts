import { serviceLabel, type Cause, type Exemplar, type Incident } from '@plumbline/wire';
import { html } from 'hono/html';
import { amount, claim, clock, moment, span } from './format';
import { stateWord } from './incidents';
import { layout, type Markup } from './layout';
import { strip } from './strip';

/** Address of a trace where people can look at it, or `undefined`. */
export type TraceLink = (trace: Exemplar) => string | undefined;

/** What a page of an incident has beside it. */
export interface IncidentPageParts {
  readonly trace: TraceLink;
  readonly runbook: string | undefined;
  /** What people say of it. */
  readonly feedback?: Markup;
  /** The page does not renew itself. */
  readonly still?: boolean;
}

export function incidentPage(incident: Incident, parts: IncidentPageParts): Markup {
  const { trace, runbook, feedback, still = false } = parts;
  const [first, ...others] = incident.causes;
  return layout(
    incident.title,
    html`<p class="crumbs"><a href="/incidents">Incidents</a> / ${incident.id}</p>
      <h1>
        <span class="tag ${incident.state === 'open' ? incident.severity : 'resolved'}">${stateWord(incident)}</span>
        ${incident.title}
      </h1>
      <p class="muted">
        Since <time datetime="${new Date(incident.startedAtMs).toISOString()}">${moment(incident.startedAtMs)}</time>,
        for ${span((incident.resolvedAtMs ?? incident.throughMs) - incident.startedAtMs)}. ${incident.anomalousTraces}
        of ${incident.totalTraces} traces anomalous, ${incident.failedTraces} failed.
      </p>
      ${first === undefined ? noClearCause() : mainCause(first)} ${path(incident)}
      <p class="actions">
        <a href="#traces">Traces</a>
        ${runbook === undefined ? '' : html`<a href="${runbook}">Runbook</a>`}
        <a href="/incidents/${incident.id}.json">JSON</a>
      </p>
      ${feedback ?? ''}
      ${
        others.length === 0
          ? ''
          : html`<h2>Other causes considered</h2>
              <ol class="causes" start="2">
                ${others.map((cause) => otherCause(cause))}
              </ol>`
      }
      ${tracesTable(incident.traces, trace)}
      ${
        incident.notSeen.length === 0
          ? ''
          : html`<h2>Not seen</h2>
              <ul>
                ${incident.notSeen.map((sentence) => html`<li>${sentence}</li>`)}
              </ul>`
      }
      <p class="muted">Judged by profile ${incident.bundle}.</p>`,
    incident.state === 'open' && !still ? 10 : undefined,
  );
}

function noClearCause(): Markup {
  return html`<section class="cause"><h2>No clear cause</h2></section>`;
}

function mainCause(cause: Cause): Markup {
  return html`<section class="cause" id="cause-1">
    <h2>${sentence(cause)}</h2>
    ${cause.evidence.slice(0, 3).map(
      (item) =>
        html`<figure>
          ${strip(item)}
          <figcaption>${item.sentence}</figcaption>
        </figure>`,
    )}
    ${against(cause)}
    <p class="muted">${confidence(cause)}</p>
  </section>`;
}

/** How sure that is, and what tells so. */
export function confidence({ confidence: said, calibrated, computed = said, answers }: Cause): string {
  const sure = `Confidence ${amount(said, 'share')}`;
  if (!calibrated) return `${sure}, not calibrated.`;
  if (answers === undefined) return `${sure}, calibrated.`;
  return `${sure}: as often as people found such claims right, by ${answers} answers; computed ${amount(computed, 'share')}.`;
}

function otherCause(cause: Cause): Markup {
  return html`<li>
    <strong>${serviceLabel(cause.service)}</strong>: ${cause.change}
    <span class="muted">(${amount(cause.confidence, 'share')})</span>
    ${cause.evidence.slice(0, 1).map((item) => html`<br /><span class="muted">${item.sentence}</span>`)}
    ${against(cause)}
  </li>`;
}

function sentence(cause: Cause): Markup {
  const name = html`<b>${serviceLabel(cause.service)}</b>`;
  const how = claim(cause.confidence);
  return how === 'weak'
    ? html`No clear cause; the best lead is ${name}: ${cause.change}.`
    : html`${name} is the ${how} cause: ${cause.change}.`;
}

function against(cause: Cause): Markup {
  return cause.against.length === 0 ? html`` : html`<p class="muted">Against: ${cause.against.join(' ')}</p>`;
}

function path(incident: Incident): Markup {
  if (incident.path.length < 2) return html``;
  return html`<p class="path">Path: ${incident.path.map(serviceLabel).join(' > ')}</p>`;
}

function tracesTable(traces: readonly Exemplar[], traceLink: TraceLink): Markup {
  if (traces.length === 0) return html``;
  return html`<h2 id="traces">Traces</h2>
    <div class="scroll" tabindex="0" role="region" aria-label="Traces">
      <table class="list">
        <thead>
          <tr>
            <th scope="col">Trace</th>
            <th scope="col">Entry</th>
            <th scope="col">Time, UTC</th>
            <th scope="col">Duration</th>
            <th scope="col">Result</th>
            <th scope="col">Stored as</th>
          </tr>
        </thead>
        <tbody>
          ${traces.map((trace) => {
            const link = traceLink(trace);
            return html`<tr>
              <td class="id">${link === undefined ? trace.traceId : html`<a href="${link}">${trace.traceId}</a>`}</td>
              <td>${serviceLabel(trace.entryService)} ${trace.entryOperation}</td>
              <td>${clock(trace.eventTimeMs)}</td>
              <td class="number">${amount(trace.durationMs, 'ms')}</td>
              <td>${trace.failed ? 'failed' : 'answered'}</td>
              <td class="id">${trace.object?.key ?? ''}</td>
            </tr>`;
          })}
        </tbody>
      </table>
    </div>`;
}
