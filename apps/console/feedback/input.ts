import {
  feedbackAnswers,
  feedbackLimits,
  feedbackLine,
  feedbackNote,
  isPeer,
  parseServiceKey,
  serviceKey,
  serviceLabel,
  type Incident,
} from '@plumbline/wire';
import { z } from 'zod';

/** Longest text of a field before it is cleaned, characters: a name of spaces is no reason to read megabytes. */
const field = z.string().max(4096);

/** What somebody says, by the form or as JSON. */
export const feedbackInputSchema = z.object({
  /** `withdrawn` takes back what they said. */
  answer: z.enum([...feedbackAnswers, 'withdrawn']),
  /** With `wrong`: key or name of the service that it was. */
  service: field.optional(),
  note: field.optional(),
  by: field.default(''),
  /** Key of the first cause that was shown, empty for none: that it is not another by now. @default - whatever it is now */
  cause: field.optional(),
});

/** What somebody says, cleaned. */
export interface FeedbackInput {
  readonly answer: z.infer<typeof feedbackInputSchema>['answer'];
  readonly service?: string;
  readonly note?: string;
  readonly by: string;
  readonly cause?: string;
}

/** An answer that cannot be taken; the message says what would do, and is fit for whoever gave it. */
export class FeedbackError extends Error {
  readonly code = 'PLUMBLINE_FEEDBACK';
  override readonly name = 'FeedbackError';

  /** @param status of the HTTP answer */
  constructor(
    readonly status: 403 | 409 | 413 | 422 | 429 | 503,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** @throws {FeedbackError} that names the field */
export function feedbackInput(given: unknown): FeedbackInput {
  const parsed = feedbackInputSchema.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new FeedbackError(422, `${issue?.path.join('.') || 'the answer'}: ${issue?.message ?? 'cannot be read'}`);
  }
  const { answer, service = '', note = '', by, cause } = parsed.data;
  const [named, told] = [feedbackLine(service, feedbackLimits.service), feedbackNote(note)];
  return {
    answer,
    by: feedbackLine(by, feedbackLimits.by),
    ...(named === '' ? {} : { service: named }),
    ...(told === '' ? {} : { note: told }),
    ...(cause === undefined ? {} : { cause }),
  };
}

/** Services of an incident that may have been it, likeliest first. */
export function candidatesOf({ causes, ranking, affected, path }: Incident): string[] {
  const named = [...causes, ...ranking].map(({ service }) => service);
  return [...new Set([...named, ...affected, ...path])];
}

/**
 * The key of a service that somebody names: by its key, as the page calls it, or as a service that the incident does not know,
 * in its environment.
 */
export function serviceNamed(text: string, incident: Incident): string {
  const known = candidatesOf(incident);
  const match = known.find((key) => key === text) ?? known.find((key) => serviceLabel(key) === text);
  if (match !== undefined) return match;
  const parts = text.split('/');
  if (isPeer(text) || (parts.length === 4 && parseServiceKey(text).tenant === incident.tenant)) return text;
  const [namespace, service] = parts.length === 2 ? parts : ['', text];
  const { tenant, environment } = incident;
  return serviceKey({ tenant, environment, namespace: namespace ?? '', service: service ?? '' });
}
