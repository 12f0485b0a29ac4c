import { topics } from '@plumbline/contracts';
import { decodeTraceBatch, decodeWindowStats, hex, type SourceRange } from '@plumbline/wire';
import { VerifyError } from '../check';
import { ask, excerpt } from '../http';
import type { Servers } from '../servers/servers';
import { sampleTrace, type OtlpTrace } from './otlp';
import { TopicWatch, type WatchedRecord } from './topic-watch';

/** Where a trace was seen on its way. */
export interface Sighting {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Topics that every trace passes, and that of the statistics to which detection adds it. */
const watchedTopics = [topics.traces.name, topics.tracesPreprocessed.name, topics.windowStats.name];

/** Of statistics that came before it is known where the trace is. */
const keptRanges = 1_000;

/**
 * One trace, sent through the ingestor when it is first asked for. Its topics are watched from before that; when they cannot be,
 * that stands in the way of nobody who looks for it elsewhere.
 */
export class SampleTrace {
  private sending: Promise<OtlpTrace> | undefined;
  private watch: TopicWatch | undefined;
  private blind: Error | undefined;
  private readonly seen = new Map<string, Sighting>();
  private readonly judged: SourceRange[] = [];

  constructor(private readonly servers: Servers) {}

  /**
   * The trace, sent.
   *
   * @throws {VerifyError} if the ingestor does not take it
   */
  send(): Promise<OtlpTrace> {
    this.sending ??= this.watchAndSend();
    return this.sending;
  }

  /**
   * Where it was seen on a topic, `undefined` as long as it was not.
   *
   * @throws {VerifyError} if the topics cannot be read
   */
  async sighting(topic: string): Promise<Sighting | undefined> {
    await this.send();
    if (this.blind !== undefined) throw this.blind;
    const sighting = this.seen.get(topic);
    if (sighting === undefined) this.watch?.throwIfBroken();
    return sighting;
  }

  /**
   * Records of `traces-preprocessed`, the trace's among them, of which detection has published statistics; `undefined` as long as it has
   * not.
   *
   * @throws {VerifyError} if the topics cannot be read
   */
  async judgedRange(): Promise<SourceRange | undefined> {
    const at = await this.sighting(topics.tracesPreprocessed.name);
    if (at === undefined) return undefined;
    const { partition, offset } = at;
    return this.judged.find(
      (range) => range.partition === partition && range.firstOffset <= offset && offset <= range.lastOffset,
    );
  }

  async close(): Promise<void> {
    await this.watch?.stop();
  }

  private async watchAndSend(): Promise<OtlpTrace> {
    const url = await this.servers.url('ingestor');
    const trace = sampleTrace(Date.now());
    try {
      const kafka = await this.servers.kafka();
      this.watch = await TopicWatch.start(kafka, watchedTopics, (record) => this.look(trace, record));
    } catch (error) {
      this.blind = error instanceof Error ? error : new Error(String(error));
    }
    const answer = await ask('the ingestor', `${url}/v1/traces`, { method: 'POST', json: trace.request });
    if (answer.status !== 200) {
      throw new VerifyError(
        `the ingestor answers ${answer.status} to a trace: ${excerpt(answer.text)}`,
        'look at the log of the ingestor',
      );
    }
    return trace;
  }

  private look({ traceId }: OtlpTrace, { topic, partition, offset, value }: WatchedRecord): void {
    if (topic === topics.windowStats.name) {
      this.judged.push(decodeWindowStats(value).source);
      if (this.judged.length > keptRanges) this.judged.shift();
      return;
    }
    if (this.seen.has(topic)) return;
    const isThere = topic === topics.traces.name ? value.includes(Buffer.from(traceId, 'hex')) : holds(value, traceId);
    if (isThere) this.seen.set(topic, { topic, partition, offset });
  }
}

/** Whether a record of assembled traces has this one. */
function holds(value: Buffer, traceId: string): boolean {
  const { traces } = decodeTraceBatch(value);
  return Array.from({ length: traces.count }, (_, row) => hex(traces.traceId, row * 16, 16)).includes(traceId);
}
