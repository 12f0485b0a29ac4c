import { rankRecordings } from '@plumbline/standalone';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nameByDensity } from './one-trace-oracle';
import { cleanTraces, drawSystem, slowTrace, toOtlpJson } from './simulator';

describe('one slow trace of a simulated system', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plumbline-one-trace-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  const system = drawSystem(1001, { family: 'hub', services: 8 });
  const traces = cleanTraces(system, 221, 1001);

  it.each([1, 2, 5])(
    'names the service that is delayed by eight times the spread of its own time, draw %d',
    async (draw) => {
      const told = slowTrace(traces, draw, 8);
      const [normal, abnormal] = [join(folder, 'normal'), join(folder, 'abnormal')];
      writeFileSync(normal, told.normal.map((trace) => `${toOtlpJson(trace)}\n`).join(''));
      writeFileSync(abnormal, toOtlpJson(told.abnormal));
      const { ranking, normalTraces } = await rankRecordings({ normal: [normal], abnormal: [abnormal] });
      expect(normalTraces).toBe(220);
      expect(ranking[0]?.service).toBe(told.service);
      expect(ranking[0]?.evidence[0]).toMatchObject({ kind: 'self-time', operation: told.operation });
      expect(nameByDensity(told.normal, told.abnormal, 8)).toBe(told.service);
    },
  );

  it('is not named by the oracle where its delay is a tenth of that', () => {
    const named = Array.from({ length: 20 }, (_, draw) => {
      const told = slowTrace(traces, draw, 0.5);
      return nameByDensity(told.normal, told.abnormal, 0.5) === told.service;
    });
    expect(named.filter(Boolean).length).toBeLessThan(15);
  });

  it('has whole microseconds, as OTLP has whole nanoseconds', () => {
    const { abnormal } = slowTrace(traces, 1);
    expect(abnormal.spans.every(({ startUs, endUs }) => Number.isInteger(startUs) && Number.isInteger(endUs))).toBe(
      true,
    );
  });
});
