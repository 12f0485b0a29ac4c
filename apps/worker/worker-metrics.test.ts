import pino from 'pino';
import { Registry } from 'prom-client';
import { EmbeddedLog } from './embedded-log/embedded-log';
import { runToIdle, stepStage, type SteppedStage } from './run-stage';
import { StreamError } from './stream-error';
import { CopyStage } from './testing';
import { WorkerMetrics } from './worker-metrics';

const logger = pino({ level: 'silent' });

describe('the metrics of a worker', () => {
  async function run(work: (log: EmbeddedLog, start: (stage: CopyStage) => SteppedStage) => Promise<void>) {
    const registry = new Registry();
    const metrics = new WorkerMetrics(registry);
    const topics = ['input', 'output'].map((name) => ({ name, partitions: 2 }));
    const log = await EmbeddedLog.open({ topics, batchBytes: 1 });
    const retry = { startingDelayMs: 1, maxDelayMs: 1, attempts: 3 };
    await work(log, (stage) => stepStage(stage, log, { retry, observer: metrics.observe(stage.name, logger) }));
    return registry.metrics();
  }
  const record = (value: string, partition = 0) => ({
    topic: 'input',
    partition,
    key: null,
    value: Buffer.from(value),
  });

  it('count records, bytes, commits, and tell lag and position', async () => {
    const text = await run(async (log, start) => {
      await log.produce([record('one'), record('three')]);
      const stage = start(new CopyStage());
      await stage.step();
      await stage.step();
      await stage.tick();
    });
    expect(text).toContain('plumbline_worker_consumed_records_total{stage="copy",topic="input"} 1');
    expect(text).toContain('plumbline_worker_consumed_bytes_total{stage="copy",topic="input"} 3');
    expect(text).toContain('plumbline_worker_produced_records_total{stage="copy",topic="output"} 1');
    expect(text).toContain('plumbline_worker_lag_records{stage="copy",topic="input",partition="0"} 1');
    expect(text).toContain('plumbline_worker_committed_offset{stage="copy",topic="input",partition="0"} 1');
    expect(text).toContain('plumbline_worker_commits_total{stage="copy"} 1');
    expect(text).toContain('plumbline_worker_phase_seconds_count{stage="copy",phase="process"} 2');
  });

  it('count failures by kind and code, not by key', async () => {
    let failures = 0;
    const effect = {
      name: 'put date=2026-01-01/trace_1.parquet',
      run: () => {
        failures += 1;
        const down = new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', 'down');
        return failures === 1 ? Promise.reject(down) : Promise.resolve();
      },
    };
    const text = await run(async (log, start) => {
      await log.produce([record('one')]);
      await runToIdle([start(new CopyStage(() => Promise.resolve({ effects: [effect] })))]);
    });
    expect(text).toContain(
      'plumbline_worker_retries_total{stage="copy",what="put",code="PLUMBLINE_STREAM_UNAVAILABLE"} 1',
    );
    expect(text).toContain('plumbline_worker_effects_total{stage="copy"} 1');
  });

  it('forget the lag of partitions that somebody else reads now', async () => {
    const text = await run(async (log, start) => {
      await log.produce([record('one', 0), record('two', 1)]);
      const stage = start(new CopyStage());
      await runToIdle([stage]);
      log.attach('copy-group', ['input'], new IdleHandler());
      await stage.step();
    });
    expect(text).not.toContain('plumbline_worker_lag_records{stage="copy",topic="input",partition="1"}');
    expect(text).toContain('plumbline_worker_assigned_partitions{stage="copy"} 1');
  });
});

class IdleHandler {
  onAssigned(): Promise<void> {
    return Promise.resolve();
  }
  onBatch(): Promise<void> {
    return Promise.resolve();
  }
  onTick(): Promise<void> {
    return Promise.resolve();
  }
}
