import type { CheckedFault, CheckResult } from './result';

/** `+50 ms`, `20 %` */
export function sizeText(size: CheckedFault['size']): string {
  return 'addedMs' in size ? `+${size.addedMs} ms` : `${Number((size.share * 100).toPrecision(3))} %`;
}

/** Seconds to the incident, or what there was instead. */
export function foundText({ afterSeconds, lateSeconds }: CheckedFault): string {
  if (afterSeconds !== undefined) return String(afterSeconds);
  return lateSeconds === undefined ? 'not' : `${lateSeconds}, too late`;
}

/** A fault on a terminal. */
export function faultLine(fault: CheckedFault): string {
  const { kind, service, size, asSaid, named } = fault;
  const cells = [
    kind.padEnd(9),
    service.padEnd(10),
    sizeText(size).padEnd(9),
    foundText(fault).padEnd(14),
    asSaid ? 'as said' : 'NOT as said',
  ];
  return [...cells, named ?? '', fault.alongside ? 'an incident was still open' : ''].join('  ').trimEnd();
}

/** The outcome of a run in a sentence. */
export function summaryText({ asSaid, total, quiet }: Pick<CheckResult, 'asSaid' | 'total' | 'quiet'>): string {
  const share = total === 0 ? '' : ` (${Math.round((100 * asSaid) / total)} %)`;
  return `${asSaid} of ${total}${share} were found as check said; ${quiet.falseAlarms} false alarms in ${quiet.minutes} min without a fault`;
}
