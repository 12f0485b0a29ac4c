import { keptBaselines, parseBaseline, textOf } from './file';
import { renderedBaselines } from './rendered';
import { changedBetween, summedUp } from './update';

/** What a change of a construct does to those who run it already; the file says what they have. */
it('Nothing that an upgrade must not change is another than what is kept of it', async () => {
  const kept = keptBaselines();
  // A file that says the same in another way would be written anew by the next.
  for (const [environment, was] of Object.entries(kept)) expect(parseBaseline(textOf(was), environment)).toEqual(was);
  const { lines } = summedUp(changedBetween(kept, await renderedBaselines()));
  if (lines.length > 0)
    throw new Error(
      `${lines.length} changes that environments/baseline does not know; \`npm run baseline\` writes what is new, and what breaks ` +
        `something with --accept-breaking:\n${lines.join('\n')}`,
    );
});
