import type { SpanToSend } from '@plumbline/preprocessing/testing';
import { RecordingError } from '../replay/recording';
import { rankRecordings } from './rank-recordings';
import { Recordings, shopTraces, type ShopTrace } from './testing';

const recordings = new Recordings();
afterAll(() => {
  recordings.remove();
});

const normal = shopTraces(200, 1);
const normalFile = recordings.write(normal);
const abnormal = (unusual: ShopTrace, count = 1) => shopTraces(count, 2, unusual);
const rank = (traces: readonly (readonly SpanToSend[])[]) =>
  rankRecordings({ normal: [normalFile], abnormal: [recordings.write(traces)] });
const namesOf = ({ ranking }: Awaited<ReturnType<typeof rank>>) => ranking.map(({ service }) => service);
const without = (service: string, traces: readonly (readonly SpanToSend[])[]) =>
  traces.map((spans) => spans.filter((span) => span.service !== service));

describe('ranking told recordings', () => {
  it('names the service that is slow in one trace, with everybody else behind it and what it is seen by', async () => {
    const ranking = await rank(abnormal({ payment: 4 }));
    const [first, second] = ranking.ranking;
    expect(first?.service).toBe('payment');
    expect(first?.confidence).toBeGreaterThan(0.5);
    expect(first?.confidence).toBeGreaterThan(2 * (second?.confidence ?? 1));
    expect(first?.evidence[0]).toMatchObject({ kind: 'self-time', operation: 'POST /charge', unit: 'ms', spans: 1 });
    expect(first?.evidence[0]?.sentence).toMatch(/^POST \/charge self time .*: \d+ to \d+ ms \(×\d/);
    expect(namesOf(ranking).sort()).toEqual(['checkout', 'payment', 'stock', 'web']);
    const sum = ranking.ranking.reduce((total, { confidence }) => total + confidence, ranking.unknown);
    expect(sum).toBeCloseTo(1, 6);
    expect(ranking).toMatchObject({ normalTraces: 200, abnormalTraces: 1 });
  });

  it('names nobody when a trace is like the others', async () => {
    const { ranking, unknown } = await rank(abnormal({}));
    expect(ranking[0]?.confidence).toBeLessThan(unknown);
  });

  it('names the callee when the way to it is slow, be it in one trace or in many', async () => {
    expect(namesOf(await rank(abnormal({ network: 40 })))[0]).toBe('payment');
    expect(namesOf(await rank(abnormal({ network: 40 }, 40)))[0]).toBe('payment');
  });

  it('names who fails', async () => {
    const { ranking } = await rank(abnormal({ hasPaymentFailed: true }, 20));
    expect(ranking[0]).toMatchObject({ service: 'payment', evidence: [{ kind: 'error-origin', before: 0, now: 1 }] });
  });

  it('gives the same answer in whatever order and files spans were recorded', async () => {
    const traces = abnormal({ stock: 4 }, 30);
    const spans = traces.flat();
    const byService = [...new Set(spans.map(({ service }) => service))].map((name) =>
      spans.filter(({ service }) => service === name).reverse(),
    );
    const whole = await rank(traces);
    expect(await rank(byService)).toEqual(whole);
    const files = byService.map((each) => recordings.write([each]));
    expect(await rankRecordings({ normal: [normalFile], abnormal: files })).toEqual(whole);
    expect(namesOf(whole)[0]).toBe('stock');
  });

  it('gives the same order when all services have other names and all times are ten times as long', async () => {
    const change = (traces: readonly (readonly SpanToSend[])[]) =>
      traces.map((spans) => {
        const fromMs = spans[0]?.startMs ?? 0;
        return spans.map((span) => ({
          ...span,
          service: `x-${span.service ?? ''}`,
          startMs: fromMs + 10 * ((span.startMs ?? 0) - fromMs),
          durationMs: 10 * (span.durationMs ?? 0),
        }));
      });
    for (const count of [1, 30]) {
      const traces = abnormal({ stock: 4 }, count);
      const changed = await rankRecordings({
        normal: [recordings.write(change(normal))],
        abnormal: [recordings.write(change(traces))],
      });
      const [plain, other] = [(await rank(traces)).ranking, changed.ranking];
      expect(other.map(({ service }) => service)[0]).toBe(`x-${plain[0]?.service ?? ''}`);
      expect(other[0]?.confidence).toBeCloseTo(plain[0]?.confidence ?? 0, 1);
    }
  });

  it.each([1, 40])(
    'names an uninstrumented callee of its caller, less sure, without its spans in %d traces',
    async (n) => {
      const traces = abnormal({ payment: 4 }, n);
      const [known] = (await rank(traces)).ranking;
      const { ranking } = await rankRecordings({
        normal: [recordings.write(without('payment', normal))],
        abnormal: [recordings.write(without('payment', traces))],
      });
      expect(known?.service).toBe('payment');
      expect(ranking[0]?.service).toBe('something that checkout calls and that sends no spans');
      expect(ranking[0]?.confidence).toBeLessThan(known?.confidence ?? 0);
    },
  );

  it('tells services of one name apart by their keys', async () => {
    const second = (traces: readonly (readonly SpanToSend[])[]) =>
      traces.map((spans) =>
        spans.map((span) =>
          span.service === 'stock' ? { ...span, service: 'payment', resource: { 'service.namespace': 'b' } } : span,
        ),
      );
    const { ranking } = await rankRecordings({
      normal: [recordings.write(second(normal))],
      abnormal: [recordings.write(second(abnormal({ payment: 4 }, 10)))],
    });
    expect(ranking.slice(0, 1)).toMatchObject([{ service: 'payment', key: 'default///payment' }]);
    expect(ranking.find(({ key }) => key === 'default//b/payment')).toBeDefined();
    expect(ranking.find(({ service }) => service === 'checkout')).not.toHaveProperty('key');
  });

  it('has a place for who sends no spans any more', async () => {
    const ranking = await rank(without('stock', abnormal({})));
    expect(ranking.ranking.at(-1)).toEqual({ service: 'stock', confidence: 0, evidence: [] });
  });

  it('says when there is nothing to compare with', async () => {
    const stranger = recordings.write([[{ id: '1', service: 'other', name: 'x' }]]);
    const told = { normal: [normalFile], abnormal: [stranger] };
    await expect(rankRecordings(told)).rejects.toThrow(RecordingError);
    await expect(rankRecordings(told)).rejects.toThrow(`nothing to compare with: no operation of ${stranger} is in`);
    const untimed = recordings.write([[{ id: '1', startMs: 0, durationMs: 0 }]]);
    await expect(rankRecordings({ normal: [untimed], abnormal: [stranger] })).rejects.toThrow(
      `${untimed}: no span has a trace id, a span id and times`,
    );
  });
});
