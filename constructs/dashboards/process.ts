import { row, type Row } from './dashboard';
import type { Panel } from './panel';
import { timeseries } from './panels';
import { promql, rateRange } from './queries';

/* What client libraries tell of any process. */

function cpu(of: string): Panel {
  return timeseries({
    title: 'CPU',
    description: 'Cores that each pod uses. Near its limit it is held back, and everything it does takes longer.',
    unit: 'short',
    queries: [promql(`rate(process_cpu_seconds_total{${of}}[${rateRange}])`, { legend: '{{job}} {{instance}}' })],
    width: 8,
  });
}

function memory(of: string): Panel {
  return timeseries({
    title: 'Memory',
    description: 'Resident memory of each pod. A pod that reaches its limit is ended and started again.',
    unit: 'bytes',
    queries: [promql(`process_resident_memory_bytes{${of}}`, { legend: '{{job}} {{instance}}' })],
    width: 8,
  });
}

/** CPU, memory and goroutines of servers in Go. @param of matchers of their series */
export function goProcess(of: string): Row {
  return row(
    'Process',
    cpu(of),
    memory(of),
    timeseries({
      title: 'Goroutines',
      description: 'What each pod does at the same time. If it only ever rises, something is not given back.',
      unit: 'short',
      queries: [promql(`go_goroutines{${of}}`, { legend: '{{job}} {{instance}}' })],
      width: 8,
    }),
  );
}

/** CPU, memory and how late the event loop is, of programs in Node.js. @param of matchers of their series */
export function nodeProcess(of: string): Row {
  return row(
    'Process',
    cpu(of),
    memory(of),
    timeseries({
      title: 'Event loop lag, p99',
      description:
        'How long what is due waits for its turn. Above a second, health checks are answered late and consumer groups throw the pod out.',
      unit: 's',
      queries: [promql(`nodejs_eventloop_lag_p99_seconds{${of}}`, { legend: '{{job}} {{instance}}' })],
      thresholds: { warn: 0.5, bad: 2 },
      width: 8,
    }),
  );
}
