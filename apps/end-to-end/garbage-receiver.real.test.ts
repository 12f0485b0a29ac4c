import { readTraceParquet } from '@plumbline/wire';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { eventually } from './eventually';
import {
  deeplyNestedAttribute,
  deeplyNestedJson,
  nonsense,
  requestAsJson,
  spansWithoutIds,
  truncated,
} from './hostile';
import { GrpcClient, post } from './otlp-client';
import { Random } from './random';
import {
  localTraceObject,
  peakResidentBytes,
  startStandaloneProcess,
  type StandaloneProcess,
} from './standalone-process';
import { encodeRequest, orderTrace } from './traces';

const mebibyte = 1024 * 1024;
const largeBytes = 100 * mebibyte;
const maxResidentBytes = 600 * mebibyte;
const protobuf = { 'Content-Type': 'application/x-protobuf' };
const json = { 'Content-Type': 'application/json' };
/** Codes of gRPC. */
const grpc = { ok: 0, invalidArgument: 3, resourceExhausted: 8 } as const;

describe('The OTLP receiver, given garbage', () => {
  const random = new Random();
  let standalone: StandaloneProcess;
  let client: GrpcClient;
  let pid: number | undefined;

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    standalone = await startStandaloneProcess({ TRACE_SCORE_THRESHOLD: '0' });
    client = new GrpcClient(standalone.otlpGrpc);
    pid = standalone.process.pid;
  });
  afterAll(async () => {
    client.close();
    await standalone.process.stop();
  });
  // Whatever was sent, the process is the one that was started, and takes the next request.
  afterEach(async () => {
    expect(standalone.process.pid).toBe(pid);
    const trace = orderTrace(random, { startMs: Date.now() });
    expect(await send(Buffer.from(encodeRequest(trace)), protobuf)).toMatchObject({ status: 200, rejectedSpans: 0 });
  });

  const send = (body: Buffer | Readable, headers: Parameters<typeof post>[2]) =>
    post(standalone.otlpHttp, body, headers);
  const zeros = () => Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(mebibyte)));

  async function storedSpans(traceId: string) {
    const file = await eventually(`the object of trace ${traceId}`, () =>
      localTraceObject(standalone.dataDir, traceId),
    );
    return readTraceParquet(await readFile(file));
  }

  it('refuses random bytes', async () => {
    for (let round = 0; round < 50; round += 1) {
      // A first byte of wire type 7 is no protobuf, whatever follows.
      const bytes = Buffer.concat([Buffer.of(0xff), random.bytes(1 + random.integer(4096))]);
      expect(await send(bytes, protobuf)).toMatchObject({ status: 400, message: expect.stringMatching(/./) as string });
      expect(await send(bytes, json)).toMatchObject({ status: 400, message: expect.stringMatching(/JSON/) as string });
      expect(await client.send(bytes)).toMatchObject({ code: grpc.invalidArgument });
    }
  });

  it('refuses truncated requests', async () => {
    for (let round = 0; round < 50; round += 1) {
      expect(await send(truncated(random), protobuf)).toMatchObject({ status: 400 });
      expect(await client.send(truncated(random))).toMatchObject({ code: grpc.invalidArgument });
    }
  });

  it('refuses a body of 100 MiB, announced, in pieces, or wrapped up', async () => {
    expect(await send(Buffer.alloc(largeBytes), protobuf)).toMatchObject({ status: 413 });
    expect(await send(zeros(), protobuf)).toMatchObject({ status: 413 });
    const wrapped = gzipSync(Buffer.alloc(largeBytes));
    expect(await send(wrapped, { ...protobuf, 'Content-Encoding': 'gzip' })).toMatchObject({ status: 413 });
    expect(await client.send(Buffer.alloc(largeBytes))).toMatchObject({ code: grpc.resourceExhausted });
  });

  it('refuses JSON that is nested 10,000 deep, and survives protobuf that is', async () => {
    const message = expect.stringMatching(/nested/) as string;
    expect(await send(deeplyNestedJson(random, 10_000), json)).toMatchObject({ status: 400, message });
    // An attribute is no business of the receiver; the pipeline makes of it what it can.
    expect(await send(deeplyNestedAttribute(random, 10_000), protobuf)).toMatchObject({ status: 200 });
    expect(await client.send(deeplyNestedAttribute(random, 10_000))).toMatchObject({ code: grpc.ok });
  });

  it('refuses content types and encodings that it does not speak', async () => {
    const request = Buffer.from(encodeRequest(orderTrace(random, { startMs: Date.now() })));
    expect(await send(request, { 'Content-Type': 'text/plain' })).toMatchObject({ status: 415 });
    expect(await send(request, { ...protobuf, 'Content-Encoding': 'br' })).toMatchObject({ status: 415 });
    expect(await send(request, { ...protobuf, 'Content-Encoding': 'gzip' })).toMatchObject({ status: 400 });
    expect(await send(request, json)).toMatchObject({ status: 400 });
  });

  it('takes the spans that have ids, and says how many have none', async () => {
    const spans = spansWithoutIds(random);
    const rejected = { rejectedSpans: 3, message: expect.stringMatching(/trace id/) as string };
    expect(await send(Buffer.from(encodeRequest(spans)), protobuf)).toMatchObject({ status: 200, ...rejected });
    expect(await send(Buffer.from(JSON.stringify(requestAsJson(spans))), json)).toMatchObject({
      status: 200,
      ...rejected,
    });
    expect(await client.send(Buffer.from(encodeRequest(spans)))).toMatchObject({ code: grpc.ok, ...rejected });
  });

  it('takes traces whose times cannot be true, and keeps them in their place', async () => {
    const { negativeDurations, clocksAYearAhead, clocksAYearBehind } = nonsense(random);
    const traces = [negativeDurations, clocksAYearAhead, clocksAYearBehind];
    for (const trace of traces) {
      expect(await send(Buffer.from(encodeRequest(trace)), protobuf)).toMatchObject({ status: 200, rejectedSpans: 0 });
    }
    const days = [Date.now() - 600_000, Date.now()].map((ms) => `date=${new Date(ms).toISOString().slice(0, 10)}`);
    for (const [{ traceId }] of traces) {
      const spans = await storedSpans(traceId);
      expect(spans).toHaveLength(6);
      expect(spans.filter(({ durationNano, selfMs }) => durationNano < 0n || !(selfMs >= 0))).toEqual([]);
      expect(days).toContainEqual(/date=[\d-]+/.exec((await localTraceObject(standalone.dataDir, traceId)) ?? '')?.[0]);
    }
  });

  it('has used little memory for all of it, and stores a whole trace as before', async () => {
    const trace = orderTrace(random, { startMs: Date.now() });
    expect(await client.send(Buffer.from(encodeRequest(trace)))).toMatchObject({ code: grpc.ok, rejectedSpans: 0 });
    const spans = await storedSpans(trace[0].traceId);
    expect(spans.map(({ spanId }) => spanId).sort()).toEqual(trace.map(({ spanId }) => spanId).sort());
    const peak = await peakResidentBytes(pid ?? 0);
    console.info(`peak memory of standalone: ${(peak / mebibyte).toFixed(0)} MiB`);
    expect(peak).toBeLessThan(maxResidentBytes);
  });
});
