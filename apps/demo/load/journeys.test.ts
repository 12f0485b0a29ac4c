import { seededRandom } from '../prng';
import { drawJourney, journeys, meanSteps } from './journeys';

describe('journeys', () => {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 5000 }, () => drawJourney(random));

  it('have as many requests on average as the rate is reckoned with', () => {
    expect(drawn.reduce((sum, steps) => sum + steps.length, 0) / drawn.length).toBeCloseTo(meanSteps, 1);
  });

  it('repeat with the seed', () => {
    const again = seededRandom(1);
    expect(drawn.slice(0, 50)).toEqual(Array.from({ length: 50 }, () => drawJourney(again)));
  });

  it('begin at once and then pause for thought', () => {
    for (const [first, ...others] of drawn) {
      expect(first?.pauseMs).toBe(0);
      for (const { pauseMs } of others) expect(pauseMs).toBeGreaterThanOrEqual(100);
    }
  });

  it('check out only what was put into the same cart before', () => {
    for (const steps of drawn) {
      const checkout = steps.findIndex(({ path }) => path === '/checkout');
      if (checkout < 0) continue;
      const { user } = steps[checkout]?.body as { user: string };
      expect(steps.slice(0, checkout).map(({ path }) => path)).toContain(`/cart/${user}/items`);
    }
  });

  it('see a card declined now and then', () => {
    const cards = drawn.flat().flatMap(({ body }) => (body !== undefined && 'card' in body ? [body.card] : []));
    const declined = cards.filter((card) => card === 'declined').length / cards.length;
    expect(declined).toBeGreaterThan(0);
    expect(declined).toBeLessThan(0.02);
  });

  it('have weights of a hundred', () => {
    expect(journeys.reduce((sum, { weight }) => sum + weight, 0)).toBe(100);
  });
});
