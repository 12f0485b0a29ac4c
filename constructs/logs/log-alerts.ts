import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';

/** Which lines of applications people are told of. */
export interface LogAlertsProps {
  /**
   * Matchers of the streams that are looked at. A Loki whose own lines it has is not to be among them: it logs what it is asked, so that
   * each rule would find itself.
   *
   * @default 'service_name=~".+", service_name!="loki"'
   */
  readonly streams?: string;
  /** That a service says far more than it does else. */
  readonly volume?: LogVolumeProps;
  /** That a service says what none should: {@link errorLines}. */
  readonly errors?: LogPatternProps;
  /** That people, or programs that guess, cannot log in: {@link failedLoginLines}. */
  readonly failedLogins?: LogPatternProps;
}

/** How much is far more. */
export interface LogVolumeProps {
  /** Times what was said in five minutes an hour before, and a day before. @default 3 */
  readonly factor?: number;
  /** Lines in five minutes that are not worth a look, however few there are else. @default 3000, ten a second */
  readonly atLeast?: number;
}

/** Lines that are counted, and how many are too many. */
export interface LogPatternProps {
  /**
   * LogQL that chooses lines, as it stands behind a selector: a filter by text, by fields that came with the line, or by those in it:
   * `| event_name="login.failed"`, `|= "login" | json | outcome="failure"`.
   *
   * @default - the filter of the docstring
   */
  readonly lines?: string;
  /** Lines of one service in five minutes. @default - 5 errors, 20 failed logins */
  readonly atLeast?: number;
  /** Times what there was a day before; what is always there is none to be told of. @default 3 */
  readonly factor?: number;
}

/**
 * What no service should say, whatever its level: that a process or a thread ended by a fault, or that memory, disk, files, connections or
 * the time of a certificate ran out. RE2; letters of either case.
 */
export const errorLines = matching(
  'panic:|fatal error:|unhandled (exception|promise|rejection)|uncaught (exception|error)|segmentation fault',
  'out ?of ?memory|heap out of|deadlock|no space left on device|disk quota exceeded|too many open files',
  'too many (connections|clients)|(connection )?pool[^"]{0,20}(exhausted|timed? ?out)|certificate has expired',
);

/**
 * Failed logins as common libraries, servers and applications write them, in text or in a value of JSON or logfmt: `Failed password for`,
 * `"event":"login_failed"`, `authentication failure`, `msg="invalid credentials"`. RE2; letters of either case.
 */
export const failedLoginLines = matching(
  '(failed|invalid|incorrect|wrong|bad|unsuccessful)[ _.-]?(user[ _.-]?)?(log[ _.-]?in|logon|sign[ _.-]?in|password|credentials|authentication)',
  '(log[ _.-]?in|logon|sign[ _.-]?in|authentication)[ _.-]?(attempt[ _.-]?)?(has[ _.-]?)?(failed|failure|rejected|denied)',
);

/** Range of all questions: long enough for a rate, short enough that a peak of a minute is one. */
const range = '5m';

/**
 * What people should know of applications by what they log, in LogQL. A service is compared with itself, at the same time of the day
 * before, so that what it does each night is no news. Where a store has no lines of that day, none of a pattern are normal, and of a
 * volume nothing is known.
 *
 * @see https://grafana.com/docs/loki/v3.7.x/alert/
 */
export function applicationLogAlerts(props: LogAlertsProps = {}): readonly Alert[] {
  const { streams = 'service_name=~".+", service_name!="loki"', volume = {}, errors = {}, failedLogins = {} } = props;
  return [
    {
      name: 'LogVolumeSpike',
      expr: spike(streams, volume),
      // What an hour before was as much is the rule by then.
      for: Duration.minutes(5),
      severity: 'warning',
      labels: ofService,
      summary:
        '{{ $labels.service_name }} logs {{ $value | humanize }} lines in five minutes, far more than it does else',
      description:
        'It is more than an hour and a day before. A loop that fails, a level that was changed, or somebody who scans it; the volume of Loki pays for it.',
    },
    {
      name: 'LogErrorPattern',
      expr: found(streams, { lines: errorLines, atLeast: 5, factor: 3, ...errors }),
      for: Duration.minutes(2),
      severity: 'warning',
      labels: ofService,
      summary: '{{ $labels.service_name }} logged {{ $value | humanize }} lines in five minutes that tell of a fault',
      description:
        'Crashes, or memory, disk, files, connections or a certificate that ran out, and more of it than a day before.',
    },
    {
      name: 'FailedLogins',
      expr: found(streams, { lines: failedLoginLines, atLeast: 20, factor: 3, ...failedLogins }),
      for: Duration.minutes(2),
      severity: 'warning',
      labels: ofService,
      summary: '{{ $value | humanize }} logins failed at {{ $labels.service_name }} in five minutes',
      description:
        'More than a day before. Somebody guesses passwords, or a program has an old one, or what checks them is broken.',
    },
  ];
}

/** By which Alertmanager groups, and knows what is of the same service as an alert of its metrics. */
const ofService = { service: '{{ $labels.service_name }}' };

function spike(streams: string, { factor = 3, atLeast = 3000 }: LogVolumeProps): string {
  const counted = counting(`{${streams}}`);
  const [hour, day] = [counted('1h'), counted('1d')];
  // The larger of both, or the one that there is. A service that is new has neither, and is not compared with anything.
  return `(${counted()} >= ${atLeast})\n> ${factor} * (\n  ${hour} >= ${day}\n  or ${day}\n  or ${hour}\n)`;
}

function found(streams: string, { lines, atLeast, factor }: Required<LogPatternProps>): string {
  const counted = counting(`{${streams}} ${lines}`);
  return `(${counted()} >= ${atLeast})\nunless\n  ${counted()} <= ${factor} * ${counted('1d')}`;
}

/** @returns what counts lines by service, now or some time before */
function counting(query: string): (before?: string) => string {
  return (before) => {
    const offset = before === undefined ? '' : ` offset ${before}`;
    return `sum by (service_name) (count_over_time(${query} [${range}]${offset}))`;
  };
}

function matching(...parts: readonly string[]): string {
  return `|~ \`(?i)(${parts.join('|')})\``;
}
