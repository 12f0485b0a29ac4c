import { serviceLabel, type Cause, type Evidence, type Incident } from '@plumbline/wire';
import pc from 'picocolors';

const barWidth = 24;

/** An incident for a terminal: cause first, evidence with a bar for before and one for now, then who else was considered. */
export function formatIncident(incident: Incident, afterSeconds?: number): string {
  const [first, ...others] = incident.causes;
  const age = afterSeconds === undefined ? '' : `  after ${Math.round(afterSeconds)} s`;
  const lines = [pc.bold(`INCIDENT ${incident.id}  ${incident.severity}${age}`), `${incident.title}.`];
  if (first === undefined) lines.push('No clear cause.');
  else {
    lines.push(pc.bold(`${serviceLabel(first.service)} is the ${claimWord(first)} cause: ${first.change}.`), '');
    for (const evidence of first.evidence.slice(0, 2)) lines.push(...formatEvidence(evidence), '');
  }
  if (incident.path.length > 1) lines.push(`  path ${incident.path.map(serviceLabel).join(' > ')}`);
  for (const sentence of first?.against ?? []) lines.push(`  against: ${sentence}`);
  for (const sentence of incident.notSeen) lines.push(`  not seen: ${sentence}`);
  others.slice(0, 3).forEach((cause, index) => {
    lines.push(pc.dim(`${index + 2}. ${serviceLabel(cause.service)}  ${cause.change} (${percent(cause.confidence)})`));
  });
  return lines.join('\n');
}

function formatEvidence(evidence: Evidence): string[] {
  const { before, now, unit } = evidence;
  const most = Math.max(before, now, 1e-9);
  const bar = (value: number) => '#'.repeat(Math.max(value > 0 ? 1 : 0, Math.round((value / most) * barWidth)));
  const row = (label: string, value: number, paint: (text: string) => string) =>
    `  ${label.padEnd(7)}|${paint(bar(value).padEnd(barWidth))} ${amount(value, unit).padStart(9)}`;
  return [`  ${evidence.sentence}`, row('normal', before, pc.dim), row('now', now, (text) => pc.bold(pc.yellow(text)))];
}

function claimWord({ confidence }: Cause): string {
  return confidence >= 0.8 ? 'likely' : confidence >= 0.5 ? 'possible' : 'most suspected';
}

function amount(value: number, unit: Evidence['unit']): string {
  if (unit === 'share') return percent(value);
  const text = Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
  return unit === 'ms' ? `${text} ms` : text;
}

function percent(share: number): string {
  return share > 0 && share < 0.005 ? '<1 %' : `${Math.round(share * 100)} %`;
}
