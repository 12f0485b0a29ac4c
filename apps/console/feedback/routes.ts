import type { Incident } from '@plumbline/wire';
import { Hono, type Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { getCookie, setCookie } from 'hono/cookie';
import { csrf } from 'hono/csrf';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FeedbackDesk } from './desk';
import { FeedbackError, feedbackInput } from './input';

/** Header that programs send with an answer; a page of somebody else's cannot make a browser send it. */
export const feedbackHeader = 'plumbline-feedback';

/** Largest body of an answer: a note of a thousand characters, of four bytes, each written as `%xx`. */
const maxBodyBytes = 32 * 1024;
/** Answers that the list for programs has. */
const mostListed = 1000;

const cookies = { token: 'plumbline-form', by: 'plumbline-by' } as const;
const tokenPattern = /^[0-9a-f]{32}$/;
const yearSeconds = 365 * 24 * 3600;

/**
 * Proves that a form comes from a page of ours: the same random text in a cookie and in the form. It is good at every replica, and
 * another site can read neither. Gives the browser one where it has none.
 */
export function formToken(context: Context): string {
  const known = getCookie(context, cookies.token);
  if (known !== undefined && tokenPattern.test(known)) return known;
  const token = randomBytes(16).toString('hex');
  setCookie(context, cookies.token, token, { path: '/', httpOnly: true, sameSite: 'Lax' });
  return token;
}

/** The name that was given with the last answer from this browser. */
export function lastName(context: Context): string {
  return getCookie(context, cookies.by) ?? '';
}

/**
 * Takes answers: `POST /incidents/:id/feedback` of the form, `POST /incidents/:id/feedback.json` of programs; and tells programs what was
 * said.
 *
 * @param find an incident by id
 * @param page the incident with its form, what became of the answer, and what was typed
 */
export function feedbackRoutes(
  desk: FeedbackDesk,
  find: (id: string) => Incident | undefined,
  page: (
    context: Context,
    incident: Incident,
    problem: FeedbackError,
    given?: FormTexts,
  ) => Response | Promise<Response>,
): Hono {
  const app = new Hono();
  const tooLarge = new FeedbackError(413, `An answer has at most ${maxBodyBytes} bytes.`);

  app.get('/feedback.json', (context) =>
    context.json({ precision: desk.precision, answers: desk.all().slice(0, mostListed) }),
  );
  app.get('/incidents/:id/feedback.json', (context) => {
    const incident = find(context.req.param('id'));
    return incident === undefined
      ? context.json({ error: 'no such incident' }, 404)
      : context.json({ answers: desk.about(incident) });
  });
  app.post(
    '/incidents/:id/feedback.json',
    bodyLimit({ maxSize: maxBodyBytes, onError: (context) => context.json({ error: tooLarge.message }, 413) }),
    async (context) => {
      if (context.req.header(feedbackHeader) === undefined)
        return context.json({ error: `send the header ${feedbackHeader}: 1; a page of another site cannot` }, 403);
      const incident = find(context.req.param('id'));
      if (incident === undefined) return context.json({ error: 'no such incident' }, 404);
      try {
        const said = await desk.take(incident, feedbackInput(await json(context)));
        return said === undefined ? context.json({ withdrawn: true }) : context.json({ stored: said }, 201);
      } catch (error) {
        if (error instanceof FeedbackError) return context.json({ error: error.message }, error.status);
        throw error;
      }
    },
  );

  // Who reloads the page of an answer that was not taken.
  app.get('/incidents/:id/feedback', (context) =>
    context.redirect(`/incidents/${encodeURIComponent(context.req.param('id'))}?answer=more#feedback`),
  );
  app.use('/incidents/:id/feedback', csrf());
  app.post(
    '/incidents/:id/feedback',
    bodyLimit({
      maxSize: maxBodyBytes,
      onError: (context) => {
        const incident = find(context.req.param('id') ?? '');
        return incident === undefined ? context.notFound() : page(context, incident, tooLarge);
      },
    }),
    async (context) => {
      const incident = find(context.req.param('id'));
      if (incident === undefined) return context.notFound();
      const given = texts(await context.req.parseBody());
      try {
        const { form, other, service, ...fields } = given;
        if (!isToken(form, getCookie(context, cookies.token)))
          throw new FeedbackError(403, 'The form was too old, or cookies are off. It is a new one now: answer again.');
        const input = feedbackInput({ ...fields, service: other?.trim() ? other : service });
        await desk.take(incident, input);
        setCookie(context, cookies.by, input.by, { path: '/', httpOnly: true, sameSite: 'Lax', maxAge: yearSeconds });
        return context.redirect(`/incidents/${incident.id}#feedback`, 303);
      } catch (error) {
        if (error instanceof FeedbackError) return page(context, incident, error, given);
        throw error;
      }
    },
  );
  return app;
}

/** @throws {FeedbackError} when the body is no JSON */
async function json(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch (cause) {
    throw new FeedbackError(422, 'The body is no JSON.', { cause });
  }
}

/** The fields of a form that are texts. */
export type FormTexts = Readonly<Record<string, string | undefined>>;

function texts(body: Readonly<Record<string, unknown>>): FormTexts {
  return Object.fromEntries(
    Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function isToken(given: string | undefined, cookie: string | undefined): boolean {
  if (given === undefined || cookie === undefined || !tokenPattern.test(given) || !tokenPattern.test(cookie))
    return false;
  return timingSafeEqual(Buffer.from(given), Buffer.from(cookie));
}
