import type { Feedback } from './feedback';
import { incidentLabels } from './feedback-labels';
import { feedbackVerdict, feedbackVerdicts } from './feedback-verdict';
import { exampleFeedback, exampleService } from './feedback.testing';
import { exampleIncident } from './incident.testing';

/** `right`, `wrong`, `wrong:cart`, `none`, each by somebody else, later than the one before; `!` before it: checkout was shown by then. */
function said(...answers: readonly string[]): Feedback[] {
  return answers.map((text, i) => {
    const [answer = '', service] = text.replace('!', '').split(':');
    const shown = exampleService(text.startsWith('!') ? 'checkout' : 'payment');
    return exampleFeedback({
      by: `person ${i}`,
      saidAtMs: i,
      answer: answer === 'none' ? 'not-an-incident' : (answer as 'right' | 'wrong'),
      ...(service === undefined ? {} : { service: exampleService(service) }),
      shown: [{ service: shown, confidence: 0.9, computed: 0.9 }],
    });
  });
}

describe('what several people say of one incident', () => {
  it.each([
    ['nothing is said', [], undefined, undefined],
    ['one says right', ['right'], 'right', 'payment'],
    ['one says wrong', ['wrong'], 'wrong', undefined],
    ['one names another', ['wrong:cart'], 'wrong', 'cart'],
    ['one says that nothing was wrong', ['none'], 'not-an-incident', undefined],
    ['one says right and one that it was not', ['right', 'wrong'], 'disputed', undefined],
    ['two say right and one that it was not', ['right', 'wrong', 'right'], 'right', 'payment'],
    ['one names another, and one only says wrong', ['wrong', 'wrong:cart'], 'wrong', 'cart'],
    ['two name different ones', ['wrong:cart', 'wrong:stock'], 'disputed', undefined],
    ['half say that nothing was wrong', ['none', 'right'], 'disputed', undefined],
    ['more say that nothing was wrong', ['none', 'right', 'none'], 'not-an-incident', undefined],
    ['somebody was right, and later another cause was shown', ['right', '!wrong:payment'], 'wrong', 'payment'],
    ['another cause was shown first, and later the right one', ['!wrong:payment', 'right'], 'right', 'payment'],
  ])('when %s', (_, answers, verdict, cause) => {
    const expected = { verdict, cause: cause === undefined ? undefined : exampleService(cause) };
    for (const order of [said(...answers), said(...answers).reverse()]) {
      const agreed = feedbackVerdict(order);
      expect({ verdict: agreed?.verdict, cause: agreed?.cause }).toEqual(expected);
    }
  });

  it('is judged by what was shown to the newest of those who decided', () => {
    const [first, second] = said('right', 'none');
    const third = { ...exampleFeedback({ by: 'third', saidAtMs: -1 }), revision: 7 };
    expect(feedbackVerdict([first, second, third].flatMap((each) => each ?? []))?.judged).toEqual(first);
  });

  it('is kept apart by incident and tenant', () => {
    const answers = [
      exampleFeedback(),
      exampleFeedback({ tenant: 'other', answer: 'wrong' }),
      exampleFeedback({ incident: '000000000001', answer: 'not-an-incident' }),
    ];
    expect(feedbackVerdicts(answers).map(({ tenant, verdict }) => [tenant, verdict])).toEqual([
      ['default', 'not-an-incident'],
      ['default', 'right'],
      ['other', 'wrong'],
    ]);
  });
});

describe('labels', () => {
  const [from, through] = [Date.UTC(2026, 0, 24, 21, 0, 0), Date.UTC(2026, 0, 24, 21, 0, 20)];
  const labelOf = (answers: readonly Feedback[], changes = {}) =>
    incidentLabels(answers, [exampleIncident({ revision: 1, ...changes })])[0];

  it('say when something was wrong, and with whom', () => {
    expect(labelOf(said('right'))).toEqual({
      tenant: 'default',
      incident: '7f3a00112233',
      label: 'confirmed',
      fromMs: from,
      toMs: through,
      services: ['payment', 'gateway', 'checkout'].map(exampleService),
      cause: exampleService('payment'),
    });
    expect(labelOf(said('wrong:cart'), { resolvedAtMs: through + 9 })).toMatchObject({
      label: 'confirmed',
      toMs: through + 9,
      cause: exampleService('cart'),
      cleared: exampleService('payment'),
    });
    expect(labelOf(said('wrong'))).not.toHaveProperty('cause');
  });

  it('say when nothing was', () => {
    const label = labelOf(said('none'));
    expect(label).toMatchObject({ label: 'refuted', cleared: exampleService('payment') });
    expect(label).not.toHaveProperty('cause');
  });

  it('say nothing of what is disputed, or of incidents that nobody knows', () => {
    expect(labelOf(said('right', 'none'))).toBeUndefined();
    expect(incidentLabels(said('right'), [])).toEqual([]);
    expect(incidentLabels(said('right'), [exampleIncident({ tenant: 'other' })])).toEqual([]);
  });

  it('are of the newest revision, and the same whatever comes first', () => {
    const revisions = [exampleIncident(), exampleIncident({ revision: 2, throughMs: through + 50 })];
    const answers = said('right', 'none', 'right');
    const labels = incidentLabels(answers, revisions);
    expect(labels[0]?.toMs).toBe(through + 50);
    expect(incidentLabels([...answers].reverse(), [...revisions].reverse())).toEqual(labels);
  });
});
