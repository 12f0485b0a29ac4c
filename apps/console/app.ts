import { grafanaTraceUrl, type Exemplar } from '@plumbline/wire';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import type { IncidentIndex } from './incident-index';
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
  /** @default Date.now */
  readonly now?: () => number;
}

const pageSize = 50;
const idPattern = /^[0-9a-f]{12}$/;

/**
 * The pages of incidents, rendered on the server, without scripts. Every text from outside is escaped, and the content security
 * policy forbids everything that is not the page's own style sheet.
 */
export function consoleApp({ index, grafanaUrl, runbookUrl, status, now = Date.now }: ConsoleOptions): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
      xFrameOptions: 'DENY',
      referrerPolicy: 'no-referrer',
      // TLS ends in front of this server, where there is any.
      strictTransportSecurity: false,
    }),
  );
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
    return context.html(incidentsPage(page.incidents, page.next, status?.(), now()));
  });
  // For programs: the newest page of the list, and what stands above it.
  app.get('/incidents.json', (context) => context.json(index.list({ limit: pageSize })));
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
    const kind = incident.causes[0]?.evidence[0]?.kind ?? 'no-clear-cause';
    const runbook = runbookUrl === undefined ? undefined : `${runbookUrl.replace(/\/+$/, '')}/${kind}`;
    const link = ({ traceId }: Exemplar) =>
      grafanaUrl === undefined ? undefined : grafanaTraceUrl(grafanaUrl, traceId);
    return context.html(incidentPage(incident, link, runbook));
  });
  app.get('/assets/style.css', (context) =>
    context.body(styleSheet, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=300' }),
  );
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
