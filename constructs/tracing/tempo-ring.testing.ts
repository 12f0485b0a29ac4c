import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import {
  dataDirectory,
  freePorts,
  type PrometheusPeer,
  type S3Peer,
  startPrometheus,
  startS3,
  startTempo,
  substituteAddresses,
  type TempoPeer,
} from '../../tools/peers';
import { Endpoint } from '../core/endpoint';
import { ringOnLoopback } from '../core/ring.testing';
import { Prometheus } from '../metrics/prometheus';
import { ObjectStore } from '../storage/object-store';
import { fileOf, renderApp, testApp } from '../testing';
import { TempoMonolith } from './tempo-monolith';

function render(): string {
  const app = testApp();
  const blocks = new ObjectStore(app.chart('storage'), 'objects').bucket('tempo-traces');
  const endpoint = Endpoint.external('metrics.example.org', 80, { scheme: 'http' });
  const metrics = Prometheus.fromExternal(app.chart('metrics'), 'metrics', { endpoint });
  new TempoMonolith(app.chart('tracing'), 'tempo', { replicas: 3, blocks, metrics });
  return fileOf(renderApp(app), 'tempo-config', 'tempo.yaml');
}

interface Member {
  readonly tempo: TempoPeer;
  readonly otlp: string;
}

/** Spans that were taken, and how many requests were sent again until they were. */
export interface Taken {
  readonly traceIds: string[];
  sentAgain: number;
}

/** A trace that a member does not find, and what it answers. */
export interface Missing {
  readonly traceId: string;
  readonly reader: number;
  readonly status: number;
}

/** Three Tempos as they are rendered, on a bucket, with a Prometheus that they write to. */
export class TempoRing {
  /** @param replaced texts of the configuration that are others than rendered */
  static async start(replaced: Readonly<Record<string, string>> = {}): Promise<TempoRing> {
    const text = substituteAddresses(render(), replaced);
    const store = await startS3();
    const { endpoint, region, credentials } = store;
    const client = new S3Client({ endpoint, region, credentials, forcePathStyle: true });
    await client.send(new CreateBucketCommand({ Bucket: 'tempo-traces' }));
    client.destroy();
    const metrics = await startPrometheus('{}');
    const name = 'tempo-headless.tracing.svc.cluster.local';
    const members = await Promise.all(
      (await ringOnLoopback(name)).map(async ({ table, env, grpc }) => {
        const [http = 0, otlpGrpc = 0, otlpHttp = 0] = await freePorts(3);
        const config = substituteAddresses(text, {
          ...table,
          'http_listen_port: 3200': `http_listen_port: ${http}\n  grpc_listen_port: ${grpc}`,
          '0.0.0.0:4317': `127.0.0.1:${otlpGrpc}`,
          '0.0.0.0:4318': `127.0.0.1:${otlpHttp}`,
          // Of all frontends DNS names them; here each is at a port of its own.
          [`${name}:9095`]: `127.0.0.1:${grpc}`,
          'objects.storage.svc.cluster.local:7070': new URL(endpoint).host,
          'metrics.example.org:80': new URL(metrics.url).host,
          // Of its host each makes a label of its series; here all have one.
          'source: tempo': `source: ${env.POD_NAME}`,
          '/var/tempo': await dataDirectory('tempo-ring'),
        });
        const { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY } = credentials;
        const tempo = await startTempo(config, {
          env: { ...env, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY },
          args: ['-target=scalable-single-binary'],
        });
        return { tempo, otlp: `http://127.0.0.1:${otlpHttp}` };
      }),
    );
    const ring = new TempoRing(store, metrics, members);
    await ring.joined();
    return ring;
  }

  readonly indexes = [0, 1, 2] as const;

  private constructor(
    private readonly store: S3Peer,
    private readonly metrics: PrometheusPeer,
    private readonly members: readonly Member[],
  ) {}

  async stop(): Promise<void> {
    await Promise.all(this.members.map(({ tempo }) => tempo.stop()));
    await Promise.all([this.metrics.stop(), this.store.stop()]);
  }

  async kill(member: number): Promise<void> {
    await this.members[member]?.tempo.kill();
  }

  async restart(member: number): Promise<void> {
    await this.members[member]?.tempo.restart();
    await this.joined();
  }

  /** Has members write what they hold into the bucket. */
  async flush(...members: readonly number[]): Promise<void> {
    for (const member of members) {
      const { status } = await this.ask(member, '/flush');
      if (status !== 204) throw new Error(`member ${member} answers ${status} to /flush`);
    }
  }

  /** Sends a trace of one span. @returns whether it was taken */
  async send(member: number, traceId = newTraceId()): Promise<boolean> {
    const now = BigInt(Date.now()) * 1_000_000n;
    const span = {
      traceId,
      spanId: traceId.slice(0, 16),
      name: 'GET /cart',
      kind: 2,
      startTimeUnixNano: `${now}`,
      endTimeUnixNano: `${now + 1_000_000n}`,
    };
    const attributes = [{ key: 'service.name', value: { stringValue: 'cart' } }];
    const response = await fetch(`${this.members[member]?.otlp}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans: [span] }] }] }),
    });
    return response.status === 200;
  }

  /** Sends traces as a collector does, to members by turns: a request that fails is sent again, to another. */
  async write(count: number, taken: Taken): Promise<void> {
    await inLanes(Array.from({ length: count }).keys(), async (index) => {
      const id = newTraceId();
      for (let attempt = index; !(await this.send(attempt % 3, id).catch(() => false)); attempt += 1)
        taken.sentAgain += 1;
      taken.traceIds.push(id);
    });
  }

  /** Those that a member does not find. */
  async missing(reader: number, traceIds: readonly string[]): Promise<readonly Missing[]> {
    const lost: Missing[] = [];
    await inLanes(traceIds, async (id) => {
      const { status } = await this.ask(reader, `/api/traces/${id}`);
      if (status !== 200) lost.push({ traceId: id, reader, status });
    });
    return lost;
  }

  /** How many traces of `cart` a search in TraceQL finds. */
  async searched(reader: number): Promise<number> {
    const query = encodeURIComponent('{ resource.service.name = "cart" && name = "GET /cart" }');
    const answer = (await (await this.ask(reader, `/api/search?q=${query}&limit=100`)).json()) as {
      readonly traces?: readonly object[];
    };
    return answer.traces?.length ?? 0;
  }

  /** Of a counter or gauge of each member that answers, the sum. */
  async sum(metric: string): Promise<number> {
    const texts = await Promise.all(
      this.indexes.map(async (member) => (await this.ask(member, '/metrics').catch(() => new Response(''))).text()),
    );
    return texts
      .flatMap((text) => Array.from(text.matchAll(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'gm'))))
      .reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** What the Prometheus says that they write to. */
  async measured(query: string): Promise<number> {
    const answer = await fetch(`${this.metrics.url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await answer.json()) as {
      readonly data: { readonly result: readonly { readonly value: readonly [number, string] }[] };
    };
    return Number(data.result[0]?.value[1] ?? 0);
  }

  /**
   * Waits until nothing is in the memory of members alone, as none sees in its own what it is just writing to its log. They look every ten
   * seconds, and say then what there was.
   */
  async settled(): Promise<void> {
    await sleep(11_000);
    while ((await this.sum('tempo_ingester_live_traces')) > 0) await sleep(500);
  }

  private async ask(member: number, path: string): Promise<Response> {
    return fetch(`${this.members[member]?.tempo.queryUrl}${path}`);
  }

  private async joined(): Promise<void> {
    while ((await this.sum('tempo_ring_members\\{name="ingester",state="ACTIVE"\\}')) < 9) await sleep(200);
  }
}

export function newTraceId(): string {
  return randomBytes(16).toString('hex');
}

/** As many at once as a collector has requests under way. */
async function inLanes<T>(items: Iterable<T>, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]();
  await Promise.all(
    Array.from({ length: 12 }, async () => {
      for (let next = waiting.next(); next.done !== true; next = waiting.next()) await work(next.value);
    }),
  );
}
