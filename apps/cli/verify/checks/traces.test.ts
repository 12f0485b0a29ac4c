import { contextOf, serve, type Answer, type TestServer } from '../testing';
import { consumers } from './consumers';
import { judgedRecords, preprocessedRecords, rawRecords } from './pipeline';
import { topics } from './topics';
import { application, explore, trace } from './traces';

const credentials = { GF_SECURITY_ADMIN_USER: 'admin', GF_SECURITY_ADMIN_PASSWORD: 'password' };

/** A trace as Tempo gives it back. */
const stored = (spans: number): Answer => ({
  batches: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] },
      scopeSpans: [
        {
          spans: Array.from({ length: spans }, (_, index) => ({
            spanId: String(index),
            name: 'look',
            startTimeUnixNano: '1000000000',
            endTimeUnixNano: '1002000000',
          })),
        },
      ],
    },
  ],
});

describe('checks of the way of a trace', () => {
  const servers: TestServer[] = [];
  afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

  async function serving(answer: (path: string) => Answer | undefined): Promise<TestServer> {
    const server = await serve(answer);
    servers.push(server);
    return server;
  }

  /** A context whose broker does not answer, so that nothing but HTTP is seen. */
  async function context(answers: {
    readonly ingestor?: Answer;
    readonly tempo?: (path: string) => Answer | undefined;
  }) {
    const ingestor = await serving(() => answers.ingestor ?? {});
    const tempo = await serving(answers.tempo ?? (() => undefined));
    const given = { ingestor: ingestor.url, tempo: tempo.url, grafana: tempo.url, kafka: '127.0.0.1:9' };
    return { ingestor, context: contextOf({ given, environment: credentials }) };
  }

  it('pass when the trace that was sent comes back whole, also where the broker cannot be watched', async () => {
    const { ingestor, context: looked } = await context({
      tempo: (path) => (path.includes('/api/traces/') ? stored(3) : undefined),
    });
    const outcome = await trace.run(looked);
    expect(outcome).toMatchObject({
      result: 'passed',
      seen: expect.stringMatching(/^trace [0-9a-f]{32}, 3 spans$/) as string,
    });
    expect(await explore.run(looked)).toMatchObject({ result: 'passed' });
    expect(ingestor.requests).toHaveLength(1);
    const [, id] = /^trace (\w+)/.exec(outcome.seen) ?? [];
    expect(ingestor.requests[0]).toMatch(new RegExp(`^POST /v1/traces .*"plumbline-verify".*"${id ?? ''}"`));
  });

  it('fail for a trace that never arrives, or not whole', async () => {
    const lost = await context({});
    expect(await trace.run(lost.context)).toMatchObject({
      result: 'failed',
      seen: expect.stringContaining('Tempo has not got it') as string,
    });
    expect(await explore.run(lost.context)).toMatchObject({
      result: 'failed',
      seen: expect.stringContaining('it answers 404') as string,
    });
    const cut = await context({ tempo: (path) => (path.includes('/api/traces/') ? stored(2) : undefined) });
    expect(await trace.run(cut.context)).toMatchObject({
      result: 'failed',
      seen: expect.stringContaining('Tempo has 2 of its 3 spans') as string,
    });
  });

  it('cannot be told when the ingestor refuses it, when Tempo cannot, and when nothing listens', async () => {
    const refused = await context({ ingestor: { status: 503, text: 'queue is full' } });
    await expect(trace.run(refused.context)).rejects.toThrow('the ingestor answers 503 to a trace: queue is full');
    const ill = await context({ tempo: () => ({ status: 500, text: 'no blocks' }) });
    await expect(trace.run(ill.context)).rejects.toThrow('Tempo answers 500: no blocks');
    const absent = contextOf({ given: { ingestor: 'http://127.0.0.1:9', tempo: 'http://127.0.0.1:9' } });
    await expect(trace.run(absent)).rejects.toThrow('the ingestor does not answer at http://127.0.0.1:9');
  });

  it.each([rawRecords, preprocessedRecords, judgedRecords, consumers, topics])(
    '$name cannot be told when the broker does not answer, and says where it was asked',
    async (check) => {
      const { context: looked } = await context({});
      await expect(check.run(looked)).rejects.toThrow(/^the broker at 127.0.0.1:9: .*ECONNREFUSED/);
    },
  );

  it('tell which applications send traces, and fail where none does', async () => {
    const found = {
      traces: [
        { traceID: 'ab', rootServiceName: 'gateway' },
        { traceID: 'cd', rootServiceName: 'gateway' },
      ],
    };
    const busy = await context({ tempo: (path) => (path.startsWith('/api/search?') ? found : undefined) });
    expect(await application.run(busy.context)).toEqual({ result: 'passed', seen: 'in the last hour: gateway' });
    const quiet = await context({ tempo: () => ({ traces: [] }) });
    expect(await application.run(quiet.context)).toMatchObject({ result: 'failed' });
  });
});
