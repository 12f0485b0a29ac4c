import { consumerGroups, topics } from '@plumbline/contracts';
import type { IncidentAnswers } from '@plumbline/model-training';
import { decodeIncident, FeedbackBook, incidentLabels, type Incident } from '@plumbline/wire';
import {
  createLogger,
  kafkaConnection,
  kafkaSettings,
  KafkaStream,
  parseEnvironment,
  messageOf,
  type Environment,
  type Log,
  type StreamRecord,
} from '@plumbline/worker';

/** What is known of incidents, and of what people said of them. */
export interface KnownIncidents {
  readonly incidents: readonly Incident[];
  readonly answers: IncidentAnswers;
}

/** Incidents and answers from Kafka; none where the environment names no broker. */
export async function knownIncidents(environment: Environment, log: Log): Promise<KnownIncidents> {
  if ((environment.KAFKA_BROKERS ?? '') === '') return { incidents: [], answers: answersOf(new FeedbackBook(), []) };
  const stream = new KafkaStream({
    ...kafkaConnection(parseEnvironment(kafkaSettings, environment)),
    clientId: 'plumbline-train',
    group: consumerGroups.training,
    logger: createLogger('train', 'warn', process.stderr),
  });
  try {
    const incidents = new Map<string, Incident>();
    const book = new FeedbackBook();
    const read = (topic: string, take: (record: StreamRecord) => void) =>
      stream.readAll(topic, (record) => {
        try {
          take(record);
        } catch (error) {
          log.warn(
            { topic, offset: record.offset, reason: messageOf(error) },
            'record cannot be read and is passed over',
          );
        }
      });
    await read(topics.incidents.name, ({ value }) => {
      if (value === null) return;
      const incident = decodeIncident(value);
      incidents.set(`${incident.tenant}\n${incident.id}`, incident);
    });
    await read(topics.feedback.name, (record) => {
      book.add(record);
    });
    return { incidents: [...incidents.values()], answers: answersOf(book, [...incidents.values()]) };
  } finally {
    await stream.close();
  }
}

/** Incidents that people agree on: that something was wrong, or that nothing was. */
export function answersOf(book: FeedbackBook, incidents: readonly Incident[]): IncidentAnswers {
  const labels = incidentLabels(book.all(), incidents);
  const of = (wanted: 'confirmed' | 'refuted') =>
    new Set(labels.filter(({ label }) => label === wanted).map(({ incident }) => incident));
  return { confirmed: of('confirmed'), refuted: of('refuted') };
}
