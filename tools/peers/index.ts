/** Real servers, readers and checkers for `*.real.test.ts`, on loopback, gone when the test process is. */
export { olderMinors, startApiServer, type ApiServerOptions, type ApiServerPeer } from './kubernetes';
export { runInAirflow, startAirflow } from './airflow';
export { startArgoCd, type ArgoApplication, type ArgoCdPeer } from './argocd';
export { startAlloy, validateAlloy, type AlloyPeer } from './alloy';
export { amtool, startAlertmanager, type AlertmanagerPeer } from './alertmanager';
export { checkBlackboxConfig, startBlackboxExporter, type BlackboxExporterPeer } from './blackbox-exporter';
export { CertificateAuthority, type Certificate } from './certificates';
export { startCollector, validateCollector, type CollectorOptions } from './collector';
export {
  AddressNotFoundError,
  PeerFailedError,
  ProgramFailedError,
  ProgramMissingError,
  ToolMissingError,
} from './errors';
export {
  startKubeStateMetrics,
  startNodeExporter,
  type KubeStateMetricsPeer,
  type NodeExporterPeer,
} from './exporters';
export {
  startDatabaseExporter,
  startRedis,
  type DatabaseExporterOptions,
  type DatabaseExporterPeer,
  type RedisPeer,
} from './database-exporters';
export { startAws, type AwsPeer } from './aws';
export { startFastApi, type FastApiPeer } from './fastapi';
export { dataDirectory } from './guard';
export { iptables } from './iptables';
export { forKafka, startKafka, type KafkaOptions, type KafkaPeer } from './kafka';
export { freePort, freePorts } from './ports';
export { lokiOnLoopback, startLoki, validateLoki, type LokiOptions, type LokiPeer } from './loki';
export {
  mimirOnLoopback,
  startMimir,
  validateMimir,
  type MimirOptions,
  type MimirPeer,
  type MimirPlace,
} from './mimir';
export { mountFiles } from './mounted';
export { startMlflow, type MlflowOptions, type MlflowPeer } from './mlflow';
export { PeerProcess, type Peer, type PeerProcessOptions, type Readiness } from './process';
export { postgresVersion, startPostgres, type PostgresOptions, type PostgresPeer } from './postgres';
export { promtool, startPrometheus, type PrometheusPeer } from './prometheus';
export { pyspark, python, scikitLearn } from './python';
export { answers, answersOverTls, getOverTls, logged, shows } from './readiness';
export { runProgram, type Printed, type RunProgramOptions } from './run';
export { SecretVolume } from './secret-volume';
export { startS3, type S3Options, type S3Peer } from './s3';
export {
  checkSmokeping,
  smokepingFiles,
  startHttpd,
  startSmokeping,
  startSmokepingProber,
  type SmokepingProberPeer,
} from './smokeping';
export { startSimulatedCluster, UnsettledError, type SimulatedClusterPeer } from './simulated-cluster';
export { type SimulatedNode } from './simulated-node';
export { substituteAddresses } from './substitute';
export { sendTraces, telemetrygen, type SendTracesOptions } from './telemetrygen';
export { startLocalTempo, startTempo, type LocalTempoPeer, type TempoOptions, type TempoPeer } from './tempo';
export { vrl, type VrlOptions } from './vrl';
