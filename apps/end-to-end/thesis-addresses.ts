/** Where things are on this machine. */
export interface Places {
  /** `host:port` of what stands in for Redpanda. */
  readonly kafka: string;
  /** `host:port` of the object store and of its administration. */
  readonly s3: string;
  readonly s3Admin: string;
  /** Folder with a folder for each identity. */
  readonly identities: string;
  /** Folder of the aggregator's queue. */
  readonly queue: string;
  /** Folder of Tempo's write-ahead log. */
  readonly tempoData: string;
  /** Ports, each of its own on loopback. */
  readonly ports: Readonly<Record<PortName, number>>;
}

export const portNames = [
  ...(['ingestorGrpc', 'ingestorHttp', 'ingestorHealth', 'ingestorMetrics'] as const),
  ...(['aggregatorGrpc', 'aggregatorHealth', 'aggregatorMetrics'] as const),
  ...(['tempoGrpc', 'tempoOtlpHttp', 'tempoHttp', 'tempoInternal', 'prometheus'] as const),
];
export type PortName = (typeof portNames)[number];

type Table = Readonly<Record<string, string>>;

/** The only difference between what is rendered and what the test runs: names of Services, ports and folders. */
export function thesisAddresses(places: Places) {
  const { kafka, s3, s3Admin, identities, queue, tempoData, ports } = places;
  const at = (name: PortName) => `127.0.0.1:${ports[name]}`;
  return {
    workers: {
      'redpanda.redpanda.svc.cluster.local:9092': kafka,
      'objects.plumbline.svc.cluster.local:7070': s3,
    },
    topics: {
      'redpanda.redpanda.svc.cluster.local:9092': kafka,
    },
    storage: {
      'objects.plumbline.svc.cluster.local:7070': s3,
      'objects.plumbline.svc.cluster.local:7071': s3Admin,
      '"/run/identities': `"${identities}`,
    },
    ingestor: {
      '0.0.0.0:4317': at('ingestorGrpc'),
      '0.0.0.0:4318': at('ingestorHttp'),
      '0.0.0.0:13133': at('ingestorHealth'),
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': `port: ${ports.ingestorMetrics}`,
      'otel-aggregator-headless.plumbline.svc.cluster.local': '127.0.0.1',
      'port: "4317"': `port: "${ports.aggregatorGrpc}"`,
    },
    aggregator: {
      '0.0.0.0:4317': at('aggregatorGrpc'),
      '0.0.0.0:13133': at('aggregatorHealth'),
      'host: 0.0.0.0': 'host: 127.0.0.1',
      'port: 8888': `port: ${ports.aggregatorMetrics}`,
      '/var/lib/otelcol/queue': queue,
      'redpanda.redpanda.svc.cluster.local:9092': kafka,
      'tempo.tempo.svc.cluster.local:4317': at('tempoGrpc'),
      'prometheus.plumbline.svc.cluster.local:9090': at('prometheus'),
    },
    tempo: {
      // Its internal port is a default of Tempo's and not in the file.
      'http_listen_port: 3200': `http_listen_port: ${ports.tempoHttp}\n  grpc_listen_port: ${ports.tempoInternal}`,
      '0.0.0.0:4317': at('tempoGrpc'),
      '0.0.0.0:4318': at('tempoOtlpHttp'),
      'objects.plumbline.svc.cluster.local:7070': s3,
      'prometheus.plumbline.svc.cluster.local:9090': at('prometheus'),
      '/var/tempo': tempoData,
    },
  } satisfies Record<string, Table>;
}
