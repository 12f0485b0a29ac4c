import { Command, CommanderError, Option } from 'commander';
import { renderedBaselines } from './rendered';
import { changesSince, UnknownRevisionError } from './since';
import { updateBaselines, type Updated } from './update';

interface Options {
  readonly acceptBreaking?: boolean;
  readonly since?: string;
}

const program = new Command('npm run baseline --')
  .description(
    'Compares what is rendered with what environments/baseline keeps of it: names, selectors, claims, ports, topics and the like, which\n' +
      'those who run the platform rely on. Says what is different and what each change breaks for them. Writes what is new and breaks nothing.',
  )
  .option('--accept-breaking', 'write what breaks something, too')
  .addOption(
    new Option('--since <revision>', 'compare with a release or another revision, and write nothing').conflicts(
      'acceptBreaking',
    ),
  )
  .addHelpText(
    'after',
    '\nExit codes: 0 what is kept is what is rendered (with --since: nothing breaks), 1 something breaks and was not accepted, 2 wrong usage.',
  )
  .exitOverride()
  .showHelpAfterError('(see --help)')
  .action(async ({ acceptBreaking = false, since }: Options) => {
    const rendered = await renderedBaselines();
    const done = since === undefined ? updateBaselines({ rendered, acceptBreaking }) : changesSince(since, rendered);
    for (const line of done.lines) console.log(line);
    console.log(summary(done, since));
    process.exitCode = done.left === 0 ? 0 : 1;
  });

function summary({ lines, breaking, left }: Updated, since: string | undefined): string {
  if (lines.length === 0) return 'Nothing changed.';
  const counted = `${lines.length} ${lines.length === 1 ? 'change' : 'changes'}, ${breaking} of them breaking`;
  if (since !== undefined) return `${counted}, since ${since}.`;
  return left === 0
    ? `${counted}: environments/baseline is written.`
    : `${counted} and not written. Take them back, or say so with --accept-breaking and in CHANGELOG.md.`;
}

program.parseAsync().catch((error: unknown) => {
  const said = error instanceof CommanderError;
  const isUsage = said || error instanceof UnknownRevisionError;
  if (!said) console.error(error instanceof UnknownRevisionError ? error.message : error);
  process.exitCode = said && error.exitCode === 0 ? 0 : isUsage ? 2 : 1;
});
