import type { Construct } from 'constructs';
import { Alertmanager, type AlertmanagerProps } from './alerting/alertmanager';
import type { ExternalAlertmanagerProps } from './alerting/external-alertmanager';
import type { IAlertingSink } from './core/alerting';
import { choose, type Choice } from './core/choice';
import type { IDashboardHost } from './core/dashboard';
import type { IEventStream, ILogStore, IMetricsStore, IObjectStore, ITraceStore } from './core/stores';
import type { IDatabase } from './core/database';
import type { ExternalDatabaseProps } from './databases/external-database';
import { Postgres, type PostgresProps } from './databases/postgres';
import type { ExternalLogStoreProps } from './logs/external-log-store';
import { Loki, type LokiProps } from './logs/loki';
import type { ExternalMetricsStoreProps } from './metrics/external-metrics-store';
import { Prometheus, type PrometheusProps } from './metrics/prometheus';
import type { ExternalObjectStoreProps } from './storage/external-object-store';
import { ObjectStore, type ObjectStoreProps } from './storage/object-store';
import type { ExternalEventStreamProps } from './streaming/external-event-stream';
import { RedpandaBroker, type RedpandaBrokerProps } from './streaming/redpanda-broker';
import type { ExternalTraceStoreProps } from './tracing/external-trace-store';
import { TempoMonolith, type TempoMonolithProps } from './tracing/tempo-monolith';
import type { ExternalGrafanaProps } from './visualization/external-grafana';
import { Grafana, type GrafanaProps } from './visualization/grafana';

/* Stores as an environment chooses them: `main.ts` reads the same whether they are ours or somebody else's. */

export type ObjectStoreChoice = Choice<ObjectStoreProps, ExternalObjectStoreProps>;
/** What a broker of ours is connected to, which one that is not ours has no use for. */
export type EventStreamWires = Pick<RedpandaBrokerProps, 'tieredStorage'>;
export type EventStreamChoice = Choice<Omit<RedpandaBrokerProps, keyof EventStreamWires>, ExternalEventStreamProps>;
/** What a metrics store of ours is connected to, which one that is not ours has no use for. */
export type MetricsStoreWires = Pick<PrometheusProps, 'longTerm'>;
export type MetricsStoreChoice = Choice<Omit<PrometheusProps, keyof MetricsStoreWires>, ExternalMetricsStoreProps>;
export type AlertingChoice = Choice<AlertmanagerProps, ExternalAlertmanagerProps>;
export type DatabaseChoice = Choice<PostgresProps, ExternalDatabaseProps>;
/** What a log store of ours is connected to, which one that is not ours has no use for. */
export type LogStoreWires = Pick<LokiProps, 'chunks' | 'cache'>;
export type LogStoreChoice = Choice<Omit<LokiProps, keyof LogStoreWires>, ExternalLogStoreProps>;
/** What a trace store of ours is connected to, which one that is not ours has no use for. */
export type TraceStoreWires = Pick<TempoMonolithProps, 'blocks' | 'metrics' | 'cache'>;
export type TraceStoreChoice = Choice<Omit<TempoMonolithProps, keyof TraceStoreWires>, ExternalTraceStoreProps>;
/** What a Grafana is connected to; one that is not ours keeps what it knows itself. */
export type DashboardHostWires = Required<Pick<GrafanaProps, 'sources'>> & Pick<GrafanaProps, 'database'>;
export type DashboardHostChoice = Choice<
  Omit<GrafanaProps, keyof DashboardHostWires>,
  Omit<ExternalGrafanaProps, 'sources'>
>;

/** Keeps objects: versitygw, or an S3 service that is not ours. */
export function objectStore(scope: Construct, id: string, choice: ObjectStoreChoice): IObjectStore {
  return choose(choice, {
    own: (props) => new ObjectStore(scope, id, props),
    external: (props) => ObjectStore.fromExternal(scope, id, props),
  });
}

/** Keeps tables: one PostgreSQL, or a server that is not ours. */
export function databaseServer(scope: Construct, id: string, choice: DatabaseChoice): IDatabase {
  return choose(choice, {
    own: (props): IDatabase => new Postgres(scope, id, props),
    external: (props) => Postgres.fromExternal(scope, id, props),
  });
}

/**
 * Keeps records: Redpanda, or a Kafka cluster that is not ours.
 *
 * @param wires asked for only where it is ours, so that no bucket is made for nobody; without a bucket its volumes have all
 */
export function eventStream(
  scope: Construct,
  id: string,
  choice: EventStreamChoice,
  wires: () => EventStreamWires = () => ({}),
): IEventStream {
  return choose(choice, {
    own: (props) => new RedpandaBroker(scope, id, { ...props, ...wires() }),
    external: (props) => RedpandaBroker.fromExternal(scope, id, props),
  });
}

/**
 * Keeps metrics: one Prometheus or two, or what speaks as one does.
 *
 * @param wires asked for only where it is ours: where metrics are kept for longer
 */
export function metricsStore(
  scope: Construct,
  id: string,
  choice: MetricsStoreChoice,
  wires: () => MetricsStoreWires = () => ({}),
): IMetricsStore {
  return choose(choice, {
    own: (props): IMetricsStore => new Prometheus(scope, id, { ...props, ...wires() }),
    external: (props) => Prometheus.fromExternal(scope, id, props),
  });
}

/** Tells people of alerts: Alertmanager, or one that is not ours. */
export function alertingSink(scope: Construct, id: string, choice: AlertingChoice): IAlertingSink {
  return choose(choice, {
    own: (props): IAlertingSink => new Alertmanager(scope, id, props),
    external: (props) => Alertmanager.fromExternal(scope, id, props),
  });
}

/**
 * Keeps log records: Loki in one process, or a Loki that is not ours.
 *
 * @param wires asked for only where it is ours, so that no bucket is made for nobody; without a bucket its volume has all
 */
export function logStore(
  scope: Construct,
  id: string,
  choice: LogStoreChoice,
  wires: () => LogStoreWires = () => ({}),
): ILogStore {
  return choose(choice, {
    own: (props): ILogStore => new Loki(scope, id, { ...props, ...wires() }),
    external: (props) => Loki.fromExternal(scope, id, props),
  });
}

/**
 * Keeps traces: Tempo in one process, or a Tempo that is not ours.
 *
 * @param wires asked for only where it is ours, so that no bucket is made for nobody
 */
export function traceStore(
  scope: Construct,
  id: string,
  choice: TraceStoreChoice,
  wires: () => TraceStoreWires,
): ITraceStore {
  return choose(choice, {
    own: (props) => new TempoMonolith(scope, id, { ...props, ...wires() }),
    external: (props) => TempoMonolith.fromExternal(scope, id, props),
  });
}

/** Shows dashboards and stores: Grafana, or one that is not ours. */
export function dashboardHost(
  scope: Construct,
  id: string,
  choice: DashboardHostChoice,
  wires: DashboardHostWires,
): IDashboardHost {
  return choose(choice, {
    own: (props): IDashboardHost => new Grafana(scope, id, { ...props, ...wires }),
    external: (props) => Grafana.fromExternal(scope, id, { ...props, sources: wires.sources }),
  });
}
