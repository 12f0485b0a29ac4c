import { inTime, requestBounds, served, type Objectives } from '../core/objectives';
import type { Slo } from '../core/slo';

/** What is promised of a Tempo: that it answers, and that spans can be found soon. @param job its scrape job */
export function tempoObjectives(job: string, objectives: Objectives | undefined): readonly Slo[] {
  if (objectives === undefined) return [];
  const { availability, inTime: share, latency } = objectives;
  // Of its own questions to its parts, and of probes, nobody outside knows.
  const questions = (more = '') => `tempo_request_duration_seconds_count{job="${job}", route=~"api_.+"${more}}`;
  return [
    served({
      name: 'TraceQueries',
      description: 'Questions for traces are answered.',
      objective: availability,
      job,
      all: questions(),
      failed: questions(', status_code=~"5.."'),
    }),
    inTime({
      name: 'TraceStorageTime',
      description: `Tempo has spans where they can be found within ${latency.traceStore.toSeconds()} s.`,
      objective: share,
      histogram: 'tempo_request_duration_seconds',
      of: `job="${job}", route="/tempopb.Pusher/PushBytesV2"`,
      bounds: requestBounds,
      budget: latency.traceStore,
    }),
  ];
}
