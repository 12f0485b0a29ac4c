import { formatMs, type Percentiles } from './percentiles';
import type { LoadResult } from './run';

/** The outcome, a line each. */
export function formatLoad(result: LoadResult): readonly string[] {
  const { sentSpans, acceptedSpans, refusedSpans, retries, reason, ingestToQuery, untold, incident } = result;
  const rate = `${result.spansPerSecond} a second of ${result.askedSpansPerSecond} asked for, ${result.seconds} s`;
  const lines = [
    `target    ${result.target}`,
    `sent      ${sentSpans} spans, ${rate}`,
    `accepted  ${acceptedSpans}${retries === 0 ? '' : `, ${retries} requests again as the target was busy`}`,
    `refused   ${refusedSpans}${reason === undefined ? '' : ` (${reason})`}`,
  ];
  if (ingestToQuery !== undefined) {
    const { asked, lost, saw, by, tookMs } = ingestToQuery;
    lines.push(`lost      ${lost} of ${asked} traces looked for`);
    if (tookMs !== undefined) lines.push(`until     ${saw}: ${formatPercentiles(tookMs)} (${by})`);
  }
  if (untold !== undefined) lines.push(`lost      could not be told: ${untold}`);
  if (incident !== undefined) {
    const { expected, named, tookMs } = incident;
    lines.push(
      tookMs === undefined
        ? `incident  none in time; ${expected} was slow`
        : `incident  after ${formatMs(tookMs)}, names ${named ?? 'no clear cause'} first; ${expected} was slow`,
    );
  }
  return lines;
}

function formatPercentiles({ p50, p95, p99 }: Percentiles): string {
  return `p50 ${formatMs(p50)}, p95 ${formatMs(p95)}, p99 ${formatMs(p99)}`;
}

/** 1: something was refused or lost, nothing was sent, or no incident came; 3: it could not be told; else 0. */
export function exitCodeOfLoad({ sentSpans, refusedSpans, ingestToQuery, untold, incident }: LoadResult): 0 | 1 | 3 {
  const hasLost = ingestToQuery !== undefined && ingestToQuery.lost > 0;
  const isMissed = incident !== undefined && incident.tookMs === undefined;
  if (sentSpans === 0 || refusedSpans > 0 || hasLost || isMissed) return 1;
  return untold !== undefined || ingestToQuery?.asked === 0 ? 3 : 0;
}
