/**
 * Environment variables that manifests set and workers read. A worker's other settings have defaults and are listed by
 * `plumbline run <worker> --help`.
 */
export const environmentKeys = {
  /** Comma-separated `host:port`. */
  kafkaBrokers: 'KAFKA_BROKERS',
  kafkaUsername: 'KAFKA_USERNAME',
  kafkaPassword: 'KAFKA_PASSWORD',
  /** File that holds it, read anew for each connection; instead of the variable. */
  kafkaPasswordFile: 'KAFKA_PASSWORD_FILE',
  /** PEM file; TLS is on when it is set. */
  kafkaCaFile: 'KAFKA_CA_FILE',
  /** PEM files of the certificate that the client shows, and its key; both or neither. */
  kafkaCertificateFile: 'KAFKA_CERT_FILE',
  kafkaKeyFile: 'KAFKA_KEY_FILE',
  /** URL of the S3 endpoint; AWS's own when absent. */
  s3Endpoint: 'S3_ENDPOINT',
  s3Region: 'S3_REGION',
  /** `true` for servers that do not serve buckets as host names. */
  s3ForcePathStyle: 'S3_FORCE_PATH_STYLE',
  s3AccessKeyId: 'AWS_ACCESS_KEY_ID',
  s3SecretAccessKey: 'AWS_SECRET_ACCESS_KEY',
  /** Where backups are kept: another S3, with credentials of its own. */
  backupBucket: 'BACKUP_BUCKET',
  /** Path in that bucket. */
  backupPrefix: 'BACKUP_PREFIX',
  backupEndpoint: 'BACKUP_S3_ENDPOINT',
  backupRegion: 'BACKUP_S3_REGION',
  backupForcePathStyle: 'BACKUP_S3_FORCE_PATH_STYLE',
  backupAccessKeyId: 'BACKUP_S3_ACCESS_KEY_ID',
  backupSecretAccessKey: 'BACKUP_S3_SECRET_ACCESS_KEY',
  /** PEM file of the authority that is trusted there; Node.js's own when absent. */
  backupCaFile: 'BACKUP_S3_CA_FILE',
  /** Where PostgreSQL is, and as whom, by the names that its own clients know. */
  postgresHost: 'PGHOST',
  postgresPort: 'PGPORT',
  postgresDatabase: 'PGDATABASE',
  postgresUser: 'PGUSER',
  postgresPassword: 'PGPASSWORD',
  /** PEM file; TLS is on when it is set, and the name of the host is checked. */
  postgresCaFile: 'PGSSLROOTCERT',
  /** PEM files of the certificate that the client shows, and its key; both or neither. */
  postgresCertificateFile: 'PGSSLCERT',
  postgresKeyFile: 'PGSSLKEY',
  /** Largest record batch that the topic preprocessing writes to allows, bytes. */
  maxRecordBytes: 'MAX_RECORD_BYTES',
  anomalyBucket: 'ANOMALY_BUCKET',
  modelBucket: 'MODEL_BUCKET',
  /** Base URL people reach Grafana at; trace links are left out when absent. */
  grafanaUrl: 'GRAFANA_URL',
  /** Base URL people reach the console at. */
  consoleUrl: 'CONSOLE_URL',
  /** Base URL of runbooks. */
  runbookUrl: 'RUNBOOK_URL',
  discordWebhookUrl: 'DISCORD_WEBHOOK_URL',
  slackWebhookUrl: 'SLACK_WEBHOOK_URL',
  pagerDutyRoutingKey: 'PAGERDUTY_ROUTING_KEY',
  /** URL that a worker sends spans of its own to, OTLP over gRPC; it makes none when absent. */
  otlpEndpoint: 'OTEL_EXPORTER_OTLP_ENDPOINT',
  /** What its spans say of where they come from: `key=value`, by commas, values percent-encoded. */
  otlpResource: 'OTEL_RESOURCE_ATTRIBUTES',
  /** PEM files, as of the broker. */
  otlpCaFile: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
  otlpCertificateFile: 'OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE',
  otlpKeyFile: 'OTEL_EXPORTER_OTLP_CLIENT_KEY',
  /** URL of Tempo's HTTP API, where training asks for normal traces. */
  tempoUrl: 'TEMPO_URL',
  /** Where the registry of models is, and as whom, by the names that MLflow's own clients know. */
  mlflowUri: 'MLFLOW_TRACKING_URI',
  mlflowUsername: 'MLFLOW_TRACKING_USERNAME',
  mlflowPassword: 'MLFLOW_TRACKING_PASSWORD',
  /** Where training is started when models have drifted, and as whom. */
  airflowUrl: 'AIRFLOW_URL',
  airflowUsername: 'AIRFLOW_USERNAME',
  airflowPassword: 'AIRFLOW_PASSWORD',
  logLevel: 'LOG_LEVEL',
  /** JSON file that a job reconciles: `TopicsJob`, `StorageJob`, `DatabasesJob`, `CredentialsJob`, `ExpiryJob`, `ArchiveJob` or `BackupJob`. */
  jobFile: 'JOB_FILE',
} as const;

/** Workers: the image's arguments are `run <worker>`. */
export const workers = [
  'preprocessing',
  'anomaly-detection',
  'root-cause',
  'notification',
  'training',
  'console',
] as const;
export type WorkerName = (typeof workers)[number];

/** Jobs: the image's arguments are `job <name>`. */
export const jobs = [
  'topics',
  'storage',
  'databases',
  'credentials',
  'certificates',
  'expiry',
  'archive',
  'backup',
] as const;
export type JobName = (typeof jobs)[number];
