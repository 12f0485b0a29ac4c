import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CertificateAuthority, type Certificate } from './certificates';
import { dataDirectory } from './guard';
import { program } from './installed';
import type { ToolName } from '../install/catalog';
import { freePorts } from './ports';
import { startPostgres } from './postgres';
import { PeerProcess } from './process';
import { shows } from './readiness';
import { runProgram } from './run';
import { SecretVolume } from './secret-volume';

/** What a server has. */
interface Place {
  readonly cert: string;
  readonly key: string;
  readonly ports: readonly number[];
  readonly directory: string;
  /** Writes a file into its directory. @returns its path */
  readonly write: (name: string, text: string) => Promise<string>;
}

type Renewal = 'by itself' | 'on SIGHUP' | 'when it is restarted';

/** A server with all that it takes to show a certificate, told of it as by our constructs. */
interface Server {
  readonly command: ToolName;
  /** What shows it, by the order of the ports, and when it shows another. */
  readonly shows: Readonly<Record<string, Renewal>>;
  readonly args: (place: Place) => Promise<readonly string[]> | readonly string[];
}

/** Those of Prometheus' kind. */
function ofPrometheus(
  command: ToolName,
  args: (place: Place) => Promise<readonly string[]> | readonly string[],
  flag = '--web.config.file',
): Server {
  return {
    command,
    shows: { HTTP: 'by itself' },
    args: async (place) => [
      ...(await args(place)),
      `--web.listen-address=127.0.0.1:${place.ports[0]}`,
      `${flag}=${await webConfig(place)}`,
    ],
  };
}

function webConfig({ cert, key, write }: Place): Promise<string> {
  return write('web.yml', `tls_server_config: {cert_file: ${cert}, key_file: ${key}}\n`);
}

/** Tempo, Loki and Mimir have one in common. */
function grafanaServer({ cert, key, ports: [http, grpc] }: Place): string {
  const tls = `{cert_file: ${cert}, key_file: ${key}}`;
  const addresses = `http_listen_address: 127.0.0.1, http_listen_port: ${http}, grpc_listen_address: 127.0.0.1`;
  return `server: {${addresses}, grpc_listen_port: ${grpc}, http_tls_config: ${tls}, grpc_tls_config: ${tls}}\n`;
}

function otlpReceiver({ cert, key, ports }: Place, first: number): string {
  const at = (index: number) =>
    `{endpoint: "127.0.0.1:${ports[index]}", tls: {cert_file: ${cert}, key_file: ${key}, reload_interval: 1s}}`;
  return `otlp: {protocols: {grpc: ${at(first)}, http: ${at(first + 1)}}}`;
}

const inMemory = '{kvstore: {store: inmemory}, replication_factor: 1}';

const servers: Readonly<Record<string, Server>> = {
  Tempo: {
    command: 'tempo',
    shows: { API: 'when it is restarted', gRPC: 'by itself', 'OTLP/gRPC': 'by itself', 'OTLP/HTTP': 'by itself' },
    args: async (place) => [
      `-config.file=${await place.write(
        'tempo.yaml',
        `${grafanaServer(place)}
distributor: {receivers: {${otlpReceiver(place, 2)}}}
ingester: {lifecycler: {address: 127.0.0.1, ring: ${inMemory}}}
memberlist: {bind_addr: [127.0.0.1], bind_port: ${place.ports[4]}}
storage: {trace: {backend: local, local: {path: blocks}, wal: {path: wal}}}
usage_report: {reporting_enabled: false}
`,
      )}`,
    ],
  },
  Loki: {
    command: 'loki',
    shows: { API: 'when it is restarted', gRPC: 'by itself' },
    args: async (place) => [
      `-config.file=${await place.write(
        'loki.yaml',
        `${grafanaServer(place)}
common: {path_prefix: ${place.directory}, instance_addr: 127.0.0.1, ring: ${inMemory}}
schema_config: {configs: [{from: 2024-01-01, store: tsdb, object_store: filesystem, schema: v13, index: {prefix: i, period: 24h}}]}
storage_config: {filesystem: {directory: chunks}}
analytics: {reporting_enabled: false}
`,
      )}`,
    ],
  },
  Mimir: {
    command: 'mimir',
    shows: { API: 'when it is restarted', gRPC: 'by itself' },
    args: async (place) => [
      `-config.file=${await place.write(
        'mimir.yaml',
        `${grafanaServer(place)}
target: query-frontend,query-scheduler
memberlist: {bind_addr: [127.0.0.1], bind_port: ${place.ports[2]}}
common: {storage: {backend: filesystem, filesystem: {dir: ${place.directory}}}}
activity_tracker: {filepath: activity.log}
usage_stats: {enabled: false}
`,
      )}`,
    ],
  },
  'the collector': {
    command: 'otelcol',
    shows: { 'OTLP/gRPC': 'by itself', 'OTLP/HTTP': 'by itself' },
    args: async (place) => [
      '--config',
      await place.write(
        'config.yaml',
        `receivers: {${otlpReceiver(place, 0)}}
exporters: {debug: {}}
service: {pipelines: {traces: {receivers: [otlp], exporters: [debug]}}, telemetry: {metrics: {level: none}}}
`,
      ),
    ],
  },
  Prometheus: ofPrometheus('prometheus', async ({ directory, write }) => [
    `--config.file=${await write('prometheus.yml', '{}')}`,
    `--storage.tsdb.path=${directory}/data`,
  ]),
  Alertmanager: ofPrometheus('alertmanager', async ({ directory, write }) => [
    `--config.file=${await write('alertmanager.yml', '{route: {receiver: nobody}, receivers: [{name: nobody}]}')}`,
    `--storage.path=${directory}/data`,
    '--cluster.listen-address=',
  ]),
  blackbox_exporter: ofPrometheus('blackbox_exporter', async ({ write }) => [
    `--config.file=${await write('blackbox.yml', '{modules: {tcp: {prober: tcp}}}')}`,
  ]),
  node_exporter: ofPrometheus('node_exporter', () => []),
  postgres_exporter: ofPrometheus('postgres_exporter', () => []),
  mongodb_exporter: ofPrometheus('mongodb_exporter', () => ['--mongodb.uri=mongodb://127.0.0.1:1'], '--web.config'),
  smokeping_prober: ofPrometheus('smokeping_prober', () => ['--no-privileged', '127.0.0.1']),
  redis_exporter: {
    command: 'redis_exporter',
    shows: { HTTP: 'by itself' },
    args: ({ cert, key, ports }) => [
      `--web.listen-address=127.0.0.1:${ports[0]}`,
      `--tls-server-cert-file=${cert}`,
      `--tls-server-key-file=${key}`,
    ],
  },
  'the log agent': {
    command: 'alloy',
    shows: { HTTP: 'by itself' },
    args: async ({ cert, key, ports, directory, write }) => [
      ...[
        'run',
        await write('config.alloy', `http {\n  tls {\n    cert_file = "${cert}"\n    key_file = "${key}"\n  }\n}\n`),
      ],
      ...[`--storage.path=${directory}/data`, `--server.http.listen-addr=127.0.0.1:${ports[0]}`],
    ],
  },
  'the object store': {
    command: 'versitygw',
    shows: { S3: 'on SIGHUP', 'admin API': 'on SIGHUP' },
    args: ({ cert, key, ports: [s3, admin], directory }) => [
      ...[`--port=127.0.0.1:${s3}`, `--admin-port=127.0.0.1:${admin}`, '--access=root', '--secret=secretsecret'],
      ...[`--cert=${cert}`, `--key=${key}`, `--admin-cert=${cert}`, `--admin-cert-key=${key}`],
      ...['posix', directory],
    ],
  },
};

/** Longer than any of them takes that looks by itself. */
const patienceMs = 5_000;

describe('A renewed certificate, put where the kubelet puts it', () => {
  let authority: CertificateAuthority;
  let certificates: { readonly first: Certificate; readonly second: Certificate };
  beforeAll(async () => {
    authority = await CertificateAuthority.create(await dataDirectory('authority'));
    const issue = (name: string) => authority.issue(name, '/CN=server', ['IP:127.0.0.1']);
    certificates = { first: await issue('first'), second: await issue('second') };
  });

  async function put(volume: SecretVolume, { certificateFile, keyFile }: Certificate): Promise<void> {
    const [cert, key] = await Promise.all([certificateFile, keyFile].map((file) => readFile(file, 'utf8')));
    await volume.write({ 'tls.crt': cert ?? '', 'tls.key': key ?? '' });
  }

  async function isShown(port: number | undefined, certificate: Certificate): Promise<boolean> {
    // While it starts nobody answers.
    return shows(`127.0.0.1:${port ?? 0}`, certificate).catch(() => false);
  }

  it.each(Object.entries(servers))('is shown by %s as its page says', async (_, { command, shows: parts, args }) => {
    const directory = await dataDirectory(command);
    const volume = new SecretVolume(join(directory, 'tls'));
    await put(volume, certificates.first);
    const [cert, key] = [join(volume.directory, 'tls.crt'), join(volume.directory, 'tls.key')];
    const ports = await freePorts(5);
    const write = async (name: string, text: string) => {
      await writeFile(join(directory, name), text);
      return join(directory, name);
    };
    const shown = Object.entries(parts).map(([part, renewal], index) => ({ part, renewal, port: ports[index] }));
    const showing = async (certificate: Certificate) => {
      const found = await Promise.all(
        shown.map(async (each) => ((await isShown(each.port, certificate)) ? [each] : [])),
      );
      return found.flat().map(({ part }) => part);
    };
    const untilShowing = async (wanted: readonly string[]) => {
      const deadline = performance.now() + patienceMs;
      while ((await showing(certificates.second)).length < wanted.length && performance.now() < deadline)
        await sleep(200);
      return showing(certificates.second);
    };
    const upTo = (...renewals: readonly Renewal[]) =>
      shown.filter(({ renewal }) => renewals.includes(renewal)).map(({ part }) => part);

    const server = await PeerProcess.start({
      name: command,
      command: program(command),
      args: await args({ cert, key, ports, directory, write }),
      directory,
      ready: async () => (await showing(certificates.first)).length === shown.length,
    });
    try {
      await put(volume, certificates.second);
      await sleep(patienceMs);
      expect(await showing(certificates.second)).toEqual(upTo('by itself'));
      if (upTo('on SIGHUP').length > 0) {
        process.kill(server.pid ?? 0, 'SIGHUP');
        expect(await untilShowing(upTo('on SIGHUP'))).toEqual(upTo('by itself', 'on SIGHUP'));
      }
    } finally {
      await server.kill();
    }
  });

  it('is shown by PostgreSQL once it is told to read its configuration again', async () => {
    const volume = new SecretVolume(join(await dataDirectory('postgres-tls'), 'tls'));
    await put(volume, certificates.first);
    const file = (name: string) => join(volume.directory, name);
    const tls = [`--ssl=on`, `--ssl_cert_file=${file('tls.crt')}`, `--ssl_key_file=${file('tls.key')}`];
    const postgres = await startPostgres({ args: tls });
    const { host, port, password } = postgres;
    const serial = async (certificate: Certificate) =>
      (await runProgram('openssl', ['x509', '-noout', '-serial', '-in', certificate.certificateFile])).stdout.trim();
    const shown = async () => {
      const asked = `openssl s_client -starttls postgres -connect ${host}:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`;
      return (await runProgram('bash', ['-c', asked])).stdout.trim();
    };
    try {
      expect(await shown()).toBe(await serial(certificates.first));
      await put(volume, certificates.second);
      await sleep(patienceMs);
      expect(await shown()).toBe(await serial(certificates.first));
      const reload = [
        '--host',
        host,
        '--port',
        String(port),
        '--username',
        'postgres',
        '-c',
        'select pg_reload_conf()',
      ];
      await runProgram('psql', reload, { env: { PGPASSWORD: password } });
      await sleep(1_000);
      expect(await shown()).toBe(await serial(certificates.second));
    } finally {
      await postgres.kill();
    }
  });
});
