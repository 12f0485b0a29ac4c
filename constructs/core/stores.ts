import type { Bucket, BucketProps } from './bucket';
import type { IScrapable } from './component';
import type { IDataSourceProvider } from './data-source';
import type { Endpoint } from './endpoint';
import type { ILogDestination, ILogPushDestination } from './log-destination';
import type { IMetricsDestination } from './metrics-destination';
import type { IRuleEvaluator, IRuler } from './rule-groups';
import type { Topic, TopicProps } from './topic';
import type { ITraceDestination } from './trace-destination';

/** Takes traces and answers queries about them as Tempo does. */
export interface ITraceStore extends ITraceDestination, IDataSourceProvider {
  /** OTLP over gRPC. */
  readonly otlpGrpc: Endpoint;
  /** Tempo's HTTP API. */
  readonly query: Endpoint;
}

/** An HTTP API below a path of an endpoint. */
export interface EndpointPath {
  readonly endpoint: Endpoint;
  /** Empty, or from a slash on. */
  readonly path: string;
  /** Headers that every client sends, such as that of a tenant; no secrets. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Reads the metrics of components: a store, or an agent that writes to one. */
export interface IMetricsCollector {
  scrape(...components: readonly IScrapable[]): void;
}

/** Labels by which a store knows that several send it the same: it takes what one of them sends, and drops the label of the replica. */
export interface ReplicaLabels {
  /** Name of the label that replicas have in common. */
  readonly cluster: string;
  /** Name of the label that tells them apart. */
  readonly replica: string;
}

/** Takes and answers metrics as Prometheus does. */
export interface IMetricsStore extends IMetricsDestination, IDataSourceProvider {
  /** What `/api/v1/query` is appended to. */
  readonly query: EndpointPath;
  /** Where samples are written. */
  readonly remoteWrite: EndpointPath;
  /** OTLP over HTTP: what `/v1/metrics` is appended to. */
  readonly otlpHttp: EndpointPath;
  /** Reads metrics and evaluates rules for it, where it does not itself. @default - itself, or who is told by others */
  readonly collector?: IMetricsCollector & IRuleEvaluator;
  /** Evaluates rules over all that it has. @default - nobody does: who reads metrics evaluates them over what it reads */
  readonly ruler?: IRuler;
  /** How it knows that several send the same. @default - `cluster` and `__replica__`, as Mimir has it by itself */
  readonly replicaLabels?: ReplicaLabels;
}

/** Takes log records by OTLP and lines by push, and answers queries about them as Loki does. */
export interface ILogStore extends ILogDestination, ILogPushDestination, IDataSourceProvider {
  /** What `/loki/api/v1/query_range` is appended to. */
  readonly query: EndpointPath;
  /** OTLP over HTTP: what `/v1/logs` is appended to. */
  readonly otlpHttp: EndpointPath;
}

/** Keeps records in topics, by the Kafka protocol. */
export interface IEventStream {
  /** The topic of this name, made by a Job if it is not there; always the same. */
  topic(name: string, props: TopicProps): Topic;
}

/** Keeps objects in buckets, by the S3 protocol. */
export interface IObjectStore {
  /** Every bucket that was asked for. */
  readonly buckets: readonly Bucket[];
  /** The bucket of this name; always the same. */
  bucket(name: string, props?: BucketProps): Bucket;
}
