import { topics } from '@plumbline/contracts';
import {
  encodeFeedback,
  feedbackKey,
  feedbackLimits,
  feedbackSchema,
  feedbackVerdicts,
  headers,
  schemas,
  serviceLabel,
  type Feedback,
  type FeedbackBook,
  type Incident,
} from '@plumbline/wire';
import { messageOf, silentLog, StreamError, type EventStream, type Log } from '@plumbline/worker';
import { FeedbackError, serviceNamed, type FeedbackInput } from './input';
import { precisionOf, type Precision } from './precision';

export interface FeedbackDeskOptions {
  /** What was said, as the topic has it. */
  readonly book: FeedbackBook;
  readonly stream: Pick<EventStream, 'produce'>;
  readonly onStored?: (answer: FeedbackInput['answer']) => void;
  readonly onRefused?: (status: number) => void;
  readonly log?: Log;
  /** @default Date.now */
  readonly now?: () => number;
  /** How long the broker has. @default 10 s */
  readonly writeTimeoutMs?: number;
  /** How long a stored answer may take to come back. @default 2 s */
  readonly returnTimeoutMs?: number;
}

/** Answers taken at once, and then one a second: people are slower, and the topic is everybody's. */
const burst = 30;
const perSecond = 1;
/** People whose answers about one incident are taken. */
const mostPeople = 50;

/** Takes what people say, writes it to the topic `feedback`, and knows what all have said. */
export class FeedbackDesk {
  private readonly now: () => number;
  private allowance = burst;
  private allowanceAtMs = 0;

  constructor(private readonly options: FeedbackDeskOptions) {
    this.now = options.now ?? Date.now;
  }

  /** Answers about an incident, newest first. */
  about({ tenant, id }: Incident): Feedback[] {
    return this.options.book.about(tenant, id);
  }

  all(): Feedback[] {
    return [...this.options.book.all()].sort((a, b) => b.saidAtMs - a.saidAtMs || (a.by < b.by ? -1 : 1));
  }

  get precision(): Precision {
    return precisionOf(feedbackVerdicts(this.options.book.all()));
  }

  /**
   * Takes an answer about an incident as it is now; resolves when it is stored.
   *
   * @returns `undefined` where somebody took theirs back
   * @throws {FeedbackError} when it cannot be taken, or is not known to be stored
   */
  async take(incident: Incident, input: FeedbackInput): Promise<Feedback | undefined> {
    try {
      this.admit(incident, input);
      return await (input.answer === 'withdrawn' ? this.withdraw(incident, input.by) : this.store(incident, input));
    } catch (error) {
      if (error instanceof FeedbackError) this.options.onRefused?.(error.status);
      throw error;
    }
  }

  private admit(incident: Incident, { by }: FeedbackInput): void {
    const nowMs = this.now();
    const passedMs = Math.max(0, nowMs - this.allowanceAtMs);
    this.allowance = Math.min(burst, this.allowance + (passedMs / 1000) * perSecond);
    this.allowanceAtMs = nowMs;
    if (this.allowance < 1) throw new FeedbackError(429, 'Too many answers at once. Try again in a few seconds.');
    this.allowance -= 1;
    const people = this.about(incident);
    if (people.length >= mostPeople && !people.some((each) => each.by === by))
      throw new FeedbackError(409, `${mostPeople} people have answered already: no more are taken for this incident.`);
  }

  private async store(incident: Incident, input: FeedbackInput): Promise<Feedback> {
    const { book, onStored } = this.options;
    const feedback = feedbackOf(incident, input, this.now());
    await this.write(feedbackKey(feedback), encodeFeedback(feedback), feedback.saidAtMs);
    onStored?.(feedback.answer);
    await this.returned(() =>
      book
        .about(incident.tenant, incident.id)
        .some(({ by, saidAtMs }) => by === input.by && saidAtMs >= feedback.saidAtMs),
    );
    return feedback;
  }

  private async withdraw(incident: Incident, by: string): Promise<undefined> {
    const mine = () => this.about(incident).some((each) => each.by === by);
    if (!mine()) throw new FeedbackError(409, `${by === '' ? 'Nobody without a name' : by} has said nothing of it.`);
    await this.write(feedbackKey({ tenant: incident.tenant, incident: incident.id, by }), null, this.now());
    this.options.onStored?.('withdrawn');
    await this.returned(() => !mine());
    return undefined;
  }

  private async write(key: string, value: Uint8Array | null, timestampMs: number): Promise<void> {
    const { stream, log = silentLog, writeTimeoutMs = 10_000 } = this.options;
    const record = {
      topic: topics.feedback.name,
      key,
      value,
      timestampMs,
      headers: { [headers.schema]: schemas.feedback },
    };
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new RangeError(`no answer within ${writeTimeoutMs} ms`)), writeTimeoutMs);
    });
    try {
      await Promise.race([stream.produce([record]), late]);
    } catch (cause) {
      log.warn({ topic: record.topic, reason: messageOf(cause) }, 'an answer could not be stored');
      const refused = cause instanceof StreamError && !cause.transient;
      const why = refused
        ? 'The broker does not let the console write to the topic “feedback”: the answer is not stored. Tell whoever runs Plumbline.'
        : 'The broker did not confirm the answer: it is not known to be stored. Try again; saying the same twice counts once.';
      throw new FeedbackError(503, why, { cause });
    } finally {
      clearTimeout(timer);
    }
  }

  /** Waits until what was stored is read back, so that the next page shows it; it is stored even if that takes longer. */
  private async returned(isBack: () => boolean): Promise<void> {
    const { returnTimeoutMs = 2_000 } = this.options;
    const giveUpAt = performance.now() + returnTimeoutMs;
    while (!isBack() && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** @throws {FeedbackError} when the answer contradicts what is shown, or itself */
function feedbackOf(
  incident: Incident,
  { answer, service, note, by, cause }: FeedbackInput,
  saidAtMs: number,
): Feedback {
  const [first] = incident.causes;
  if (answer === 'withdrawn') throw new FeedbackError(422, 'Nothing is stored of what is taken back.');
  if (answer === 'right' && first === undefined)
    throw new FeedbackError(422, 'No cause is named that could be right. Say which service it was.');
  if (answer !== 'wrong' && service !== undefined)
    throw new FeedbackError(422, 'A service is named only with “wrong”: it says which one it was instead.');
  if (answer !== 'not-an-incident' && cause !== undefined && cause !== (first?.service ?? ''))
    throw new FeedbackError(
      409,
      `The incident has changed: ${first === undefined ? 'no cause is named now' : `${serviceLabel(first.service)} is named now`}. Answer again.`,
    );
  const named = service === undefined ? undefined : serviceNamed(service, incident);
  if (named !== undefined && named === first?.service)
    throw new FeedbackError(422, `${serviceLabel(named)} is what the incident names: that is “right”, not “wrong”.`);
  const said = {
    schema: 1,
    tenant: incident.tenant,
    incident: incident.id,
    revision: incident.revision,
    by,
    answer,
    ...(named === undefined ? {} : { service: named }),
    ...(note === undefined ? {} : { note }),
    saidAtMs,
    shown: incident.causes
      .slice(0, feedbackLimits.shown)
      .map(({ service: each, confidence, computed = confidence }) => ({
        service: each,
        confidence,
        computed,
      })),
    ...(incident.reckoning === undefined ? {} : { model: incident.reckoning.model }),
  };
  const parsed = feedbackSchema.safeParse(said);
  if (!parsed.success)
    throw new FeedbackError(422, `the answer cannot be stored: ${parsed.error.issues[0]?.message ?? ''}`);
  return parsed.data;
}
