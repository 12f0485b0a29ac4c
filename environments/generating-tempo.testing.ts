import { join } from 'node:path';
import { dump } from '../constructs/core/yaml';
import { dataDirectory, freePorts, startTempo, type TempoPeer } from '../tools/peers';

/** A Tempo that takes spans and writes what it makes of them. */
export interface GeneratingTempo {
  readonly tempo: TempoPeer;
  /** `127.0.0.1:<port>` of OTLP over gRPC. */
  readonly otlp: string;
}

/** Starts a Tempo that writes span metrics and the service graph to a Prometheus every second. @param prometheusUrl without a path */
export async function startGeneratingTempo(prometheusUrl: string): Promise<GeneratingTempo> {
  const [otlp = 0, http = 0, grpc = 0, gossip = 0] = await freePorts(4);
  const data = await dataDirectory('generating-tempo');
  const tempo = await startTempo(
    dump({
      server: {
        http_listen_address: '127.0.0.1',
        http_listen_port: http,
        grpc_listen_address: '127.0.0.1',
        grpc_listen_port: grpc,
      },
      distributor: { receivers: { otlp: { protocols: { grpc: { endpoint: `127.0.0.1:${otlp}` } } } } },
      ingester: {
        lifecycler: { address: '127.0.0.1', ring: { kvstore: { store: 'inmemory' }, replication_factor: 1 } },
        trace_idle_period: '1s',
        max_block_duration: '5s',
        flush_check_period: '1s',
      },
      compactor: { compaction: { compaction_cycle: '1s' } },
      memberlist: { bind_addr: ['127.0.0.1'], bind_port: gossip, leave_timeout: '1s' },
      querier: { frontend_worker: { frontend_address: `127.0.0.1:${grpc}` } },
      metrics_generator: {
        registry: { collection_interval: '1s' },
        ring: { instance_addr: '127.0.0.1', kvstore: { store: 'inmemory' } },
        storage: { path: join(data, 'generator'), remote_write: [{ url: `${prometheusUrl}/api/v1/write` }] },
        traces_storage: { path: join(data, 'traces') },
      },
      overrides: { defaults: { metrics_generator: { processors: ['span-metrics', 'service-graphs'] } } },
      storage: {
        trace: {
          backend: 'local',
          local: { path: join(data, 'blocks') },
          wal: { path: join(data, 'wal') },
          blocklist_poll: '2s',
        },
      },
      usage_report: { reporting_enabled: false },
    }),
  );
  return { tempo, otlp: `127.0.0.1:${otlp}` };
}
