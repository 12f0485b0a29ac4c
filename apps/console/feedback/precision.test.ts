import { feedbackVerdicts } from '@plumbline/wire';
import { exampleFeedback } from '../../wire/feedback.testing';
import { precisionOf, precisionSentence, wilson } from './precision';

const said = (...answers: readonly ('right' | 'wrong' | 'not-an-incident' | 'unnamed' | 'disputed')[]) =>
  precisionOf(
    feedbackVerdicts(
      answers.flatMap((answer, i) => {
        const incident = i.toString(16).padStart(12, '0');
        if (answer === 'unnamed') return [exampleFeedback({ incident, answer: 'wrong', shown: [] })];
        if (answer !== 'disputed') return [exampleFeedback({ incident, answer })];
        return [exampleFeedback({ incident, by: 'Ann' }), exampleFeedback({ incident, by: 'Ben', answer: 'wrong' })];
      }),
    ),
  );

describe('precision from feedback', () => {
  it('is the share of answered incidents that named the right cause; one that was none did not', () => {
    expect(said('right', 'right', 'wrong', 'not-an-incident')).toMatchObject({
      answered: 4,
      right: 2,
      notIncidents: 1,
      share: { value: 0.5 },
    });
  });

  it('leaves out what people do not agree on, and what named nobody', () => {
    expect(said('right', 'disputed', 'unnamed')).toMatchObject({ answered: 1, right: 1, disputed: 1, unnamed: 1 });
    expect(said('disputed')).not.toHaveProperty('share');
  });

  it('is told with its interval, and with what does not count', () => {
    expect(precisionSentence(said())).toBe('No incident that named a cause is answered yet.');
    expect(precisionSentence(said('right', 'wrong', 'not-an-incident', 'disputed', 'unnamed'))).toBe(
      'Of 3 answered incidents 1 named the right cause: 33 % (95 % interval 6 to 79 %). 1 was no incident; 1 named no cause and does not count; people do not agree on 1, which does not count.',
    );
  });

  // scipy.stats.binomtest(k, n).proportion_ci(method='wilson'), SciPy 1.17.1
  it.each([
    { right: 34, of: 41, low: 0.6873738759959582, high: 0.9147474802240501 },
    { right: 0, of: 1, low: 0.0, high: 0.7934506856227626 },
    { right: 1, of: 1, low: 0.20654931437723745, high: 1.0 },
    { right: 0, of: 30, low: 0.0, high: 0.11351339317396875 },
    { right: 500, of: 1000, low: 0.4690696003681042, high: 0.5309303996318958 },
  ])('has the interval of SciPy: $right of $of', ({ right, of, low, high }) => {
    expect(wilson(right, of).low).toBeCloseTo(low, 12);
    expect(wilson(right, of).high).toBeCloseTo(high, 12);
  });
});
