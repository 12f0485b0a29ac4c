import { decodeDriftEvent, driftEventId, encodeDriftEvent, type DriftEvent } from './drift-event';

const stretch = { model: 'trace-anomaly', version: '000003-0123456789ab', fromMs: 1_700_000_000_000 };
const drift: DriftEvent = {
  ...stretch,
  id: driftEventId(stretch),
  psi: 0.31,
  scores: [{ name: 'combined', psi: 0.31 }],
  features: [{ name: 'own default/production//payment', of: 'value', psi: 0.27 }],
  drifting: 1,
  traces: 12_000,
  throughMs: 1_700_003_600_000,
};

test('a drift is read as it was written', () => {
  expect(decodeDriftEvent(encodeDriftEvent(drift))).toEqual(drift);
});

test('its name follows from version and stretch, and is one that a run may have', () => {
  expect(drift.id).toBe('drift-trace-anomaly-000003-0123456789ab-1700000000000');
  expect(driftEventId({ ...stretch, version: 'a/b c' })).toBe('drift-trace-anomaly-a_b_c-1700000000000');
});

test('what else is told of models is no drift', () => {
  const learnt = { schema: 1, event: 'learnt', model: 'profile', version: '000001-x' };
  expect(decodeDriftEvent(Buffer.from(JSON.stringify(learnt)))).toBeUndefined();
});

test.each([
  ['no JSON', '{'],
  ['no event', '{"schema":1}'],
  ['a drift of another schema', JSON.stringify({ ...drift, schema: 2, event: 'drift' })],
  ['a drift with a name that no run may have', JSON.stringify({ ...drift, schema: 1, event: 'drift', id: 'a/b' })],
])('%s is refused', (_, text) => {
  expect(() => decodeDriftEvent(Buffer.from(text))).toThrow();
});
