import { feedbackHeader } from '@plumbline/console';
import { feedbackSchema, type Feedback } from '@plumbline/wire';
import { z } from 'zod';
import { UsageError } from '../errors';
import { VerifyError } from '../verify/check';
import { ask, excerpt, type HttpAnswer, type HttpRequest } from '../verify/http';

/** The console did not take or tell what it was asked; a repetition may help. */
export class ConsoleError extends Error {
  readonly code = 'PLUMBLINE_CONSOLE';
  override readonly name = 'ConsoleError';
}

const storedSchema = z.union([z.object({ stored: feedbackSchema }), z.object({ withdrawn: z.literal(true) })]);
const share = z.object({ value: z.number(), low: z.number(), high: z.number() });
const listSchema = z.object({
  precision: z.object({
    answered: z.number(),
    right: z.number(),
    notIncidents: z.number(),
    disputed: z.number(),
    unnamed: z.number(),
    share: share.optional(),
  }),
  answers: z.array(feedbackSchema),
});
export type FeedbackList = z.infer<typeof listSchema>;

/** What is said of an incident, as it is sent. */
export interface SaidOfIncident {
  readonly answer: string;
  readonly service?: string;
  readonly note?: string;
  readonly by?: string;
}

/**
 * Says something of an incident.
 *
 * @returns what was stored; `undefined` where it was taken back
 * @throws {UsageError} when the console cannot take it
 * @throws {ConsoleError} when the console does not answer, or could not store it
 */
export async function sayOfIncident(url: string, id: string, said: SaidOfIncident): Promise<Feedback | undefined> {
  const address = new URL(`incidents/${encodeURIComponent(id)}/feedback.json`, base(url));
  const answer = await request(address, { method: 'POST', headers: { [feedbackHeader]: '1' }, json: said });
  if (answer.status === 404)
    throw new UsageError(
      `no incident ${id} at ${address.origin}, or a console that takes no feedback; see ${url}/incidents`,
    );
  if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) throw new UsageError(errorOf(answer));
  const stored = expect(storedSchema, answer, address);
  return 'stored' in stored ? stored.stored : undefined;
}

/** What was said of all incidents. @throws {ConsoleError} when the console does not tell */
export async function feedbackList(url: string): Promise<FeedbackList> {
  const address = new URL('feedback.json', base(url));
  return expect(listSchema, await request(address, {}), address);
}

function base(url: string): string {
  return url.endsWith('/') ? url : `${url}/`;
}

async function request(address: URL, options: HttpRequest): Promise<HttpAnswer> {
  try {
    return await ask('the console', address.href, options);
  } catch (cause) {
    if (!(cause instanceof VerifyError)) throw cause;
    throw new ConsoleError(
      `${cause.message}; say where it is by --url (in a cluster: kubectl port-forward -n anomaly service/console 8080:80)`,
      { cause },
    );
  }
}

function expect<T>(schema: z.ZodType<T>, answer: HttpAnswer, { origin }: URL): T {
  const parsed = schema.safeParse(answer.json);
  if (answer.status < 300 && parsed.success) return parsed.data;
  if (answer.status < 300 || answer.status === 404) {
    throw new ConsoleError(`what answers at ${origin} is no console that takes feedback (${answer.status})`);
  }
  throw new ConsoleError(errorOf(answer));
}

function errorOf({ status, json, text }: HttpAnswer): string {
  const told = z.object({ error: z.string() }).safeParse(json);
  return `the console answered ${status}: ${excerpt(told.success ? told.data.error : text)}`;
}
