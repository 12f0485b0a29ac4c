import type { SizedName } from './loads';
import type { Quantity } from './given';

/** Why a component is given less than its stated load needs. */
export interface SizingException {
  readonly of: readonly SizedName[];
  readonly component: string;
  readonly quantities: readonly Quantity[];
  readonly reason: string;
}

const row001 =
  'Document 001 gives a row of cores for a range of rates. They are what is reserved, not a limit: on a node with idle cores it takes more, and the rate above is what is sure.';

/** Every shortfall has one, and there is none without a shortfall: a test. */
export const sizingExceptions: readonly SizingException[] = [
  {
    of: ['size minimal', 'size recommended', 'minimal'],
    component: 'otel-aggregator',
    quantities: ['cores'],
    reason: `${row001} Most of what this tier takes is redaction and normalization, which 001 has not.`,
  },
  { of: ['size recommended', 'minimal'], component: 'tempo', quantities: ['cores'], reason: row001 },
  {
    of: ['minimal'],
    component: 'preprocessing',
    quantities: ['cores'],
    reason:
      'The default is for a few thousand spans a second; it takes what idle cores there are, and what it cannot read waits in the topic.',
  },
  {
    of: ['minimal'],
    component: 'anomaly-detection',
    quantities: ['cores'],
    reason: 'As preprocessing: its default is for a few thousand spans a second.',
  },
  {
    of: ['size recommended', 'minimal'],
    component: 'otel-aggregator',
    quantities: ['diskBytes'],
    reason: 'Queues hold seven minutes without a destination at the most that may come, and not ten.',
  },
  {
    of: ['size recommended', 'minimal'],
    component: 'tempo',
    quantities: ['diskBytes'],
    reason: 'Enough for half an hour of half as many spans: at the most that may come give it a larger volume.',
  },
  {
    of: ['size recommended', 'size production', 'minimal'],
    component: 'objects',
    quantities: ['diskBytes'],
    reason:
      'Document 001 counts a gigabyte a day for 1,000 spans a second, 11.6 bytes a span. That is of spans which are all alike; those that were measured, with nine attributes, are ten times as large. Measure yours: the bucket over the spans that were written.',
  },
  {
    of: ['size minimal'],
    component: 'prometheus',
    quantities: ['memoryBytes'],
    reason:
      'Document 001 has 10,000 samples a second for all its rows, which are 300,000 series at every half minute; this row is for half of them.',
  },
  {
    of: ['minimal'],
    component: 'redpanda',
    quantities: ['diskBytes'],
    reason:
      'Document 001 has no broker. Its volume is for a day of some hundred spans a second, and an hour at the most that may come; then it refuses what is produced, and collectors hold it. Whoever has more gives it a larger volume, or the pipeline a shorter `retention`.',
  },
  {
    of: ['production'],
    component: 'prometheus',
    quantities: ['cores', 'memoryBytes', 'diskBytes'],
    reason:
      'Document 002’s row is wrong for its rate: a million samples a second are thirty million series at half a minute, of which each Prometheus holds all in memory. Whoever has as many divides what is read among several, or has collectors write to Mimir.',
  },
  {
    of: ['production'],
    component: 'mimir',
    quantities: ['cores', 'memoryBytes', 'diskBytes'],
    reason:
      'Document 002’s row is wrong for its rate: by Mimir’s own page a million samples a second are 340 cores with three copies. Its 24 cores are for some 65,000; whoever has more gives it more members.',
  },
];
