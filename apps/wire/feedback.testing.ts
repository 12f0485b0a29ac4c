import { encodeFeedback, feedbackKey, type Feedback } from './feedback';
import { serviceKey } from './identity';

/** Key of a service of the example incident. */
export function exampleService(service: string): string {
  return serviceKey({ tenant: 'default', environment: 'production', namespace: '', service });
}

/** An answer to the example incident, of which payment was shown as the first cause, with what a test changes. */
export function exampleFeedback(changes: Partial<Feedback> = {}): Feedback {
  return {
    schema: 1,
    tenant: 'default',
    incident: '7f3a00112233',
    revision: 1,
    by: '',
    answer: 'right',
    saidAtMs: Date.UTC(2026, 0, 24, 21, 5, 0),
    shown: [{ service: exampleService('payment'), confidence: 0.91, computed: 0.91 }],
    model: 'rule/1',
    ...changes,
  };
}

/** The answer as a record of the topic. */
export function feedbackRecord(feedback: Feedback) {
  return { key: Buffer.from(feedbackKey(feedback)), value: encodeFeedback(feedback) };
}
