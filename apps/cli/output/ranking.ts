import type { ToldRanking } from '@plumbline/standalone';
import pc from 'picocolors';

/** Services that are shown, and sentences of each. */
const mostServices = 10;
const mostSentences = 3;

/** A ranking for a terminal: services with their confidence, each with what speaks for it. */
export function formatRanking({ ranking, unknown }: ToldRanking): string {
  const shown = ranking.slice(0, mostServices);
  const lines = shown.flatMap(({ service, key, confidence, evidence }, index) => [
    pc.bold(`${`${index + 1}.`.padStart(3)} ${key ?? service}  ${percent(confidence)}`),
    ...evidence.slice(0, mostSentences).map(({ sentence }) => `      ${sentence}`),
  ]);
  const rest = ranking.length - shown.length;
  if (rest > 0) lines.push(pc.dim(`    and ${rest} more`));
  const [first] = ranking;
  if (first === undefined || first.confidence < unknown) lines.unshift('No clear cause.');
  return [...lines, `    none of them  ${percent(unknown)}`].join('\n');
}

function percent(share: number): string {
  return share > 0 && share < 0.005 ? '<1 %' : `${Math.round(share * 100)} %`;
}
