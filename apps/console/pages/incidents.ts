import { serviceLabel, type Incident } from '@plumbline/wire';
import { html } from 'hono/html';
import { precisionSentence, type Precision } from '../feedback/precision';
import { clock, moment, span } from './format';
import { layout, type Markup } from './layout';

/** What the pipeline says of itself, for the sentences above the list. */
export interface PipelineStatus {
  /** Traces looked at since the start. */
  readonly traces: number;
  /** Newest event time seen, milliseconds since the epoch. */
  readonly lastTraceMs?: number;
  readonly operationsLearnt: number;
  readonly operationsSeen: number;
}

/** What stands above the list. */
export interface IncidentsPageParts {
  readonly status: PipelineStatus | undefined;
  readonly nowMs: number;
  /** How often people find the named cause right; absent where nobody is asked. */
  readonly precision: Precision | undefined;
}

export function incidentsPage(
  incidents: readonly Incident[],
  next: string | undefined,
  { status, nowMs, precision }: IncidentsPageParts,
): Markup {
  return layout(
    'Incidents',
    html`<h1>Incidents</h1>
      <p class="muted">${statusSentence(status, nowMs)}</p>
      ${precision === undefined ? '' : html`<p class="muted">${precisionSentence(precision)}</p>`}
      ${
        incidents.length === 0
          ? html`<p class="empty">No incidents.</p>`
          : html`<div class="scroll" tabindex="0" role="region" aria-label="Incidents">
              <table class="list">
                <thead>
                  <tr>
                    <th scope="col">State</th>
                    <th scope="col">Incident</th>
                    <th scope="col">Cause</th>
                    <th scope="col">Started, UTC</th>
                    <th scope="col">Lasts</th>
                    <th scope="col">Traces</th>
                  </tr>
                </thead>
                <tbody>
                  ${incidents.map((incident) => row(incident))}
                </tbody>
              </table>
            </div>`
      }
      ${next === undefined ? '' : html`<p><a href="/incidents?after=${next}">Older incidents</a></p>`}`,
    10,
  );
}

function row(incident: Incident): Markup {
  const cause = incident.causes[0];
  return html`<tr>
    <td>
      <span class="tag ${incident.state === 'open' ? incident.severity : 'resolved'}">${stateWord(incident)}</span>
    </td>
    <td><a href="/incidents/${incident.id}">${incident.title}</a></td>
    <td>
      ${cause === undefined ? 'No clear cause' : html`<strong>${serviceLabel(cause.service)}</strong>: ${cause.change}`}
    </td>
    <td>
      <time datetime="${new Date(incident.startedAtMs).toISOString()}" title="${moment(incident.startedAtMs)}"
        >${clock(incident.startedAtMs)}</time
      >
    </td>
    <td>${span((incident.resolvedAtMs ?? incident.throughMs) - incident.startedAtMs)}</td>
    <td class="number">${incident.anomalousTraces} of ${incident.totalTraces}</td>
  </tr>`;
}

export function stateWord(incident: Incident): string {
  return incident.state === 'open' ? incident.severity : 'resolved';
}

function statusSentence(status: PipelineStatus | undefined, nowMs: number): string {
  if (status === undefined) return 'Newest first. The page renews itself every 10 seconds.';
  if (status.lastTraceMs === undefined) {
    return 'No traces have come yet. Point an OpenTelemetry SDK here: OTEL_EXPORTER_OTLP_ENDPOINT=http://localhost:4318';
  }
  const checked = `${status.traces.toLocaleString('en-US')} ${status.traces === 1 ? 'trace' : 'traces'} checked, the last one ${span(nowMs - status.lastTraceMs)} ago.`;
  return status.operationsLearnt < status.operationsSeen
    ? `${checked} ${status.operationsLearnt} of ${status.operationsSeen} operations learnt; the rest stay silent.`
    : `${checked} All ${status.operationsSeen} operations learnt.`;
}
