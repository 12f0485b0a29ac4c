import { join } from 'node:path';
import { rmSync } from 'node:fs';
import { z } from 'zod';
import { QualityError } from './bench-error';
import { judge, serviceName, type JudgedIncident } from './judge';
import type { Plan } from './plan';
import { replayInChild } from './replays';
import { simulationJobs, simulateInChild } from './simulations';
import { cacheFolder, hasData, makeStream, systems } from './streams';
import { casesText, share } from './text';

/** How long after the end of a case its incident may still change, milliseconds. */
const aftermathMs = 120_000;

/** Of a candidate, whatever else it carries: what there is to explain it by. */
const explainedSchema = z.looseObject({
  service: z.string(),
  confidence: z.number(),
  change: z.string().optional(),
  evidence: z.array(z.looseObject({ sentence: z.string(), weight: z.number().optional() })).default([]),
  against: z.array(z.string()).default([]),
  signals: z.record(z.string(), z.number()).default({}),
});

/**
 * Replays a stream or a simulated run up to a case and explains what was made of it.
 *
 * @returns the incident, if one was opened, and lines for people
 * @throws {QualityError} when there is no such case
 */
export async function explainCase(caseId: string, seed: number) {
  const { plan, recording, forget } = await runWith(caseId, seed);
  try {
    const wanted = plan.cases.filter(({ case_id }) => case_id === caseId);
    const untilMs = (wanted[0]?.end_us ?? 0) / 1000 + aftermathMs;
    const judgement = judge({ ...plan, cases: wanted }, await replayInChild({ recording, untilMs }));
    const incident = judgement.verdicts[0]?.incident;
    const lines = casesText({ ...judgement, falseAlarms: [] });
    return { incident, lines: incident === undefined ? lines : [...lines, ...explanation(incident)] };
  } finally {
    forget();
  }
}

async function runWith(caseId: string, seed: number): Promise<{ plan: Plan; recording: string; forget: () => void }> {
  const system = systems.find((each) => caseId.startsWith(each));
  if (system !== undefined && hasData()) {
    const stream = await makeStream(system, seed);
    if (stream.plan.cases.some(({ case_id }) => case_id === caseId)) return { ...stream, forget: () => undefined };
  }
  const job = simulationJobs(true, seed).find((each) => {
    const { family, profile = 'clean' } = each.options;
    return each.set !== 'pairs' && caseId.startsWith(`${family}-${profile}-${each.seed}-`);
  });
  if (job === undefined) throw new QualityError(`no case ${caseId} with seed ${seed}; --verbose lists them`);
  const folder = join(cacheFolder(), `case-${process.pid}`);
  const { plan } = await simulateInChild(folder, job);
  const forget = () => rmSync(folder, { recursive: true, force: true });
  return { plan, recording: join(folder, 'requests.bin'), forget };
}

function explanation(incident: JudgedIncident): string[] {
  const claimed = new Set(incident.causes.map(({ service }) => service));
  const causes = z.array(explainedSchema).parse(incident.causes);
  const whole = z.array(explainedSchema).parse(incident.ranking ?? []);
  return [...causes, ...whole.filter(({ service }) => !claimed.has(service))].flatMap((each, index) => [
    `${index + 1}. ${serviceName(each.service)}, ${share(each.confidence)}${claimed.has(each.service) ? ', claimed' : ''}` +
      (each.change === undefined ? '' : `: ${each.change}`),
    ...each.evidence.map(
      ({ sentence, weight }) => `     ${weight === undefined ? '' : `${weight.toFixed(1)}  `}${sentence}`,
    ),
    ...each.against.map((sentence) => `     against: ${sentence}`),
    ...(Object.keys(each.signals).length === 0
      ? []
      : [
          `     signals: ${Object.entries(each.signals)
            .map(([name, value]) => `${name} ${value.toFixed(2)}`)
            .join('  ')}`,
        ]),
  ]);
}
