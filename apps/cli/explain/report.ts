import { label, type RankingModel, type Reckoned, type Reckoning } from '@plumbline/root-cause';
import type { Incident } from '@plumbline/wire';
import pc from 'picocolors';

/** Services that are explained. */
const mostServices = 10;

/** How each confidence of an incident comes about, for a terminal. */
export function formatReckoning(incident: Incident, reckoning: Reckoning, model: RankingModel): string {
  const { services, unknown, difference } = reckoning;
  const others = incident.reckoning?.others;
  const { temperature, calibration, answers } = model;
  const rest = services.length - mostServices;
  return [
    pc.bold(`INCIDENT ${incident.id}, revision ${incident.revision}: ${incident.title}.`),
    `Ranked by model ${model.name} of bundle ${incident.bundle}.`,
    '',
    ...services.slice(0, mostServices).flatMap((service, i) => serviceLines(service, i, model)),
    ...(rest > 0 ? [pc.dim(`    and ${rest} more`)] : []),
    ...(others === undefined
      ? []
      : [`    ${others.services} others, together like one with a score of ${number(others.score)}`]),
    `    none of them: score ${number(model.unknown)}, confidence ${percent(unknown)}`,
    '',
    `Confidence is exp(score/${number(temperature)}) − 1, where the score is above 0, over the sum of all` +
      (calibration.length === 0 ? '.' : ', then what was measured to be right of so much.') +
      (answers === undefined ? '' : ` It was measured by ${answers} answers of people.`),
    `It is what was published to within ${difference < 1e-12 ? '1e-12' : difference.toExponential(1)}.`,
  ].join('\n');
}

function serviceLines(
  { service, features, contributions, score, confidence }: Reckoned,
  i: number,
  model: RankingModel,
) {
  const terms = Object.entries(contributions).filter(([, value]) => value !== 0);
  return [
    pc.bold(`${`${i + 1}.`.padStart(3)} ${label(service)}: score ${number(score)}, confidence ${percent(confidence)}`),
    ...terms.map(([part, value]) => `      ${number(value).padStart(8)}  ${termOf(part, features, model)}`),
  ];
}

/** The parts that count in full however little of the added time a service has. */
const undamped: ReadonlySet<string> = new Set(['behaviour', 'calling', 'stopped']);

function termOf(part: string, features: Reckoned['features'], { weights, withoutShare }: RankingModel): string {
  const weight = Object.entries(weights).find(([name]) => name === part)?.[1] ?? 1;
  if (part === 'behaviour') {
    const ways = (['failing', 'lacking', 'answers'] as const).map((name) => ({ name, value: features[name] ?? 0 }));
    const most = ways.reduce((best, way) => (way.value > best.value ? way : best));
    return `${part} = ${most.name} ${number(most.value)} × ${number(weight)}`;
  }
  const value = `${part} = ${number(features[part] ?? 0)} × ${number(weight)}`;
  if (undamped.has(part)) return value;
  const share = features.share ?? 0;
  return `${value} × (${number(withoutShare)} + ${number(1 - withoutShare)} × share ${number(share)})`;
}

function number(value: number): string {
  return String(Number(value.toPrecision(4)));
}

function percent(share: number): string {
  return `${(share * 100).toFixed(share < 0.1 ? 2 : 1)} %`;
}
