import type { DatabaseAccess } from '../core/database';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import type { SecretRef } from '../core/secret-ref';
import type { ServerTls } from '../core/server-tls';
import { webUrl } from '../core/tls-settings';
import type { Workload } from '../core/workload';
import { ports } from '../contracts';
import { postgresUri, usePostgres } from './python-programs';

export const airflowHome = '/opt/airflow';
export const dagFolder = `${airflowHome}/dags`;

/**
 * Settings of every program. Who may log in is decided by FAB's users and roles, whose tables are in the database: the simple manager,
 * which is Airflow's default, has its users and passwords in a file in plain text, and is meant for development.
 *
 * @param url at which people reach it
 * @see https://airflow.apache.org/docs/apache-airflow/3.3.2/configurations-ref.html
 */
export function commonEnv(url: string | undefined): Readonly<Record<string, string>> {
  return {
    AIRFLOW_HOME: airflowHome,
    // The image's own wait for the database; start waits for its tables.
    CONNECTION_CHECK_MAX_COUNT: '0',
    AIRFLOW__CORE__AUTH_MANAGER: 'airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager',
    AIRFLOW__CORE__EXECUTOR: 'LocalExecutor',
    AIRFLOW__CORE__DAGS_FOLDER: dagFolder,
    AIRFLOW__CORE__LOAD_EXAMPLES: 'False',
    // Each step is a pod; here it is waited for.
    AIRFLOW__CORE__PARALLELISM: '4',
    AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES: '1',
    AIRFLOW__SCHEDULER__ENABLE_HEALTH_CHECK: 'True',
    AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT: String(ports.airflowScheduler),
    AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT: String(ports.airflowLogs),
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED: 'False',
    ...defined({ AIRFLOW__API__BASE_URL: url }),
  };
}

/** Keys that all programs share: of sessions and log requests, of tokens, and of what is stored encrypted. */
export function shareKeys(workload: Workload, keys: SecretRef): void {
  workload.setEnvFrom('AIRFLOW__API_AUTH__JWT_SECRET', keys.key('jwtSecret'));
  workload.setEnvFrom('AIRFLOW__API__SECRET_KEY', keys.key('secretKey'));
  workload.setEnvFrom('AIRFLOW__CORE__FERNET_KEY', keys.key('fernetKey'));
}

/** Its tables, by two drivers, both of which know who they are from variables. */
export function shareDatabase(workload: Workload, access: DatabaseAccess): void {
  usePostgres(workload, access);
  workload.setEnv('AIRFLOW__DATABASE__SQL_ALCHEMY_CONN', postgresUri('psycopg2', access));
  workload.setEnv('AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC', postgresUri('asyncpg', access));
}

/** Where tasks tell how they are: they do not know the database. */
export function useExecutionApi(workload: Workload, api: Endpoint): void {
  const connection = workload.connectTo(api);
  workload.setEnv('AIRFLOW__CORE__EXECUTION_API_SERVER_URL', `${webUrl(connection)}/execution/`);
  if (connection.tls?.caFile !== undefined) workload.setEnv('SSL_CERT_FILE', connection.tls.caFile);
}

/** @see https://airflow.apache.org/docs/apache-airflow/3.3.2/administration-and-deployment/web-stack.html */
export function encryptionOf(tls: ServerTls | undefined): Readonly<Record<string, string>> {
  return tls === undefined ? {} : { AIRFLOW__API__SSL_CERT: tls.certFile, AIRFLOW__API__SSL_KEY: tls.keyFile };
}

/**
 * Sends metrics by OTLP over HTTP, by the variables of OpenTelemetry: Airflow's own have been deprecated since 3.2.
 *
 * @param job what they are told by
 */
export function sendMetrics(workload: Workload, otlpHttp: Endpoint, job: string): void {
  const connection = workload.connectTo(otlpHttp);
  const { tls } = connection;
  const settings = {
    AIRFLOW__METRICS__OTEL_ON: 'True',
    OTEL_SERVICE_NAME: job,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_METRICS_PROTOCOL: 'http/protobuf',
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${webUrl(connection)}/v1/metrics`,
    OTEL_METRIC_EXPORT_INTERVAL: '30000',
    ...defined({
      OTEL_EXPORTER_OTLP_CERTIFICATE: tls?.caFile,
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: tls?.certificate?.certFile,
      OTEL_EXPORTER_OTLP_CLIENT_KEY: tls?.certificate?.keyFile,
    }),
  };
  for (const [name, value] of Object.entries(settings)) workload.setEnv(name, value);
}
