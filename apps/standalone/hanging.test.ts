import type { Incident } from '@plumbline/wire';
import { otlpRequest, testEpochMs, type SpanToSend } from '../preprocessing/testing';
import { partitionRequest } from './otlp/partition';
import type { PlacedRequest } from './replay/recordings';
import { replayRequests } from './replay/replay';

const minute = 60_000;
/** Half a window: with three requests a second, most of the time goes into rounds, not requests. */
const stepMs = 5000;

/** One operation by which requests enter, each of them calling the stock. */
interface Entry {
  readonly name: string;
  /** Requests a second at a time, milliseconds after the beginning. */
  readonly perSecond: (atMs: number) => number;
  /** How long one that begins then takes, milliseconds; `Infinity` where it never comes to an end. */
  readonly takesMs: (atMs: number) => number;
}

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Requests of all entries in the order of their ends, a message each. */
function traffic(entries: readonly Entry[], minutes: number): PlacedRequest[] {
  const next = random(5);
  const ended: { readonly endMs: number; readonly spans: readonly SpanToSend[] }[] = [];
  for (const [index, { name, perSecond, takesMs }] of entries.entries()) {
    let number = 0;
    for (let atMs = 0; atMs < minutes * minute; atMs += 1000) {
      const rate = perSecond(atMs);
      const count = Math.floor(rate) + (next() < rate % 1 ? 1 : 0);
      for (let i = 0; i < count; i += 1) {
        const beginMs = atMs + Math.floor(1000 * next());
        const durationMs = takesMs(beginMs) * (0.8 + 0.4 * next());
        if (!Number.isFinite(durationMs)) continue;
        const trace = `${index + 1}${(number += 1).toString(16).padStart(8, '0')}`;
        const startMs = testEpochMs + beginMs;
        const common = { trace, startMs };
        ended.push({
          endMs: startMs + durationMs,
          spans: [
            { ...common, id: '1', service: 'shop', name, kind: 2, durationMs },
            { ...common, id: '2', parent: '1', service: 'shop', name: 'POST', kind: 3, durationMs: durationMs * 0.3 },
            {
              ...common,
              id: '3',
              parent: '2',
              service: 'stock',
              name: 'POST /take',
              kind: 2,
              durationMs: durationMs * 0.25,
            },
          ],
        });
      }
    }
  }
  return ended
    .sort((a, b) => a.endMs - b.endMs)
    .map(({ spans }, index) => {
      const bytes = otlpRequest(spans);
      return { index, path: 'traffic', bytes, parts: partitionRequest(bytes, 1) };
    });
}

async function incidentsOf(entries: readonly Entry[], minutes: number): Promise<readonly Incident[]> {
  const { found } = await replayRequests(() => traffic(entries, minutes), { stepMs });
  return found;
}

const steady = (rate: number) => () => rate;
const faultMs = 20 * minute;
const others: readonly Entry[] = [
  { name: 'GET /home', perSecond: steady(1.5), takesMs: steady(60) },
  { name: 'GET /search', perSecond: steady(1), takesMs: steady(150) },
];

/** Seconds from the fault, or what of it shows first, to the end of the window that opened the incident. */
function openedAfter(incident: Incident | undefined, sinceMs: number): number {
  return ((incident?.openedAtMs ?? NaN) - testEpochMs - sinceMs) / 1000;
}

jest.setTimeout(300_000);

describe('requests that hang', () => {
  it('at one entry, while the rest goes on, are found within three minutes by what stopped', async () => {
    const checkout = {
      name: 'POST /checkout',
      perSecond: steady(0.5),
      takesMs: (at: number) => (at < faultMs ? 200 : Infinity),
    };
    const [incident, ...more] = await incidentsOf([...others, checkout], 25);
    expect(more).toEqual([]);
    expect(openedAfter(incident, faultMs)).toBeGreaterThan(0);
    expect(openedAfter(incident, faultMs)).toBeLessThanOrEqual(180);
    expect(incident?.causes[0]?.change).toBe('requests at POST /checkout no longer come to an end');
    expect(incident?.causes[0]?.evidence[0]).toMatchObject({ kind: 'stopped', operation: 'POST /checkout', now: 0 });
  });

  it('are not seen in an entry whose traffic ebbs with the day', async () => {
    const ebbing = (at: number) =>
      Math.max(0.02, 0.5 * Math.cos((Math.PI * Math.min(at, 45 * minute)) / (90 * minute)));
    const checkout = { name: 'POST /checkout', perSecond: ebbing, takesMs: steady(200) };
    expect(await incidentsOf([...others, checkout], 50)).toEqual([]);
  });

  it.each([
    ['1 s', 1000, '90 s', 90_000],
    ['90 s', 90_000, '180 s', 180_000],
  ])('from %s to %s are found within three minutes of the first slow end', async (_, normalMs, __, slowMs) => {
    const takesMs = (at: number) => (at < faultMs ? normalMs : slowMs);
    const report = { name: 'GET /report', perSecond: steady(0.4), takesMs };
    const firstEndMs = faultMs + 0.8 * slowMs;
    const [incident] = await incidentsOf([...others, report], 29);
    expect(openedAfter(incident, faultMs)).toBeGreaterThan(0);
    expect(openedAfter(incident, firstEndMs)).toBeLessThanOrEqual(180);
    expect(incident?.causes.map(({ service }) => service)).toContain('default///shop');
  });
});
