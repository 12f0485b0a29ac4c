import { readRecording } from '@plumbline/standalone';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spansOfRequest, writeRecording } from './otlp';
import type { Span } from './spans';

const span = (spanId: string, parentId: string, service: string, startUs: number, failed = false): Span => ({
  traceId: 'a'.repeat(32),
  spanId,
  parentId,
  service,
  pod: `${service}-0`,
  operation: `work of ${service}`,
  startUs,
  durationUs: 1000,
  failed,
});

describe('a recording that the bench writes', () => {
  it('has every span with its times, service, pod, parent and failure, in the order of ends', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-otlp-'));
    try {
      const id = (n: number) => n.toString(16).padStart(16, '0');
      const trace = [
        span(id(2), id(1), 'stock', 1_780_000_000_000_500, true),
        span(id(1), '', 'shop', 1_780_000_000_000_000),
      ];
      const many = Array.from({ length: 500 }, (_, n) => span(id(n + 10), id(1), 'shop', 1_780_000_001_000_000 + n));
      writeRecording(join(folder, 'recording'), [trace, many]);
      const read: Span[] = [];
      for await (const { bytes } of readRecording(join(folder, 'recording'))) read.push(...spansOfRequest(bytes));
      expect(read).toHaveLength(502);
      expect(read.find(({ service }) => service === 'stock')).toEqual(trace[0]);
      expect(read.find(({ parentId }) => parentId === '')).toEqual(trace[1]);
      expect(read.at(-1)?.startUs).toBe(1_780_000_001_000_499);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
