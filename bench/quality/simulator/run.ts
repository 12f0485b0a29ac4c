import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { arrivals } from './arrivals';
import type { CaseSpec } from './cases';
import { drawSystem, type SystemOptions } from './draw';
import { Encoder } from './encode';
import { Engine } from './engine';
import { Faults } from './faults';
import { judgeCases } from './oracle';
import { baseUs, schedule, type Plan, type RunOptions } from './plan';
import type { SimSpan, SpanSink, System } from './system';
import { Telemetry } from './telemetry';

/** Spans of one request of a recording. */
const spansPerRequest = 200;

export interface Simulation {
  /** What happened, before telemetry, in order of ends. */
  readonly spans: readonly SimSpan[];
  readonly plan: Plan;
}

/** Simulates a run in memory; for small ones. Visibility of its faults is not judged. */
export function simulate(system: System, options: RunOptions): Simulation {
  const spans: SimSpan[] = [];
  const plan = play(system, options, () => ({ add: (span) => spans.push(span) }));
  return { spans, plan };
}

export interface Written {
  readonly plan: Plan;
  readonly spans: number;
  readonly bytes: number;
}

/**
 * Simulates a run and writes `requests.bin` (ExportTraceServiceRequest messages of 200 spans in order of their ends, each after
 * its length as a varint: what `plumbline replay` reads) and `plan.json` into a folder. Holds one request in memory at a time.
 */
export function writeRun(folder: string, system: System, options: RunOptions): Written {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, 'requests.bin'), 'w');
  try {
    let writer: RecordingWriter | undefined;
    const plan = play(system, options, (telemetry) => {
      writer = new RecordingWriter(file, new Encoder(system, options.seed, telemetry), telemetry);
      return writer;
    });
    writer?.flush();
    const judged = { ...plan, cases: judgeCases(system, options, plan.cases) };
    writeFileSync(join(folder, 'plan.json'), `${JSON.stringify(judged, null, 1)}\n`);
    return { plan: judged, spans: writer?.spans ?? 0, bytes: writer?.bytes ?? 0 };
  } finally {
    closeSync(file);
  }
}

export interface DrawOptions extends SystemOptions, Omit<RunOptions, 'seed' | 'cases'> {
  /** Cases, or how many of any kind. @default 4 */
  readonly cases?: number | readonly CaseSpec[];
}

/** Draws a system and what happens in it. */
export function drawRun(seed: number, options: DrawOptions): { system: System; options: RunOptions } {
  const { cases = 4 } = options;
  const specs = typeof cases === 'number' ? Array.from({ length: cases }, (): CaseSpec => ({})) : cases;
  return { system: drawSystem(seed, options), options: { ...options, seed, cases: specs } };
}

function play(system: System, options: RunOptions, sinkFor: (telemetry: Telemetry) => SpanSink): Plan {
  const { plan, faults, releases, load, untilUs } = schedule(system, options);
  const sink = sinkFor(new Telemetry(system, options.seed, releases, options.dark));
  const engine = new Engine(system, { seed: options.seed, faults: new Faults(faults.flat()), sink });
  engine.run(arrivals(system, options.seed, baseUs, untilUs, load));
  return plan;
}

class RecordingWriter implements SpanSink {
  spans = 0;
  bytes = 0;
  private waiting: SimSpan[] = [];

  constructor(
    private readonly file: number,
    private readonly encoder: Encoder,
    private readonly telemetry: Telemetry,
  ) {}

  add(span: SimSpan): void {
    if (this.telemetry.isLost(span)) return;
    this.waiting.push(span);
    if (this.waiting.length === spansPerRequest) this.flush();
  }

  flush(): void {
    if (this.waiting.length === 0) return;
    const request = this.encoder.request(this.waiting);
    this.spans += this.waiting.length;
    this.bytes += request.length;
    this.waiting = [];
    for (let at = 0; at < request.length;) at += writeSync(this.file, request, at);
  }
}
