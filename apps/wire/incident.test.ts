import { decodeIncident, encodeIncident, type Incident } from './incident';

const incident: Incident = {
  schema: 2,
  id: '0123456789ab',
  tenant: 'default',
  revision: 2,
  state: 'resolved',
  severity: 'high',
  environment: 'prod',
  title: 'High latency in gateway',
  startedAtMs: 1,
  openedAtMs: 2,
  throughMs: 3,
  resolvedAtMs: 3,
  ranking: [{ service: 'default/prod//payment', confidence: 0.8, score: 9.1 }],
  causes: [
    {
      service: 'default/prod//payment',
      confidence: 0.8,
      calibrated: false,
      change: 'its own time rose',
      evidence: [
        {
          kind: 'self-time',
          source: 'traces',
          service: 'default/prod//payment',
          operation: 'POST /charge',
          signal: 'self time p95',
          unit: 'ms',
          before: 41,
          now: 912,
          normalLow: 38,
          normalHigh: 47,
          spans: 318,
          weight: 1,
          sentence: 'POST /charge self time p95: 41 to 912 ms.',
        },
      ],
      against: [],
      signals: { latency: 6 },
    },
  ],
  affected: ['default/prod//payment'],
  path: ['default/prod//gateway', 'default/prod//payment'],
  traces: [
    {
      traceId: 'a'.repeat(32),
      entryService: 'default/prod//gateway',
      entryOperation: 'GET /',
      eventTimeMs: 1,
      durationMs: 900,
      score: 9,
      failed: false,
    },
  ],
  anomalousTraces: 5,
  totalTraces: 10,
  failedTraces: 0,
  notSeen: [],
  bundle: 'v1',
  publishedAtMs: 4,
};

function changed(change: object): Uint8Array {
  return Buffer.from(JSON.stringify({ ...incident, ...change }));
}

describe('an incident on the wire', () => {
  test('comes back as it was', () => {
    expect(decodeIncident(encodeIncident(incident))).toEqual(incident);
  });

  test('of the first version, without a ranking, is read as one without', () => {
    const { ranking: _ranking, ...old } = incident;
    const bytes = Buffer.from(JSON.stringify({ ...old, schema: 1 }));
    expect(decodeIncident(bytes)).toEqual({ ...incident, schema: 1, ranking: [] });
  });

  test('may have no clear cause', () => {
    expect(decodeIncident(changed({ causes: [] })).causes).toEqual([]);
  });

  test.each([
    ['an id that is a path', { id: '../../passwd' }],
    ['an id of another length', { id: '0123' }],
    ['revision 0', { revision: 0 }],
    ['a state nobody knows', { state: 'pending' }],
    ['a confidence above 1', { causes: [{ ...incident.causes[0], confidence: 1.1 }] }],
    ['a trace id that is none', { traces: [{ ...incident.traces[0], traceId: 'A'.repeat(32) }] }],
    ['more traces than are shown', { traces: Array.from({ length: 21 }, () => incident.traces[0]) }],
    ['an endless title', { title: 'x'.repeat(5000) }],
  ])('is refused with %s', (_, change) => {
    expect(() => decodeIncident(changed(change))).toThrow();
  });
});
