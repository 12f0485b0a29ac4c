import { budgetCases } from '../core/budget-cases.testing';

/** Minutes after the start that the newest window is of, while spans come. */
const windows = (newest: string) => ({
  'up{job="root-cause"}': '1x60',
  'plumbline_root_cause_newest_window_seconds{job="root-cause"}': newest,
  'plumbline_preprocessing_spans_total{job="preprocessing"}': '0+6000x60',
});
/** A minute behind. */
const inTime = '1+60x60';

export const pipelineBudgetCases = budgetCases('IncidentsInTime', 0.1, () => windows(inTime), {
  // Nothing more after a quarter of an hour.
  fast: windows('1+60x15 901x45'),
  // For a minute, root cause was away: long before the half hour that is still asked for.
  fastSilent: { ...windows(inTime), 'up{job="root-cause"}': '1x4 0 1x55' },
  slow: { ...windows(inTime), 'up{job="root-cause"}': '1x4 0 1x55' },
  after: 45,
});
