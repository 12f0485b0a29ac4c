import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';

/** Markup whose parts from outside are escaped. */
export type Markup = HtmlEscapedString | Promise<HtmlEscapedString>;

/** A whole page. `refreshSeconds` reloads it, for pages that change by themselves; `home` is where its name leads. */
export function layout(title: string, body: Markup, refreshSeconds?: number, home = '/incidents'): Markup {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        ${refreshSeconds === undefined ? '' : html`<meta http-equiv="refresh" content="${refreshSeconds}" />`}
        <title>${title} · Plumbline</title>
        <link rel="stylesheet" href="/assets/style.css" />
      </head>
      <body>
        <a class="skip" href="#main">Skip to content</a>
        <header class="bar"><a class="brand" href="${home}">Plumbline</a></header>
        <main id="main">${body}</main>
      </body>
    </html>`;
}
