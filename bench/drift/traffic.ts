import type { Draw } from '../../apps/models/drift/testing';

/** Traffic as drift is measured on: rows of features and, last, a score; of each hour. */
export type Traffic = (random: () => number, features: number) => (hour: number) => Draw;

/** Traces that have nothing to do with each other. */
export const independent: Traffic = (random, features) => {
  const row = new Float64Array(features + 1);
  return () => () => {
    for (let column = 0; column <= features; column += 1) row[column] = random();
    return row;
  };
};

/**
 * Traces of the same five minutes go together: each feature is moved for all of them, by 0.3 of the standard deviation of a trace in
 * the mean. An hour of five hundred such traces tells as much as one of some 110 that are independent.
 */
export const clustered: Traffic = (random, features) => {
  const row = new Float64Array(features + 1);
  const moved = new Float64Array(features + 1);
  return () => {
    let slot = -1;
    return (trace) => {
      const now = Math.floor((trace * 12) / 500);
      if (now !== slot) {
        slot = now;
        for (let column = 0; column <= features; column += 1) moved[column] = 0.3 * deviation * normal(random);
      }
      for (let column = 0; column <= features; column += 1) row[column] = random() + (moved[column] ?? 0);
      return row;
    };
  };
};

/**
 * Two kinds of requests: half of all in the mean, 35 % at night and 65 % by day. Half of the features are one standard deviation
 * higher for the second, and a quarter are of the first only.
 */
export const throughTheDay: Traffic = (random, features) => {
  const row = new Float64Array(features + 1);
  return (hour) => {
    const second = 0.5 + 0.15 * Math.sin((2 * Math.PI * hour) / 24);
    return () => {
      const isSecond = random() < second;
      for (let column = 0; column <= features; column += 1) {
        const kind = column % 4;
        row[column] = isSecond && kind === 0 ? NaN : random() + (isSecond && kind >= 2 ? deviation : 0);
      }
      return row;
    };
  };
};

/** The first feature, bell-shaped (logistic), is moved by so many of its standard deviations. */
export function shifted(by: number): Traffic {
  return (random, features) => {
    const draw = independent(random, features);
    return (hour) => {
      const ofHour = draw(hour);
      return (trace) => {
        const row = Float64Array.from(ofHour(trace));
        const u = Math.max(row[0] ?? 0, 1e-12);
        row[0] = Math.log(u / (1 - u)) + (by * Math.PI) / Math.sqrt(3);
        return row;
      };
    };
  };
}

/** Of a uniform number. */
const deviation = Math.sqrt(1 / 12);

/** By Box and Muller. */
function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
