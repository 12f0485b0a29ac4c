import { seededRandom } from '@plumbline/worker/random';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { presets } from '../preset';
import { RecordingError } from '../replay/recording';
import { check, type CheckOptions, type CheckReport } from './check';

jest.setTimeout(180_000);

const folder = mkdtempSync(join(tmpdir(), 'plumbline-check-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Minutes of a web service that calls a cart, at 8 requests a second, as OTLP/JSON lines. */
function record(minutes: number): string {
  const random = seededRandom(7);
  const ms = (atMs: number) => String(Math.round((Date.UTC(2026, 0, 1) + atMs) * 1000)) + '000';
  const hex = (digits: number) =>
    Array.from({ length: digits }, () => Math.floor(random() * 15 + 1).toString(16)).join('');
  const lines: string[] = [];
  for (let at = 0; at < minutes * 60_000; at += 250 * random()) {
    const traceId = hex(32);
    const [entry, call, cart] = [hex(16), hex(16), hex(16)];
    const took = 4 + 2 * random();
    const span = (spanId: string, parentSpanId: string, kind: number, from: number, to: number) => ({
      traceId,
      spanId,
      parentSpanId,
      kind,
      name: kind === 3 ? 'GET' : 'GET /cart',
      startTimeUnixNano: ms(from),
      endTimeUnixNano: ms(to),
    });
    const of = (service: string, ...spans: object[]) => ({
      resource: { attributes: [{ key: 'service.name', value: { stringValue: service } }] },
      scopeSpans: [{ spans }],
    });
    const resourceSpans = [
      of('web', span(entry, '', 2, at, at + took + 6 + random()), span(call, entry, 3, at + 2, at + took + 4)),
      of('cart', span(cart, call, 2, at + 3, at + took + 3)),
    ];
    lines.push(JSON.stringify({ resourceSpans }));
  }
  const path = join(folder, `${minutes}.jsonl`);
  writeFileSync(path, lines.join('\n'));
  return path;
}

/** Of the preset `laptop`. */
const windowMs = 5000;

const options: CheckOptions = {
  settings: presets.laptop,
  slowdowns: [{ addedMs: 0.01 }, { addedMs: 300 }],
  shares: [{ share: 0.5 }],
  services: ['cart'],
  kinds: ['own-time', 'errors'],
};

describe('a check', () => {
  let report: CheckReport;
  beforeAll(async () => {
    report = await check([record(6)], options);
  }, 180_000);

  it('finds what is large and names the service, and does not claim what is too small to see', () => {
    const [slow, fails] = report.targets;
    expect(slow?.target).toMatchObject({ kind: 'own-time', culprits: ['cart'] });
    expect(slow?.named).toEqual({ addedMs: 300 });
    expect(slow?.probes[0]).toMatchObject({ size: { addedMs: 0.01 }, right: false, ranking: [] });
    expect(slow?.probes.slice(1)).toMatchObject([{ right: true }, { right: true }]);
    expect(slow?.probes.slice(1).some(({ afterMs = 0 }) => afterMs % windowMs !== 0)).toBe(true);
    expect(fails?.target).toMatchObject({ kind: 'errors', of: 'GET /cart' });
    expect(fails?.found).toEqual({ share: 0.5 });
  });

  it('tells how much traffic that rests on, and how often it cried wolf', () => {
    expect(report.learnt.minutes).toBe(2.5);
    expect(report.judged.minutes).toBe(3);
    expect(report.quiet.minutes).toBeGreaterThan(3);
    expect(report.quiet.falseAlarms).toBe(0);
    expect(report.interrupted).toBe(false);
  });

  it('refuses a recording that is too short, and a service that is not in it', async () => {
    await expect(check([record(1)], options)).rejects.toThrow(RecordingError);
    await expect(check([record(1)], options)).rejects.toThrow(/too short for a check: \d+ traces in 30 s/);
    await expect(check([record(6)], { ...options, services: ['chart'] })).rejects.toThrow(
      'no service "chart" in the recording; there are cart, web',
    );
  });
});
