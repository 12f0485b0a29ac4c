import { scorerNames } from '@plumbline/wire';
import { z } from 'zod';
import { Calibration, calibrationSchema } from './calibration';

export { scorerNames };
export type ScorerName = (typeof scorerNames)[number];

/** One value a trace, by scorer. */
export type Scores = Partial<Readonly<Record<ScorerName, Float64Array>>>;

/** Normal traces that nothing else was learnt from, and what each scorer says of them. */
export interface HeldBack {
  /** Entry key of each trace. */
  readonly entries: readonly string[];
  readonly scores: Scores;
}

/** What is said of one trace. */
export interface Combined {
  /** p by scorer. */
  readonly p: Partial<Readonly<Record<ScorerName, number>>>;
  /** Probability that a normal trace is at least as unusual to the scorer that finds it most unusual. */
  readonly combinedP: number;
  /** −ln of that, which goes on rising where p cannot fall any more. */
  readonly score: number;
  /** `combinedP` is at most the alarm rate. */
  readonly exceeds: boolean;
}

const combinationSchema = z.object({
  schema: z.literal(1),
  alarmRate: z.number().positive().max(0.5),
  scorers: z.partialRecord(z.enum(scorerNames), calibrationSchema),
  combined: calibrationSchema,
});

/**
 * Several scorers as one. A trace is as unusual as the scorer says that finds it most unusual: −ln of the smallest p. The smallest of
 * several p is too small for a p; so it is calibrated again, on other held-back traces, and the alarm rate is that of a single scorer.
 */
export class Combination {
  private constructor(
    readonly alarmRate: number,
    private readonly scorers: readonly (readonly [ScorerName, Calibration])[],
    private readonly combined: Calibration,
  ) {}

  /**
   * @param first what each scorer is calibrated by
   * @param second other traces, what the smallest p is calibrated by
   * @param least traces of an entry from which it is calibrated by itself @default 10/alarmRate, 100 at least
   * @throws {RangeError} without scorers, where `second` lacks one, where its traces are too few for the alarm rate, or for scores below 0
   */
  static fit(
    alarmRate: number,
    first: HeldBack,
    second: HeldBack,
    least = Math.max(100, Math.ceil(10 / alarmRate)),
  ): Combination {
    if (second.entries.length + 1 < 1 / alarmRate) {
      throw new RangeError(`${second.entries.length} traces cannot show an alarm rate of ${alarmRate}`);
    }
    const names = scorerNames.filter((name) => first.scores[name] !== undefined);
    if (names.length === 0) throw new RangeError('there is no scorer to calibrate');
    const scorers = names.map((name) => {
      const scores = first.scores[name] ?? new Float64Array(0);
      if (second.scores[name]?.length !== second.entries.length || scores.length !== first.entries.length) {
        throw new RangeError(`each held-back trace needs a score of ${name}`);
      }
      return [name, Calibration.of(first.entries, scores, least)] as const;
    });
    const smallest = Float64Array.from(second.entries, (entry, i) =>
      mostSurprise(scorers, entry, (name) => second.scores[name]?.[i] ?? 0),
    );
    return new Combination(alarmRate, scorers, Calibration.of(second.entries, smallest, least));
  }

  /** @throws {z.ZodError | SyntaxError | RangeError} when the bytes are no combination */
  static decode(bytes: Uint8Array): Combination {
    const parsed = combinationSchema.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
    const scorers = scorerNames.flatMap((name) => {
      const data = parsed.scorers[name];
      return data === undefined ? [] : [[name, Calibration.from(data)] as const];
    });
    if (scorers.length === 0) throw new RangeError('there is no scorer');
    return new Combination(parsed.alarmRate, scorers, Calibration.from(parsed.combined));
  }

  encode(): Uint8Array {
    const { alarmRate, combined } = this;
    return Buffer.from(JSON.stringify({ schema: 1, alarmRate, scorers: Object.fromEntries(this.scorers), combined }));
  }

  /** Whose scores are asked for. */
  get names(): readonly ScorerName[] {
    return this.scorers.map(([name]) => name);
  }

  /** @param scoreOf the score of each of {@link names} */
  judge(entry: string, scoreOf: (name: ScorerName) => number): Combined {
    const most = mostSurprise(this.scorers, entry, scoreOf);
    const combinedP = this.combined.p(entry, most);
    return {
      p: Object.fromEntries(this.scorers.map(([name, calibration]) => [name, calibration.p(entry, scoreOf(name))])),
      combinedP,
      score: this.combined.surprise(entry, most),
      exceeds: combinedP <= this.alarmRate,
    };
  }
}

function mostSurprise(
  scorers: readonly (readonly [ScorerName, Calibration])[],
  entry: string,
  scoreOf: (name: ScorerName) => number,
): number {
  let most = 0;
  for (const [name, calibration] of scorers) most = Math.max(most, calibration.surprise(entry, scoreOf(name)));
  return most;
}
