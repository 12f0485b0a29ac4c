import { z } from 'zod';

/** What people say of an incident: that its first cause is the cause, that it is not, or that nothing was wrong. */
export const feedbackAnswers = ['right', 'wrong', 'not-an-incident'] as const;

/** Longest texts that people give, characters. */
export const feedbackLimits = { by: 64, note: 1000, service: 512, shown: 10 } as const;

/** Characters that end lines, move cursors or turn the direction of what follows, and halves of characters: in no text that others read. */
const unprintable = '\\p{Cc}\\p{Cs}\\u2028\\u2029\\u202A-\\u202E\\u2066-\\u2069';
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(new RegExp(`^[^${unprintable}]*$`, 'u'));

export const feedbackSchema = z.object({
  schema: z.literal(1),
  tenant: z.string().max(256),
  /** Id of the incident, and the revision that was shown. */
  incident: z.string().regex(/^[0-9a-f]{12}$/),
  revision: z.number().int().min(1),
  /** Who says so, as they call themselves; empty for whoever gives no name. Nobody checks it. */
  by: line(feedbackLimits.by),
  answer: z.enum(feedbackAnswers),
  /** With `wrong`: key of the service that it was instead, one of the incident's or another. */
  service: line(feedbackLimits.service).min(1).optional(),
  /** Anything else, in their words. */
  note: z
    .string()
    .max(feedbackLimits.note)
    .regex(new RegExp(`^(?:\\n|[^${unprintable}])*$`, 'u'))
    .optional(),
  /** Wall clock of the console that took it, milliseconds since the epoch. */
  saidAtMs: z.number(),
  /** Causes that were shown then, best first; empty when there was no clear cause. */
  shown: z
    .array(
      z.object({
        service: z.string().max(4096),
        /** As it was shown. */
        confidence: z.number().min(0).max(1),
        /** Before calibration: what the next calibration is learnt from. */
        computed: z.number().min(0).max(1),
      }),
    )
    .max(feedbackLimits.shown),
  /** Name of the model that ranked; absent where the incident does not name it. */
  model: z.string().max(64).optional(),
});
/** One person's answer about one incident; their newest is what they say. */
export type Feedback = z.infer<typeof feedbackSchema>;

/** Key of the record: one for each incident and person, so that a newer answer takes the place of the one before. */
export function feedbackKey({ tenant, incident, by }: Pick<Feedback, 'tenant' | 'incident' | 'by'>): string {
  return [tenant, incident, by].map((part) => part.replace(/[%/]/g, encodeURIComponent)).join('/');
}

export function encodeFeedback(feedback: Feedback): Uint8Array {
  return Buffer.from(JSON.stringify(feedback));
}

/** @throws {z.ZodError | SyntaxError} when the bytes are no answer */
export function decodeFeedback(bytes: Uint8Array): Feedback {
  return feedbackSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
}

const unprintableOnce = new RegExp(`[${unprintable}]`, 'gu');

/** A text as the schema takes it: on one line, without what cannot be printed, and no longer than that. */
export function feedbackLine(text: string, most: number): string {
  return clean(text.replace(/\s+/g, ' '), most);
}

/** The same for several lines. */
export function feedbackNote(text: string): string {
  const lines = text.replace(/\r\n?|[\u2028\u2029]/g, '\n').split('\n');
  const whole = lines.map((each) => clean(each, feedbackLimits.note)).join('\n');
  return withoutHalf(whole.trim().slice(0, feedbackLimits.note));
}

function clean(text: string, most: number): string {
  return withoutHalf(text.normalize('NFC').replace(unprintableOnce, '').trim().slice(0, most));
}

/** Where a text was cut within a character, what is left of it goes too. */
function withoutHalf(text: string): string {
  return text.replace(/\p{Cs}$/u, '');
}
