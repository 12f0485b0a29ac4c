import { pick, uniform, type Random } from '../prng';
import { productCount } from '../topology';

/** One request of a journey, and the pause before it. */
export interface Step {
  readonly pauseMs: number;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object;
}

const categories = ['books', 'garden', 'kitchen', 'tools'];
const userCount = 500;
/** Test shops decline a card now and then; so do real ones. */
const declinedShare = 0.005;

type Journey = (random: Random, user: string, product: string) => Omit<Step, 'pauseMs'>[];

const list = (random: Random) => ({ method: 'GET', path: `/products?category=${pick(random, categories)}` }) as const;
const show = (user: string, product: string) => ({ method: 'GET', path: `/products/${product}?user=${user}` }) as const;
const put = (user: string, id: string) => ({ method: 'POST', path: `/cart/${user}/items`, body: { id } }) as const;
const look = (user: string) => ({ method: 'GET', path: `/cart/${user}` }) as const;

/** What visitors do, and how many of a hundred do it. */
export const journeys: readonly { readonly name: string; readonly weight: number; readonly steps: Journey }[] = [
  { name: 'browse', weight: 30, steps: (random, user, product) => [list(random), show(user, product)] },
  { name: 'product page', weight: 30, steps: (_random, user, product) => [show(user, product)] },
  {
    name: 'fill the cart',
    weight: 20,
    steps: (_random, user, product) => [show(user, product), put(user, product), look(user)],
  },
  {
    name: 'buy',
    weight: 20,
    steps: (random, user, product) => {
      const card = random() < declinedShare ? 'declined' : 'accepted';
      return [put(user, product), { method: 'POST', path: '/checkout', body: { user, card } }];
    },
  },
];

const totalWeight = journeys.reduce((sum, { weight }) => sum + weight, 0);

/** Requests in a journey on average, by which a rate of requests becomes a rate of journeys. */
export const meanSteps =
  journeys.reduce((sum, { weight, steps }) => sum + weight * steps(() => 0, 'u', 'p').length, 0) / totalWeight;

/** Draws a visitor's journey. The first step comes at once, the others after a pause for thought. */
export function drawJourney(random: Random): Step[] {
  let left = random() * totalWeight;
  const journey = journeys.find(({ weight }) => (left -= weight) < 0) ?? journeys[0];
  const user = `u-${String(Math.floor(random() * userCount))}`;
  const product = `p-${String(1 + Math.floor(random() * productCount))}`;
  const steps = journey?.steps(random, user, product) ?? [];
  return steps.map((step, index) => ({ ...step, pauseMs: index === 0 ? 0 : uniform(random, 100, 600) }));
}
