import { decodeFeedback, feedbackKey, type Feedback } from './feedback';

/** Answers kept; the oldest go first. */
const defaultCapacity = 50_000;

/** A record of the topic `feedback`, as far as it matters. */
export interface FeedbackRecord {
  readonly key: Uint8Array | null;
  /** `null` takes back what was said. */
  readonly value: Uint8Array | null;
}

/** What everybody says, as the records of the topic `feedback` leave it: the newest record of an incident and person counts. */
export class FeedbackBook {
  /** By key, in the order in which they came. */
  private readonly answers = new Map<string, Feedback>();
  private readonly incidents = new Map<string, Set<string>>();

  constructor(private readonly capacity = defaultCapacity) {}

  /** @throws {z.ZodError | SyntaxError | RangeError} when the record is no answer; then nothing has changed */
  add({ key: bytes, value }: FeedbackRecord): void {
    const key = Buffer.from(bytes ?? []).toString('utf8');
    const feedback = value === null ? undefined : decodeFeedback(value);
    if (feedback !== undefined && feedbackKey(feedback) !== key) {
      throw new RangeError(`an answer about incident ${feedback.incident} has the key of another`);
    }
    this.remove(key);
    if (feedback === undefined) return;
    this.answers.set(key, feedback);
    const about = aboutKey(feedback.tenant, feedback.incident);
    const known = this.incidents.get(about);
    if (known === undefined) this.incidents.set(about, new Set([key]));
    else known.add(key);
    const oldest = this.answers.keys().next();
    if (this.answers.size > this.capacity && oldest.done !== true) this.remove(oldest.value);
  }

  /** Answers about one incident, one a person, newest first. */
  about(tenant: string, incident: string): Feedback[] {
    return [...(this.incidents.get(aboutKey(tenant, incident)) ?? [])]
      .flatMap((key) => this.answers.get(key) ?? [])
      .sort((a, b) => b.saidAtMs - a.saidAtMs || (a.by < b.by ? -1 : 1));
  }

  /** Whatever is said, one answer for each incident and person. */
  all(): IterableIterator<Feedback> {
    return this.answers.values();
  }

  clear(): void {
    this.answers.clear();
    this.incidents.clear();
  }

  private remove(key: string): void {
    const known = this.answers.get(key);
    if (known === undefined) return;
    this.answers.delete(key);
    const about = aboutKey(known.tenant, known.incident);
    const keys = this.incidents.get(about);
    keys?.delete(key);
    if (keys?.size === 0) this.incidents.delete(about);
  }
}

function aboutKey(tenant: string, incident: string): string {
  return `${tenant}\n${incident}`;
}
