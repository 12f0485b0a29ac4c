/** Ports, of TCP where nothing else is said, by what listens there. */
export const ports = {
  otlpGrpc: 4317,
  otlpHttp: 4318,
  jaegerGrpc: 14250,
  /** Thrift over HTTP. */
  jaegerHttp: 14268,
  /** Thrift's compact encoding, by UDP. */
  jaegerCompact: 6831,
  zipkin: 9411,
  kafka: 9092,
  redpandaAdmin: 9644,
  redpandaRpc: 33145,
  tempoHttp: 3200,
  lokiHttp: 3100,
  /** Between the parts of one process. */
  lokiGrpc: 9095,
  /** Between members of a ring, such as three Lokis or Tempos: requests. */
  ringGrpc: 9095,
  /** Between members of a ring: who is there. */
  ringGossip: 7946,
  /** Of the log agent: its metrics, and whether it is well. */
  alloy: 12345,
  /** Lines by HTTP. */
  vectorHttp: 8080,
  /** Whether Vector is well. */
  vectorApi: 8686,
  vectorMetrics: 9598,
  /** By TCP and UDP; 514 is for root alone. */
  syslog: 1514,
  mimirHttp: 8080,
  /** Between its members. */
  mimirGrpc: 9095,
  /** Between its members: who is one, and what each of them has. */
  mimirGossip: 7946,
  prometheus: 9090,
  alertmanager: 9093,
  /** Between its replicas, by TCP and UDP. */
  alertmanagerCluster: 9094,
  grafana: 3000,
  /** Between its replicas, by TCP and UDP. */
  grafanaCluster: 9094,
  postgres: 5432,
  mlflow: 5000,
  airflow: 8080,
  /** Health of the scheduler. */
  airflowScheduler: 8974,
  /** Logs of tasks, from where they ran. */
  airflowLogs: 8793,
  collectorHealth: 13133,
  collectorMetrics: 8888,
  nodeExporter: 9100,
  blackboxExporter: 9115,
  postgresExporter: 9187,
  redisExporter: 9121,
  memcached: 11211,
  memcachedExporter: 9150,
  mongodbExporter: 9216,
  /** Of objects of the cluster, and of itself. */
  kubeStateMetrics: 8080,
  kubeStateTelemetry: 8081,
  /** On every node. */
  kubelet: 10250,
  /** SmokePing's page. */
  smokeping: 8080,
  smokepingProber: 9374,
  s3: 7070,
  s3Admin: 7071,
  /** `/healthz`, `/readyz`, `/metrics`, `/model` of every worker. */
  workerOperations: 8081,
  /** The console's page. */
  console: 8080,
  /** The page of paths through the network. */
  networkPaths: 8080,
} as const;
