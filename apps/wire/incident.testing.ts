import { serviceKey } from './identity';
import type { Incident } from './incident';

const key = (service: string) => serviceKey({ tenant: 'default', environment: 'production', namespace: '', service });

/** An incident in which payment is slow, with what a test changes. */
export function exampleIncident(changes: Partial<Incident> = {}): Incident {
  return {
    schema: 2,
    id: '7f3a00112233',
    tenant: 'default',
    revision: 1,
    state: 'open',
    severity: 'critical',
    environment: 'production',
    title: 'High latency in gateway',
    startedAtMs: Date.UTC(2026, 0, 24, 21, 0, 0),
    openedAtMs: Date.UTC(2026, 0, 24, 21, 0, 20),
    throughMs: Date.UTC(2026, 0, 24, 21, 0, 20),
    ranking: [{ service: key('payment'), confidence: 0.91, score: 8.2 }],
    causes: [
      {
        service: key('payment'),
        confidence: 0.91,
        calibrated: false,
        change: 'its own time rose',
        evidence: [
          {
            kind: 'self-time',
            source: 'traces',
            service: key('payment'),
            operation: 'POST /charge',
            signal: 'self time p95',
            unit: 'ms',
            before: 41,
            now: 912,
            normalLow: 38,
            normalHigh: 47,
            spans: 318,
            weight: 4,
            sentence: 'POST /charge self time p95: 41 to 912 ms (×22, 318 spans); normal 38–47 ms.',
          },
        ],
        against: [],
        signals: { selfTime: 4 },
      },
    ],
    affected: [key('gateway'), key('checkout'), key('payment')],
    path: [key('gateway'), key('checkout'), key('payment')],
    traces: [
      {
        traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
        entryService: key('gateway'),
        entryOperation: 'POST /checkout',
        eventTimeMs: Date.UTC(2026, 0, 24, 21, 0, 3),
        durationMs: 1010,
        score: 9,
        failed: false,
      },
    ],
    anomalousTraces: 40,
    totalTraces: 300,
    failedTraces: 0,
    notSeen: [],
    bundle: '1-abc',
    publishedAtMs: 0,
    ...changes,
  };
}

/** The same, said by another source than traces to come after a release. */
export function incidentAfterRelease(version: string): Incident {
  const incident = exampleIncident();
  return {
    ...incident,
    causes: incident.causes.map((cause) => ({
      ...cause,
      evidence: [
        ...cause.evidence,
        {
          kind: 'new-version',
          source: 'changes',
          service: cause.service,
          operation: '',
          signal: 'share of requests on the new version',
          unit: 'share',
          before: 0,
          now: 0.62,
          spans: 120,
          weight: 0,
          sentence: `A new version ${version} of payment appeared at 20:59 UTC, 40 s before the incident began; 62 % of its requests since then are on it.`,
        },
      ],
    })),
  };
}
