import { pageHeaders } from '@plumbline/console';
import { Hono } from 'hono';
import { html } from 'hono/html';
import type { TargetHistory } from '../routes/target-history';
import { overviewPage, page } from './overview';
import { stateOf } from './state';
import { pathStyle } from './style';
import { targetPage } from './target';

export interface PathsAppOptions {
  readonly histories: readonly TargetHistory[];
  /** @default Date.now */
  readonly now?: () => number;
  /** Told of a page that could not be made. */
  readonly onError?: (error: Error) => void;
}

/** The pages of paths, and the same as JSON. Every text from outside is escaped; nothing can be changed here. */
export function pathsApp({ histories, now = Date.now, onError }: PathsAppOptions): Hono {
  const app = new Hono();
  app.use(pageHeaders());
  app.get('/', (context) => context.html(overviewPage(histories, now())));
  app.get('/paths.json', (context) => context.json({ targets: histories.map((each) => summaryOf(each)) }));
  app.get('/targets/:name', (context) => {
    const name = context.req.param('name');
    // A label of DNS has no dot.
    const asJson = name.endsWith('.json');
    const wanted = asJson ? name.slice(0, -'.json'.length) : name;
    const history = histories.find(({ target }) => target.name === wanted);
    if (history === undefined)
      return asJson ? context.json({ error: 'not found' }, 404) : context.html(notFound(), 404);
    return asJson ? context.json(detailsOf(history)) : context.html(targetPage(history, now()));
  });
  app.get('/assets/style.css', (context) =>
    context.body(pathStyle, 200, { 'Content-Type': 'text/css; charset=utf-8', 'Cache-Control': 'max-age=300' }),
  );
  app.notFound((context) => context.html(notFound(), 404));
  app.onError((error, context) => {
    onError?.(error);
    return context.html(told('Something went wrong', 'This page could not be made.'), 500);
  });
  return app;
}

function summaryOf(history: TargetHistory) {
  const { target, current, failure, lostSinceMs, changes } = history;
  return {
    ...target,
    state: stateOf(history).word,
    ...(current !== undefined && { measuredAtMs: current.atMs, reached: current.reached, hops: current.hops }),
    ...(failure !== undefined && { failure }),
    ...(lostSinceMs !== undefined && { lostSinceMs }),
    changes: changes.length,
  };
}

function detailsOf(history: TargetHistory) {
  const { routes, changes, samples } = history;
  return { ...summaryOf(history), routes, changes, samples };
}

function notFound() {
  return told('Not found', 'No such page.');
}

function told(title: string, text: string) {
  return page(
    title,
    html`<h1>${title}</h1>
      <p>${text} <a href="/">All targets</a></p>`,
  );
}
