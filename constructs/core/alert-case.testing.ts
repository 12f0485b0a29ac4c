/** Series by their selectors, with values a minute apart in the notation of `promtool test rules`: `0+10x30`. */
export type TestSeries = Readonly<Record<string, string>>;

/** One test of an alert: what makes it fire, and what, as alike as can be, does not. */
export interface AlertCase {
  readonly alert: string;
  readonly fires: TestSeries;
  readonly silent: TestSeries;
  /** Labels of the alert that fires, beside its name: exactly these, of exactly one alert. */
  readonly labels: Readonly<Record<string, string>>;
  /** Minutes after which both are asked. @default 30 */
  readonly after?: number;
}
