import type { Evidence } from '@plumbline/wire';

/** Three significant digits, with the unit a person expects. */
export function amount(value: number, unit: Evidence['unit']): string {
  if (unit === 'share') return `${value < 0.01 ? digits(value * 100) : Math.round(value * 100)} %`;
  if (unit === 'ms') return value >= 10_000 ? `${digits(value / 1000)} s` : `${digits(value)} ms`;
  return digits(value);
}

function digits(value: number): string {
  if (value === 0) return '0';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

/** `14:02:09` of the day, UTC. */
export function clock(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 19);
}

/** `2026-01-24 14:02:09 UTC`. */
export function moment(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 10)} ${clock(timeMs)} UTC`;
}

/** `45 s`, `12 min`, `3 h`, `2 d`. */
export function span(durationMs: number): string {
  const seconds = Math.max(0, Math.round(durationMs / 1000));
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** How sure a claim sounds; console wording. */
export function claim(confidence: number): 'likely' | 'possible' | 'weak' {
  return confidence >= 0.8 ? 'likely' : confidence >= 0.5 ? 'possible' : 'weak';
}
