import { serviceLabel, type Incident } from '@plumbline/wire';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { partitionRequest } from '../otlp/partition';
import { encodeVarint } from '../otlp/protobuf-fields';
import { presets } from '../preset';
import { readRecording } from './recording';
import { replay, type ReplayOptions, type ReplayResult } from './replay';

/** The shop at 16 requests a second: 100 s calm, then payment sleeps 360 ms before it answers, for 60 s. */
const recording = join(__dirname, 'fixtures', 'shop-payment-slow.otlp.gz');
const injectedAtMs = Date.UTC(2026, 10, 21, 5, 6, 31);

jest.setTimeout(120_000);

const folder = mkdtempSync(join(tmpdir(), 'plumbline-replay-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What an incident says, without what may differ between two runs: its id and when it was published. */
function essence({ id: _id, publishedAtMs: _publishedAtMs, ...rest }: Incident) {
  return rest;
}

/** Requests may come five seconds late here, so windows wait for longer than a laptop's do, and bundles longer still. */
const settings = { ...presets.laptop, WATERMARK_LAG_SECONDS: '10', LEARN_ACTIVATION_SECONDS: '15' };
async function incidentsOf(path: string, options: ReplayOptions = {}) {
  const { found, interrupted } = await replay(path, { settings, ...options });
  expect(interrupted).toBe(false);
  return found.map(essence);
}

let requests: Uint8Array[];
let judged: ReplayResult;
let expected: ReturnType<typeof essence>[];

beforeAll(async () => {
  requests = [];
  for await (const { bytes } of readRecording(recording)) requests.push(bytes);
  judged = await replay(recording, { settings });
  expected = judged.found.map(essence);
}, 120_000);

function write(name: string, messages: readonly Uint8Array[]): string {
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat(messages.flatMap((message) => [encodeVarint(message.length), message])));
  return path;
}

/** Moves each request by up to five seconds of event time, always the same way. */
function shuffled(): Uint8Array[] {
  let state = 1;
  const jitter = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state / 2 ** 32) * 5000;
  };
  return requests
    .map((bytes) => ({ bytes, atMs: Number(partitionRequest(bytes, 1).latestEndNano / 1_000_000n) + jitter() }))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ bytes }) => bytes);
}

describe('a replay of the shop', () => {
  it('is not interrupted, finds one incident, names the service that was slow, and says so with evidence and traces', () => {
    expect(judged.interrupted).toBe(false);
    expect(expected).toHaveLength(1);
    const [incident] = expected;
    expect(incident?.causes[0]).toBeDefined();
    expect(serviceLabel(incident?.causes[0]?.service ?? '///')).toBe('shop/payment');
    expect(incident?.causes[0]?.evidence.length).toBeGreaterThan(0);
    expect(incident?.traces.length).toBeGreaterThan(0);
    expect(Math.abs((incident?.startedAtMs ?? 0) - injectedAtMs)).toBeLessThanOrEqual(10_000);
  });

  it('tells of each revision as it is published, the newest last, at the event time of publication', async () => {
    const told: { revision: number; atMs: number }[] = [];
    const { found } = await replay(recording, {
      settings: { ...settings, REFRESH_WINDOWS: '1' },
      onIncident: ({ revision, publishedAtMs }) => told.push({ revision, atMs: publishedAtMs }),
    });
    expect(told.map(({ revision }) => revision)).toEqual(told.map((_, index) => index + 1));
    expect(found[0]?.revision).toBe(told.at(-1)?.revision);
    expect(told[0]?.atMs).toBeGreaterThan(injectedAtMs);
    expect(told[0]?.atMs).toBeLessThan(injectedAtMs + 60_000);
    expect(told.map(({ atMs }) => atMs)).toEqual(told.map(({ atMs }) => atMs).sort((a, b) => a - b));
  });

  it('gives the same incidents when it is run again', async () => {
    expect(await incidentsOf(recording)).toEqual(expected);
  });

  it('gives the same incidents when requests come up to five seconds out of order', async () => {
    expect(await incidentsOf(write('shuffled', shuffled()))).toEqual(expected);
  });

  it('gives the same incidents when every request comes twice', async () => {
    expect(
      await incidentsOf(
        write(
          'doubled',
          requests.flatMap((bytes) => [bytes, bytes]),
        ),
      ),
    ).toEqual(expected);
  });

  it('gives the same incidents with a fifth of the rounds', async () => {
    expect(await incidentsOf(recording, { stepMs: 5000 })).toEqual(expected);
  });

  it('gives the same incidents on four partitions as on one', async () => {
    expect(await incidentsOf(recording, { partitions: 4 })).toEqual(expected);
  });

  it('gives the same incidents when it is cut off half way and goes on from what is on disk', async () => {
    const dataDir = join(folder, 'resumed');
    const interruption = new AbortController();
    let steps = 0;
    const first = await replay(recording, {
      settings,
      dataDir,
      signal: interruption.signal,
      onProgress: () => {
        steps += 1;
        if (steps === 120) interruption.abort();
      },
    });
    expect(first.interrupted).toBe(true);
    expect(await incidentsOf(recording, { dataDir })).toEqual(expected);
  });

  it('tells that the recording was too short to learn from, what there was and what it takes', async () => {
    const { found, learning } = await replay(recording);
    expect(found).toEqual([]);
    expect(learning.effectiveFromMs).toBeUndefined();
    expect(learning.shortage).toMatchObject({ neededTraces: 1000, neededWindows: 30, windowSeconds: 10 });
    expect(learning.shortage?.windows).toBeLessThan(30);
    expect(learning.shortage?.traces).toBeGreaterThan(1000);
  });

  it('tells since when it judged', () => {
    const { learning } = judged;
    expect(learning.shortage).toBeUndefined();
    expect(learning.effectiveFromMs).toBeLessThan(injectedAtMs);
  });
});
