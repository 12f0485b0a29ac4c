import { grafanaTraceUrl, type Exemplar, type Incident } from '@plumbline/wire';
import { Hono, type Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { FeedbackDesk } from './feedback/desk';
import type { FeedbackError } from './feedback/input';
import { feedbackRoutes, formToken, lastName, type FormTexts } from './feedback/routes';
import type { IncidentIndex } from './incident-index';
import { pageHeaders } from './page-headers';
import { feedbackSection } from './pages/feedback';
import { incidentPage } from './pages/incident';
import { incidentsPage, type PipelineStatus } from './pages/incidents';
import { layout } from './pages/layout';
import { html } from 'hono/html';
import { styleSheet } from './style';

export interface ConsoleOptions {
  readonly index: IncidentIndex;
  /** Base URL people reach Grafana at; traces have no links without it. */
  readonly grafanaUrl?: string;
  /** Base URL of runbooks. */
  readonly runbookUrl?: string;
  /** What the pipeline says of itself; absent where it runs elsewhere. */
  readonly status?: () => PipelineStatus;
  /** Takes what people say of incidents. @default - nobody is asked */
  readonly feedback?: FeedbackDesk;
  /** @default Date.now */
  readonly now?: () => number;
}

const pageSize = 50;
const idPattern = /^[0-9a-f]{12}$/;
/** Pages with a form. */
const formPath = /^\/incidents\/[0-9a-f]{12}(?:\/feedback)?$/;

/**
 * The pages of incidents, rendered on the server, without scripts. Every text from outside is escaped, and the content security
 * policy forbids everything that is not the page's own style sheet.
 */
export function consoleApp(options: ConsoleOptions): Hono {
  const { index, grafanaUrl, runbookUrl, status, feedback, now = Date.now } = options;
  const app = new Hono();
  app.use(pageHeaders([({ req }) => (feedback !== undefined && formPath.test(req.path) ? "'self'" : "'none'")]));
  app.get('/', (context) => context.redirect('/incidents'));
  app.get('/incidents', (context) => {
    const state = context.req.query('state');
    const service = context.req.query('service');
    const after = context.req.query('after');
    const page = index.list({
      limit: pageSize,
      ...(state === 'open' || state === 'resolved' ? { state } : {}),
      ...(service === undefined ? {} : { service }),
      ...(after === undefined ? {} : { after }),
    });
    return context.html(
      incidentsPage(page.incidents, page.next, { status: status?.(), nowMs: now(), precision: feedback?.precision }),
    );
  });
  // For programs: the newest page of the list, and what stands above it.
  app.get('/incidents.json', (context) =>
    context.json({
      ...index.list({ limit: pageSize }),
      ...(feedback === undefined ? {} : { precision: feedback.precision }),
    }),
  );
  app.get('/status.json', (context) => {
    const told = status?.();
    return told === undefined ? context.json({ error: 'the pipeline runs elsewhere' }, 404) : context.json(told);
  });
  app.get('/incidents/:id', (context) => {
    const name = context.req.param('id');
    const asJson = name.endsWith('.json');
    const id = asJson ? name.slice(0, -'.json'.length) : name;
    const incident = idPattern.test(id) ? index.get(id) : undefined;
    if (incident === undefined) return context.html(notFound(), 404);
    if (asJson) return context.json(incident);
    return context.html(pageOf(context, incident));
  });
  function pageOf(
    context: Context,
    incident: Incident,
    refused: { readonly problem?: string; readonly given?: FormTexts } = {},
  ) {
    const kind = incident.causes[0]?.evidence[0]?.kind ?? 'no-clear-cause';
    const runbook = runbookUrl === undefined ? undefined : `${runbookUrl.replace(/\/+$/, '')}/${kind}`;
    const trace = ({ traceId }: Exemplar) =>
      grafanaUrl === undefined ? undefined : grafanaTraceUrl(grafanaUrl, traceId);
    if (feedback === undefined) return incidentPage(incident, { trace, runbook });
    // What is typed would be lost where the page renews itself.
    const full =
      incident.state === 'resolved' || refused.problem !== undefined || context.req.query('answer') !== undefined;
    const form = { token: formToken(context), by: lastName(context), full, ...refused };
    const section = feedbackSection(incident, feedback.about(incident), form);
    return incidentPage(incident, { trace, runbook, feedback: section, still: full });
  }
  if (feedback !== undefined) {
    const find = (id: string) => (idPattern.test(id) ? index.get(id) : undefined);
    const refused = (context: Context, incident: Incident, error: FeedbackError, given: FormTexts = {}) =>
      context.html(
        pageOf(context, incident, { problem: error.message, given }),
        error.status,
        error.status === 429 ? { 'Retry-After': '5' } : {},
      );
    app.route('/', feedbackRoutes(feedback, find, refused));
  }
  app.get('/assets/style.css', (context) =>
    context.body(styleSheet, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=300' }),
  );
  app.onError((error, context) => {
    const isRefused = error instanceof HTTPException;
    // As the library does with what nobody expected.
    if (!isRefused) console.error(error);
    const [title, text] = isRefused
      ? ['Refused', 'That came from a page of another site.']
      : ['Something went wrong', 'This page could not be made.'];
    return context.html(
      layout(
        title,
        html`<h1>${title}</h1>
          <p>${text} <a href="/incidents">All incidents</a></p>`,
      ),
      isRefused ? error.status : 500,
    );
  });
  app.notFound((context) => context.html(notFound(), 404));
  return app;
}

function notFound() {
  return layout(
    'Not found',
    html`<h1>Not found</h1>
      <p>No such page. <a href="/incidents">All incidents</a></p>`,
  );
}
