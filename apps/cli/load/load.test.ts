import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';
import { formatLoad, exitCodeOfLoad } from './report';
import { testLoad, type LoadOptions, type LoadResult } from './run';
import { OtlpSender } from './sender';
import { percentiles } from './percentiles';
import type { Target } from './target';
import { serve } from '../verify/testing';
import { fault, loadNamespace } from './traffic';
import type { SoughtTrace, Witness } from './witness';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const encoded = (type: string, value: object) => {
  const found = root.lookupType(type);
  return Buffer.from(found.encode(found.fromObject(value)).finish());
};
const taken = encoded('ExportTraceServiceResponse', {});

/** Answers each request with the next of the answers, and with the last one from then on. */
class Receiver {
  requests = 0;
  atOnce = 0;
  mostAtOnce = 0;
  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(answer: (count: number, response: ServerResponse) => void | Promise<void>): Promise<Receiver> {
    const handle = async (request: IncomingMessage, response: ServerResponse) => {
      request.resume();
      await once(request, 'end');
      receiver.requests += 1;
      receiver.mostAtOnce = Math.max(receiver.mostAtOnce, ++receiver.atOnce);
      await answer(receiver.requests, response);
      receiver.atOnce -= 1;
    };
    const server = createServer((request, response) => void handle(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new Receiver(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return receiver;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

const quiet = { busy: () => undefined, done: () => undefined, note: () => undefined, alarm: () => undefined };
const { signal } = new AbortController();
const short: LoadOptions = {
  spansPerSecond: 2000,
  seconds: 1,
  patienceMs: 1500,
  fault: false,
  signal,
  progress: quiet,
};

describe('sending', () => {
  let receiver: Receiver | undefined;
  let sender: OtlpSender | undefined;
  afterEach(async () => {
    sender?.close();
    await receiver?.stop();
  });

  async function send(attempts: number, answer: (count: number, response: ServerResponse) => void) {
    receiver = await Receiver.start(answer);
    sender = new OtlpSender(receiver.url, attempts);
    return sender.send(Buffer.from('spans'), 10, signal);
  }
  const answerWith =
    (status: number, body: Buffer | string, headers = {}) =>
    (_count: number, response: ServerResponse) => {
      response.writeHead(status, headers).end(body);
    };

  it('comes again when it is asked to, as late as it is asked', async () => {
    const delivery = await send(3, (count, response) => {
      if (count < 3) response.writeHead(503, { 'retry-after': '0' }).end();
      else response.end(taken);
    });
    expect(delivery).toEqual({ acceptedSpans: 10, refusedSpans: 0, retries: 2 });
  });

  it('gives up after so many attempts, and says why', async () => {
    const delivery = await send(
      2,
      answerWith(429, encoded('Status', { message: 'queue is full' }), { 'retry-after': '0' }),
    );
    expect(delivery).toEqual({ acceptedSpans: 0, refusedSpans: 10, retries: 1, reason: '429 queue is full' });
  });

  it('does not come again with what is refused for good', async () => {
    expect(await send(5, answerWith(400, 'no traces here'))).toMatchObject({ refusedSpans: 10, retries: 0 });
    expect(receiver?.requests).toBe(1);
  });

  it('counts what is rejected of a request that is taken', async () => {
    const partialSuccess = { rejectedSpans: 4, errorMessage: 'no trace id' };
    const delivery = await send(1, answerWith(200, encoded('ExportTraceServiceResponse', { partialSuccess })));
    expect(delivery).toEqual({ acceptedSpans: 6, refusedSpans: 4, retries: 0, reason: 'no trace id' });
  });

  it('takes no answer for a refusal', async () => {
    const delivery = await send(1, (_count, response) => response.destroy());
    expect(delivery).toMatchObject({ refusedSpans: 10, reason: 'socket hang up' });
  });
});

describe('a load', () => {
  let receiver: Receiver;
  afterEach(() => receiver.stop());

  async function load(
    seen: (sought: readonly SoughtTrace[]) => readonly SoughtTrace[],
    answer = (_count: number, response: ServerResponse): void | Promise<void> => void response.end(taken),
  ): Promise<LoadResult> {
    receiver = await Receiver.start(answer);
    const witness: Witness = { name: 'a witness', saw: 'seen', seen: (sought) => Promise.resolve(seen(sought)) };
    const target: Target = { name: receiver.url, otlp: receiver.url, witness, isProcess: false };
    return testLoad(target, short);
  }

  it('is sent at the rate that was asked for, taken, and found again', async () => {
    const result = await load((sought) => sought);
    // A tick more or less.
    expect(result.sentSpans).toBeGreaterThan(1000);
    expect(result.sentSpans).toBeLessThan(2200);
    expect(result).toMatchObject({ acceptedSpans: result.sentSpans, refusedSpans: 0, ingestToQuery: { lost: 0 } });
    expect(exitCodeOfLoad(result)).toBe(0);
    expect(formatLoad(result).join('\n')).toMatch(
      /lost +0 of \d+ traces[^]*seen: p50 .*, p95 .*, p99 .* \(a witness\)/,
    );
  });

  it('has lost what never comes, and ends with 1', async () => {
    const result = await load((sought) => sought.filter(({ ordinal }) => ordinal !== 12));
    expect(result.ingestToQuery).toMatchObject({ lost: 1 });
    expect(exitCodeOfLoad(result)).toBe(1);
  });

  it('has been refused in part, and ends with 1', async () => {
    const result = await load(
      (sought) => sought,
      (count, response) => void response.writeHead(count === 2 ? 400 : 200).end(count === 2 ? 'no' : taken),
    );
    expect(result.refusedSpans).toBeGreaterThan(0);
    expect(result.acceptedSpans + result.refusedSpans).toBe(result.sentSpans);
    expect(exitCodeOfLoad(result)).toBe(1);
  });

  it('waits for whoever is slow, with so many requests at once at most', async () => {
    const result = await load(
      (sought) => sought,
      async (_count, response) => {
        await new Promise((resolve) => setTimeout(resolve, 900));
        response.end(taken);
      },
    );
    expect(receiver.mostAtOnce).toBe(16);
    expect(result.refusedSpans).toBe(0);
  });
});

describe('a load with a fault', () => {
  /** A pipeline in one process, as its receiver and its page show it. */
  async function pipeline(opensIncident: boolean) {
    const receiver = await Receiver.start((_count, response) => void response.end(taken));
    const before = { id: '000000000001', causes: [] };
    const after = { id: '000000000002', causes: [{ service: `${loadNamespace}/${fault.service}` }] };
    let isAsked = false;
    const page = await serve((path) => {
      if (path === '/status.json') return { traces: 1e9, operationsLearnt: 4, operationsSeen: 4 };
      if (path !== '/incidents.json') return undefined;
      const incidents = opensIncident && isAsked ? [after, before] : [before];
      isAsked = true;
      return { incidents };
    });
    const witness: Witness = { name: 'a witness', saw: 'seen', seen: (sought) => Promise.resolve(sought) };
    const target: Target = { name: 'a', otlp: receiver.url, witness, page: page.url, isProcess: true };
    const result = await testLoad(target, { ...short, fault: true, learnSeconds: 0.2 });
    await Promise.all([receiver.stop(), page.close()]);
    return result;
  }

  it('ends with the incident that was not there before, and tells whom it names', async () => {
    const result = await pipeline(true);
    expect(result.incident).toMatchObject({
      expected: 'plumbline-test-load/payment',
      named: 'plumbline-test-load/payment',
    });
    expect(exitCodeOfLoad(result)).toBe(0);
    expect(formatLoad(result).join('\n')).toMatch(/incident +after .* names plumbline-test-load\/payment first/);
  });

  it('ends with 1 when none comes in time', async () => {
    const result = await pipeline(false);
    expect(result.incident).toEqual({ expected: 'plumbline-test-load/payment' });
    expect(exitCodeOfLoad(result)).toBe(1);
  });
});

describe('the outcome', () => {
  const well: LoadResult = {
    target: 'http://a',
    askedSpansPerSecond: 100,
    spansPerSecond: 100,
    seconds: 1,
    sentSpans: 100,
    acceptedSpans: 100,
    refusedSpans: 0,
    retries: 0,
    ingestToQuery: { by: 'Tempo', saw: 'queryable', asked: 10, lost: 0 },
  };

  it.each([
    { code: 0, change: {} },
    { code: 0, change: { incident: { expected: 'a', named: 'a', tookMs: 1 } } },
    { code: 1, change: { incident: { expected: 'a' } } },
    { code: 1, change: { sentSpans: 0 } },
    { code: 3, change: { ingestToQuery: { by: 'Tempo', saw: 'queryable', asked: 0, lost: 0 } } },
    { code: 3, change: { untold: 'no address' } },
  ])('ends with $code for $change', ({ code, change }) => {
    expect(exitCodeOfLoad({ ...well, ...change })).toBe(code);
  });

  it('has percentiles by nearest rank', () => {
    expect(percentiles([])).toBeUndefined();
    expect(percentiles([7])).toEqual({ p50: 7, p95: 7, p99: 7 });
    expect(percentiles(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({ p50: 50, p95: 95, p99: 99 });
  });
});
