import { consumerGroups, topics } from '@plumbline/contracts';
import { decodeIncident, headers, schemas, type Incident } from '@plumbline/wire';
import {
  nothing,
  type Effect,
  type EventStream,
  type OutgoingRecord,
  type RecordBatch,
  type Stage,
  type StageOutput,
  type TopicPartition,
} from '@plumbline/worker';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Channel, Delivered } from './channels';
import { DeliveryError } from './deliver';

/** What happened to deliveries, for logs and metrics. */
export interface DeliveryObserver {
  delivered(channel: string, incident: Incident): void;
  failed(channel: string, incident: Incident, error: Error, givenUp: boolean): void;
  unreadable(partition: TopicPartition, offset: number, error: unknown): void;
}

const deliveredSchema = z.object({
  schema: z.literal(1),
  incident: z.string(),
  channel: z.string(),
  revision: z.number(),
  state: z.enum(['open', 'resolved']),
  severity: z.enum(['critical', 'high', 'low']),
  cause: z.string(),
  reference: z.string().optional(),
});

/** Incidents whose deliveries are remembered; far more than are ever open at once. */
const maxRemembered = 20_000;

/** Wait before a delivery that failed is tried again, milliseconds. */
const retryAfterMs = 30_000;
/** How long the answer of a channel is waited for before other incidents and channels go on without it, milliseconds. */
const defaultPatienceMs = 2_000;

interface Pending {
  readonly incident: Incident;
  readonly partition: number;
  readonly offset: number;
  /** Channels that still have to be told. */
  readonly channels: Set<Channel>;
  notBeforeMs: number;
}

/**
 * Tells channels about incidents: the outbox. An incident stays in it, and its offset uncommitted, until every channel that wants
 * it was told and that is written down in `deliveries`; so a restart neither forgets nor repeats. Only a crash between a
 * channel's answer and that record can send a message twice. A channel that takes long answers in the background: it holds up
 * neither the others nor other incidents.
 */
export class NotificationStage implements Stage {
  readonly name = 'notification';
  readonly group = consumerGroups.notification;
  readonly topics = [topics.incidents.name];

  private readonly pending = new Map<string, Pending>();
  private readonly delivered = new Map<string, Delivered>();
  private readonly unrecorded: OutgoingRecord[] = [];
  private readonly next = new Map<number, number>();
  /** Deliveries under way, by incident and channel; those of a generation that has ended, too. */
  private readonly sending = new Set<string>();
  private failure: { readonly error: unknown } | undefined;
  private nowMs = 0;

  constructor(
    private readonly stream: Pick<EventStream, 'readAll'>,
    private readonly channels: readonly Channel[],
    private readonly observer: DeliveryObserver,
    private readonly patienceMs = defaultPatienceMs,
  ) {}

  async reset(): Promise<void> {
    this.pending.clear();
    this.delivered.clear();
    this.unrecorded.length = 0;
    this.next.clear();
    await this.stream.readAll(topics.deliveries.name, (record) => {
      if (record.value === null) return;
      const parsed = deliveredSchema.safeParse(parseJson(record.value));
      if (!parsed.success) return;
      const { incident, channel, reference, revision, state, severity, cause } = parsed.data;
      this.remember(incident, channel, {
        revision,
        state,
        severity,
        cause,
        ...(reference === undefined ? {} : { reference }),
      });
    });
  }

  process(batch: RecordBatch): Promise<StageOutput> {
    for (const record of batch.records) {
      this.next.set(batch.partition, record.offset + 1);
      if (record.value === null || record.headers[headers.schema] !== schemas.incident) continue;
      let incident: Incident;
      try {
        incident = decodeIncident(record.value);
      } catch (error) {
        this.observer.unreadable(batch, record.offset, error);
        continue;
      }
      this.enqueue(incident, batch.partition, record.offset);
    }
    return Promise.resolve(this.output());
  }

  tick(nowMs: number): Promise<StageOutput> {
    this.nowMs = nowMs;
    return Promise.resolve(this.output());
  }

  committable({ partition }: TopicPartition): number | undefined {
    let first = this.next.get(partition);
    for (const item of this.pending.values()) {
      if (item.partition === partition && (first === undefined || item.offset < first)) first = item.offset;
    }
    return first;
  }

  private enqueue(incident: Incident, partition: number, offset: number): void {
    const waiting = this.pending.get(incident.id);
    if (waiting !== undefined && waiting.incident.revision >= incident.revision) return;
    const channels = this.channels.filter((channel) => {
      const before = this.delivered.get(deliveryKey(incident.id, channel.name));
      if (before !== undefined && before.revision >= incident.revision) return false;
      return channel.wants(incident) && channel.worthSending(incident, before);
    });
    if (channels.length === 0) this.pending.delete(incident.id);
    else {
      const item = { incident, partition, offset, channels: new Set(channels), notBeforeMs: 0 };
      this.pending.set(incident.id, item);
    }
  }

  /** @throws what went wrong in a delivery, where that was not the channel's doing */
  private output(): StageOutput {
    if (this.failure !== undefined) throw this.failure.error;
    const records = this.unrecorded.splice(0);
    const effects: Effect[] = [];
    for (const [id, item] of this.pending) {
      for (const channel of item.channels) if (this.wasTold(channel, item.incident)) item.channels.delete(channel);
      if (item.channels.size === 0) this.pending.delete(id);
      else if (item.notBeforeMs <= this.nowMs) {
        for (const channel of item.channels) {
          // The answer to the revision before tells what is to be edited.
          if (this.sending.has(deliveryKey(id, channel.name))) continue;
          effects.push({ name: `tell ${channel.name} of incident ${id}`, run: () => this.begin(channel, item) });
        }
      }
    }
    return records.length + effects.length === 0 ? nothing : { effects, records };
  }

  private wasTold({ name }: Channel, { id, revision }: Incident): boolean {
    return (this.delivered.get(deliveryKey(id, name))?.revision ?? 0) >= revision;
  }

  /** Resolves when the channel has answered, or when that takes too long to wait for. */
  private async begin(channel: Channel, item: Pending): Promise<void> {
    const key = deliveryKey(item.incident.id, channel.name);
    this.sending.add(key);
    const told = this.tell(channel, item)
      .catch((error: unknown) => {
        this.failure = { error };
      })
      .finally(() => this.sending.delete(key));
    const waiting = new AbortController();
    const patience = sleep(this.patienceMs, undefined, { signal: waiting.signal }).catch(() => undefined);
    await Promise.race([told, patience]);
    waiting.abort();
  }

  private async tell(channel: Channel, item: Pending): Promise<void> {
    const { incident } = item;
    const before = this.delivered.get(deliveryKey(incident.id, channel.name));
    try {
      const reference = await channel.send(incident, before);
      item.channels.delete(channel);
      this.observer.delivered(channel.name, incident);
      this.record(channel, incident, reference);
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      this.observer.failed(channel.name, incident, error, !error.transient);
      if (error.transient) item.notBeforeMs = this.nowMs + retryAfterMs;
      else item.channels.delete(channel);
    }
  }

  private record(channel: Channel, incident: Incident, reference: string | undefined): void {
    const delivered: Delivered = {
      revision: incident.revision,
      state: incident.state,
      severity: incident.severity,
      cause: incident.causes[0]?.service ?? '',
      ...(reference === undefined ? {} : { reference }),
    };
    this.remember(incident.id, channel.name, delivered);
    this.unrecorded.push({
      topic: topics.deliveries.name,
      key: deliveryKey(incident.id, channel.name),
      value: Buffer.from(JSON.stringify({ schema: 1, incident: incident.id, channel: channel.name, ...delivered })),
    });
  }

  private remember(incident: string, channel: string, delivered: Delivered): void {
    const key = deliveryKey(incident, channel);
    this.delivered.delete(key);
    this.delivered.set(key, delivered);
    const oldest = this.delivered.keys().next();
    if (this.delivered.size > maxRemembered && oldest.done === false) this.delivered.delete(oldest.value);
  }
}

function deliveryKey(incident: string, channel: string): string {
  return `${incident}/${channel}`;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch {
    return undefined;
  }
}
