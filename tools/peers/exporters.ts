import { dataDirectory } from './guard';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers } from './readiness';

export interface NodeExporterPeer extends Peer {
  /** `http://127.0.0.1:<port>`. */
  readonly url: string;
}

/**
 * Starts node_exporter, which measures this machine.
 *
 * @param args flags, without the address that it listens on
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses a flag
 */
export async function startNodeExporter(args: readonly string[]): Promise<NodeExporterPeer> {
  const command = program('node_exporter');
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const directory = await dataDirectory('node-exporter');
  const server = await PeerProcess.start({
    name: 'node_exporter',
    command,
    args: [...args, `--web.listen-address=127.0.0.1:${port}`],
    directory,
    ready: answers(`${url}/`, 200),
  });
  return server.with({ url });
}

export interface KubeStateMetricsPeer extends Peer {
  /** Of metrics of objects, `http://127.0.0.1:<port>`. */
  readonly url: string;
  /** Of metrics of itself. */
  readonly telemetryUrl: string;
}

/**
 * Starts kube-state-metrics.
 *
 * @param args flags; addresses and ports of theirs do not hold
 * @param kubeconfigFile how it reaches the API server, and as whom
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if it refuses a flag
 */
export async function startKubeStateMetrics(
  args: readonly string[],
  kubeconfigFile: string,
): Promise<KubeStateMetricsPeer> {
  const command = program('kube-state-metrics');
  const [port = 0, telemetryPort = 0] = await freePorts(2);
  const [url, telemetryUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${telemetryPort}`];
  const directory = await dataDirectory('kube-state-metrics');
  const server = await PeerProcess.start({
    name: 'kube-state-metrics',
    command,
    args: [
      ...args,
      ...[`--kubeconfig=${kubeconfigFile}`, '--host=127.0.0.1', '--telemetry-host=127.0.0.1'],
      ...[`--port=${port}`, `--telemetry-port=${telemetryPort}`],
    ],
    directory,
    ready: answers(`${telemetryUrl}/readyz`, 200),
  });
  return server.with({ url, telemetryUrl });
}
