import { differences } from './compare';
import { keptIn, parseBaseline, readBaseline, textOf } from './file';
import { renderedBaselines } from './rendered';
import { reportOf } from './report';
import { goneText, newText } from './update';

/** What a change of a construct does to those who run it already; the file says what they have. */
it('Nothing that an upgrade must not change is another than what is kept of it', async () => {
  const rendered = await renderedBaselines();
  const found = [
    ...keptIn()
      .filter((name) => rendered[name] === undefined)
      .map(goneText),
    ...Object.entries(rendered).flatMap(([environment, is]) => {
      const was = readBaseline(environment);
      if (was === undefined) return [newText(environment)];
      // A file that says the same in another way would be written anew by the next.
      expect(parseBaseline(textOf(was), environment)).toEqual(was);
      return reportOf(environment, differences({ environment, was, is }));
    }),
  ];
  if (found.length > 0)
    throw new Error(
      `${found.length} changes that environments/baseline does not know; \`npm run baseline\` writes what is new, and what breaks ` +
        `something with --accept-breaking:\n${found.join('\n')}`,
    );
});
