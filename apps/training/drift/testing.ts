import { driftEventId, type DriftEvent } from '@plumbline/wire';

/** A drift as detection tells of it. */
export function exampleDrift(fromMs = 1_700_000_000_000): DriftEvent {
  const of = { model: 'trace-anomaly', version: '000003-0123456789ab', fromMs };
  return {
    ...of,
    id: driftEventId(of),
    psi: 0.312,
    scores: [{ name: 'combined', psi: 0.312 }],
    features: [{ name: 'own default/production//payment', of: 'value', psi: 0.27 }],
    drifting: 1,
    traces: 12_000,
    throughMs: fromMs + 3_600_000,
  };
}
