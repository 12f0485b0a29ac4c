import { feedbackAnswers, feedbackVerdicts, type FeedbackBook } from '@plumbline/wire';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { FeedbackDeskOptions } from './desk';
import { precisionOf } from './precision';

/** Counts answers, and tells of the precision that follows from them, on `/metrics`. Every replica tells the same of what is stored. */
export function observeFeedback(
  registry: Registry,
  book: FeedbackBook,
): Required<Pick<FeedbackDeskOptions, 'onStored' | 'onRefused'>> & { readonly onUnreadable: () => void } {
  const registers = [registry];
  const stored = new Counter({
    name: 'plumbline_feedback_stored_total',
    help: 'Answers that this console stored, by kind; withdrawn: taken back',
    labelNames: ['answer'],
    registers,
  });
  const refused = new Counter({
    name: 'plumbline_feedback_refused_total',
    help: 'Answers that this console did not store, by the status that was answered; 503: the broker did not take it',
    labelNames: ['status'],
    registers,
  });
  const unreadable = new Counter({
    name: 'plumbline_feedback_unreadable_total',
    help: 'Records of the topic feedback that could not be read',
    registers,
  });
  for (const answer of [...feedbackAnswers, 'withdrawn']) stored.inc({ answer }, 0);
  refused.inc({ status: '503' }, 0);
  new Gauge({
    name: 'plumbline_feedback_answers',
    help: 'What people say now, by kind: one answer for each incident and person',
    labelNames: ['answer'],
    registers,
    collect() {
      const counts = new Map<string, number>();
      for (const { answer } of book.all()) counts.set(answer, (counts.get(answer) ?? 0) + 1);
      for (const answer of feedbackAnswers) this.set({ answer }, counts.get(answer) ?? 0);
    },
  });
  new Gauge({
    name: 'plumbline_feedback_incidents',
    help: 'Answered incidents, by what people agree on; disputed: they do not',
    labelNames: ['verdict'],
    registers,
    collect() {
      const counts = new Map<string, number>();
      for (const { verdict } of feedbackVerdicts(book.all())) counts.set(verdict, (counts.get(verdict) ?? 0) + 1);
      for (const verdict of [...feedbackAnswers, 'disputed']) this.set({ verdict }, counts.get(verdict) ?? 0);
    },
  });
  new Gauge({
    name: 'plumbline_feedback_precision_ratio',
    help: 'Share of answered incidents that named the right cause, and its 95 % interval; absent while none is answered',
    labelNames: ['bound'],
    registers,
    collect() {
      this.reset();
      const { share } = precisionOf(feedbackVerdicts(book.all()));
      if (share === undefined) return;
      for (const bound of ['value', 'low', 'high'] as const) this.set({ bound }, share[bound]);
    },
  });
  return {
    onStored: (answer) => stored.inc({ answer }),
    onRefused: (status) => refused.inc({ status: String(status) }),
    onUnreadable: () => unreadable.inc(),
  };
}
