import { join } from 'node:path';
import { readEnvironment } from '../constructs/invariants';
import { images, type Image } from '../constructs/images';
import { renderedFolder } from '../tools/checks/check';
import { endedImages } from './ended-images';
import { environments } from '.';

const soonDays = 90;

/** Days until nobody fixes a release line any more; negative or 0 when that is so. */
function daysLeft({ endOfLife }: Image, today: Date): number {
  if (endOfLife === undefined) return Infinity;
  if (endOfLife === 'past') return 0;
  return Math.ceil((Date.parse(`${endOfLife}T00:00:00Z`) - today.getTime()) / 86_400_000);
}

/** Names of images of the table whose reference is in a text. */
function ofTable(text: string): readonly (keyof typeof images)[] {
  const names = Object.keys(images) as (keyof typeof images)[];
  return names.filter((name) => text.includes(`${images[name].repository}:${images[name].tag}`));
}

describe.each(environments)('The environment $name', ({ name }) => {
  const used = ofTable(JSON.stringify(readEnvironment(join(renderedFolder, name))));
  const ended = used.filter((image) => daysLeft(images[image], new Date()) <= 0);

  it('has an image of an ended release line only where it says why', () => {
    expect(ended.toSorted()).toEqual(Object.keys(endedImages[name] ?? {}).toSorted());
    for (const reason of Object.values(endedImages[name] ?? {})) expect(reason.length).toBeGreaterThan(20);
  });

  it('is warned of release lines that end within ninety days', () => {
    const soon = used.filter((image) => !ended.includes(image) && daysLeft(images[image], new Date()) <= soonDays);
    for (const image of soon) console.warn(`${name}: the release line of ${image} ends within ${soonDays} days`);
    expect(used.length).toBeGreaterThan(3);
  });
});

describe('A release line', () => {
  const on = (day: string) => new Date(`${day}T12:00:00Z`);

  it('has ended from the day after which it gets no fixes, and before that has days left', () => {
    expect(daysLeft(images.redpanda, on('2026-04-08'))).toBeLessThanOrEqual(0);
    expect(daysLeft(images.redpanda, on('2026-01-07'))).toBe(90);
    expect(daysLeft(images.grafana, on('2000-01-01'))).toBe(0);
    expect(daysLeft(images.tempo, on('2999-01-01'))).toBe(Infinity);
  });
});
