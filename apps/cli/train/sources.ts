import { consumerGroups, topics } from '@plumbline/contracts';
import type { IncidentAnswers } from '@plumbline/model-training';
import { decodeIncident, type Incident } from '@plumbline/wire';
import {
  createLogger,
  kafkaConnection,
  kafkaSettings,
  KafkaStream,
  parseEnvironment,
  type Environment,
  type Log,
} from '@plumbline/worker';

/** What is known of incidents, and of what people said of them. */
export interface KnownIncidents {
  readonly incidents: readonly Incident[];
  readonly answers: IncidentAnswers;
}

/** Incidents and answers from Kafka; none where the environment names no broker. */
export async function knownIncidents(environment: Environment, log: Log): Promise<KnownIncidents> {
  const none = { incidents: [], answers: { confirmed: new Set<string>(), refuted: new Set<string>() } };
  if ((environment.KAFKA_BROKERS ?? '') === '') return none;
  const stream = new KafkaStream({
    ...kafkaConnection(parseEnvironment(kafkaSettings, environment)),
    clientId: 'plumbline-train',
    group: consumerGroups.training,
    logger: createLogger('train'),
  });
  try {
    const incidents = new Map<string, Incident>();
    await stream.readAll(topics.incidents.name, ({ value, offset }) => {
      if (value === null) return;
      try {
        const incident = decodeIncident(value);
        incidents.set(`${incident.tenant}\n${incident.id}`, incident);
      } catch {
        log.warn({ topic: topics.incidents.name, offset }, 'record is no incident and is passed over');
      }
    });
    return { ...none, incidents: [...incidents.values()] };
  } finally {
    await stream.close();
  }
}
