import { Duration } from 'cdk8s';
import type { Alert, RecordingRule } from './alert';
import { InvalidPropError } from './errors';

/** Options of an {@link Slo}: what is counted, or when all goes wrong, or both. */
export interface SloProps {
  /** In camel case: `TraceIntake`. Its alerts and its runbook are named after it. */
  readonly name: string;
  /** What is promised, as a sentence. */
  readonly description: string;
  /** How much of it has to be good over thirty days, percent. */
  readonly objective: number;
  /** PromQL of what went wrong a second, over a range such as `5m`. @default - nothing is counted */
  readonly errors?: (range: string) => string;
  /** PromQL of all there was a second; its series have the labels of {@link errors}, without which there is none. */
  readonly total?: (range: string) => string;
  /**
   * PromQL that is 1 while everything goes wrong and 0 while it does not: of what nobody counts, such as requests to pods that are away. Where
   * events are counted, too, the larger share holds.
   *
   * @default - what is not counted is not wrong
   */
  readonly wrongWhile?: string;
  /** Page in `docs/runbooks`, without `.md`, or a whole URL. @default - `<name>Budget` */
  readonly runbook?: string;
}

/** A rate of burning that is told of: fast enough over the long range, and still so over the short one. */
export interface BurnRate {
  /** 1 uses up the budget in exactly thirty days. */
  readonly factor: number;
  readonly long: string;
  readonly short: string;
}

/**
 * Of the Site Reliability Workbook, for a budget of thirty days: 14.4 uses 2 % of it in an hour and 6 uses 5 % in six, for which somebody is
 * woken; 3 uses 10 % in a day and 1 in three.
 *
 * @see https://sre.google/workbook/alerting-on-slos/
 */
export const burnRates = {
  fast: [
    { factor: 14.4, long: '1h', short: '5m' },
    { factor: 6, long: '6h', short: '30m' },
  ],
  slow: [
    { factor: 3, long: '1d', short: '2h' },
    { factor: 1, long: '3d', short: '6h' },
  ],
} as const satisfies Readonly<Record<string, readonly BurnRate[]>>;
/** What an objective is promised over. */
export const sloDays = 30;
const ranges = ['5m', '30m', '1h', '2h', '6h', '1d', '3d'];
/** With less, the first of {@link burnRates} asks for more errors than there are requests. */
const leastObjective = 93.1;

/**
 * A promise, and the alerts that tell when the errors it allows are used up too fast: over several ranges and at several rates, so that a
 * short outage is told of at once, a slow loss in time, and neither for long after it is over.
 */
export class Slo {
  readonly name: string;
  readonly description: string;
  readonly objective: number;
  /** Share of errors over each range: `slo:error_ratio:rate5m{slo="…"}`. */
  readonly recordingRules: readonly RecordingRule[];
  /** `<name>BudgetBurnsFast` and `<name>BudgetBurnsSlowly`. */
  readonly alerts: readonly Alert[];

  /** @throws {InvalidPropError} if the objective is not from 93.1 to below 100, or nothing says what goes wrong */
  constructor(props: SloProps) {
    const { name, description, objective } = props;
    if (!(objective >= leastObjective && objective < 100))
      throw new InvalidPropError(
        `objective of ${name}`,
        objective,
        `a percentage from ${leastObjective} to below 100, which burn rates up to 14.4 can be told of`,
      );
    this.name = name;
    this.description = description;
    this.objective = objective;
    this.recordingRules = recordingRules(props);
    const { runbook = `${name}Budget` } = props;
    this.alerts = [
      {
        name: `${name}BudgetBurnsFast`,
        expr: this.burns(burnRates.fast),
        for: Duration.minutes(2),
        severity: 'critical',
        summary: `${name}: what may go wrong in thirty days is used up within days`,
        description: `${description} ${objective} % are promised; now {{ $value | humanizePercentage }} go wrong.`,
        runbook,
      },
      {
        name: `${name}BudgetBurnsSlowly`,
        expr: this.burns(burnRates.slow),
        for: Duration.minutes(15),
        severity: 'warning',
        summary: `${name}: what may go wrong in thirty days will not last as long`,
        description: `${description} ${objective} % are promised; for hours {{ $value | humanizePercentage }} went wrong.`,
        runbook,
      },
    ];
  }

  /** Share that may go wrong, from 0 to 1. */
  get budget(): number {
    // Of 99.9 %, binary fractions would make 0.09999999999999432 %.
    return Number(((100 - this.objective) / 100).toPrecision(6));
  }

  /** How long everything may go wrong within thirty days. */
  get budgetMinutes(): number {
    return Number((this.budget * sloDays * 24 * 60).toPrecision(6));
  }

  private burns(rates: readonly BurnRate[]): string {
    const above = (range: string, factor: number) =>
      `slo:error_ratio:rate${range}{slo="${this.name}"} > ${factor} * ${this.budget}`;
    return rates
      .map(({ factor, long, short }) => `(${above(long, factor)} and ${above(short, factor)})`)
      .join('\nor\n');
  }
}

/** In an order in which later ones find what earlier ones record. */
function recordingRules(props: SloProps): readonly RecordingRule[] {
  const labels = { slo: props.name };
  const { wrongWhile } = props;
  const wrong = wrongWhile === undefined ? [] : [{ record: 'slo:wrong:bool', expr: wrongWhile, labels }];
  const ratios = ranges.map((range) => ({ record: `slo:error_ratio:rate${range}`, expr: ratio(props, range), labels }));
  return [...wrong, ...ratios];
}

function ratio({ name, errors, total, wrongWhile }: SloProps, range: string): string {
  const counted = errors && total && `${errors(range)} / ${total(range)}`;
  const timed = wrongWhile && `avg_over_time(slo:wrong:bool{slo="${name}"}[${range}])`;
  const [first, second] = [counted, timed].filter((each) => each !== undefined);
  if (first === undefined || (errors === undefined) !== (total === undefined))
    throw new InvalidPropError(`errors of ${name}`, errors, 'there with `total`, or `wrongWhile` instead');
  // Only the second has labels, so both are there.
  return second === undefined ? first : `max(\n  ${first}\n  or\n  ${second}\n)`;
}
