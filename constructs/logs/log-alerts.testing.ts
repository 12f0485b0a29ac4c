/* Lines that make alerts about lines fire, and lines that do not, as services send them by OTLP. */

/** Lines of one kind that a service says at once. */
export interface SaidLines {
  readonly count: number;
  /** @default 'GET /cart 200' */
  readonly text?: string;
  /** Attributes of the record, which are fields of the line in Loki. @default - none */
  readonly fields?: Readonly<Record<string, string>>;
  /** Hours before now. @default 0 */
  readonly before?: number;
}

/** One test of an alert about lines: what a service says that makes it fire, and what, as alike as can be, does not. */
export interface LogAlertCase {
  readonly alert: string;
  readonly fires: readonly SaidLines[];
  readonly silent: readonly (readonly SaidLines[])[];
}

const failed = '{"level":"warn","event":"login_failed","user":"mia","client":"203.0.113.7"}';

export const logAlertCases: readonly LogAlertCase[] = [
  {
    alert: 'LogVolumeSpike',
    fires: [{ count: 3200 }, { count: 1000, before: 1 }, { count: 900, before: 24 }],
    silent: [
      // Thrice as much as an hour before, and less than worth a look.
      [{ count: 2000 }, { count: 100, before: 1 }],
      // As each day at this time.
      [{ count: 3200 }, { count: 100, before: 1 }, { count: 1100, before: 24 }],
      // Of this day alone, but as an hour before.
      [{ count: 3200 }, { count: 1100, before: 1 }, { count: 100, before: 24 }],
      // New.
      [{ count: 3200 }],
    ],
  },
  {
    alert: 'LogErrorPattern',
    fires: [
      { count: 3, text: 'java.lang.OutOfMemoryError: Java heap space' },
      { count: 2, text: '{"level":"error","msg":"FATAL: sorry, too many clients already"}' },
    ],
    silent: [
      [{ count: 4, text: 'panic: runtime error: index out of range' }],
      [{ count: 50, text: 'card refused: expired', fields: { level: 'error' } }],
      [
        { count: 9, text: 'deadlock detected, trying again' },
        { count: 3, text: 'deadlock detected, trying again', before: 24 },
      ],
    ],
  },
  {
    alert: 'FailedLogins',
    fires: [
      { count: 15, text: failed },
      { count: 5, text: 'sshd[411]: Failed password for invalid user admin from 203.0.113.7 port 51000 ssh2' },
    ],
    silent: [
      [{ count: 19, text: failed }],
      [{ count: 200, text: '{"event":"login","outcome":"success","user":"mia"}' }],
      [
        { count: 60, text: failed },
        { count: 20, text: failed, before: 24 },
      ],
    ],
  },
];

const hourMs = 3_600_000;

/** Body of a request to `/v1/logs` of what a service said half a minute before `nowMs`, or hours before that. */
export function otlpLines(
  service: string,
  { count, text = 'GET /cart 200', fields = {}, before = 0 }: SaidLines,
  nowMs: number,
) {
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const first = BigInt(nowMs - 30_000 - before * hourMs) * 1_000_000n;
  const attributes = Object.entries(fields).map(([key, value]) => attribute(key, value));
  // One time for each, as a line that comes twice at one time is one line.
  const logRecords = Array.from({ length: count }, (_, index) => ({
    timeUnixNano: `${first + BigInt(index)}`,
    body: { stringValue: text },
    attributes,
  }));
  const resource = { attributes: [attribute('service.name', service)] };
  return { resourceLogs: [{ resource, scopeLogs: [{ logRecords }] }] };
}
