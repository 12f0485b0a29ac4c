import { otlpRequest } from '@plumbline/preprocessing/testing';
import { gatherTraces } from '@plumbline/standalone';
import { shopTrace } from '@plumbline/standalone/told/testing';
import { freePorts, startLocalTempo, type LocalTempoPeer } from '@plumbline/tools/peers';
import { setTimeout as sleep } from 'node:timers/promises';
import { normalTraces, type FetchedTrace } from './normal-traces';
import { TempoClient } from './tempo-client';

const epochMs = 1_780_000_000_000;

describe('Normal traces from a real Tempo', () => {
  const common = 300;
  let tempo: LocalTempoPeer;
  let fromMs: number;

  beforeAll(async () => {
    tempo = await startLocalTempo();
    fromMs = Date.now() - 90_000;
    const shift = fromMs - epochMs;
    for (let index = 0; index < common; index += 1) {
      const spans = shopTrace(index, 3).map((span) => ({ ...span, startMs: (span.startMs ?? 0) + shift }));
      const rare = spans
        .slice(0, index % 60 === 0 ? 1 : 0)
        .map((span) => ({ ...span, trace: `f${index}`, name: 'GET /rare' }));
      const answer = await fetch(`${tempo.otlpHttp}/v1/traces`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-protobuf' },
        body: otlpRequest([...spans, ...rare]),
      });
      expect(answer.status).toBe(200);
    }
  });
  afterAll(() => tempo.stop());

  async function sample(budget: number, known: ReadonlySet<string> = new Set()): Promise<FetchedTrace[]> {
    const traces: FetchedTrace[] = [];
    const client = new TempoClient({ url: tempo.queryUrl });
    const options = { client, fromMs: fromMs - 5_000, throughMs: Date.now() + 5_000, budget, seed: 'x' };
    for await (const trace of normalTraces({ ...options, isKnown: (id) => known.has(id) })) traces.push(trace);
    return traces;
  }

  it('are whole, of all entries, and none that is known to be anomalous', async () => {
    let traces: FetchedTrace[] = [];
    const until = Date.now() + 60_000;
    while (traces.length < 30 && Date.now() < until) {
      await sleep(1000);
      traces = await sample(30);
    }
    expect(traces).toHaveLength(30);
    const requests = traces.map(({ traceId, request }) => ({ bytes: request, path: traceId }));
    const sizes = (await gatherTraces(requests)).map(({ spans }) => spans.length);
    expect(sizes.filter((size) => size === 1)).toHaveLength(5);
    expect(sizes.filter((size) => size === 7)).toHaveLength(25);
    const known = new Set(traces.slice(0, 10).map(({ traceId }) => traceId));
    const others = await sample(30, known);
    expect(others).toHaveLength(30);
    expect(others.filter(({ traceId }) => known.has(traceId))).toEqual([]);
  });

  it('are found where there is traffic for a small part of the time only', async () => {
    const client = new TempoClient({ url: tempo.queryUrl });
    const weekMs = 7 * 86_400_000;
    const options = { client, fromMs: Date.now() - weekMs, throughMs: Date.now() + 5_000, budget: common, seed: 'x' };
    const traces: string[] = [];
    for await (const { traceId } of normalTraces({ ...options, isKnown: () => false })) traces.push(traceId);
    expect(new Set(traces).size).toBe(common);
  });

  it('are told of as missing by the address of Tempo, where it cannot be asked', async () => {
    const [nobody = 0] = await freePorts(1);
    const abort = new AbortController();
    const client = new TempoClient({ url: `http://127.0.0.1:${nobody}`, signal: abort.signal });
    setTimeout(() => abort.abort(), 500);
    await expect(client.search('{}', 0, 1, 1)).rejects.toThrow(`Tempo at http://127.0.0.1:${nobody}`);
    await expect(new TempoClient({ url: tempo.queryUrl }).search('{ nonsense', 0, 1, 1)).rejects.toThrow('400');
  });
});
