import { PeerFailedError, ProgramFailedError, ToolMissingError } from '../peers';
import { acceptCommands } from './commands';
import { acceptMinors } from './minors';
import { acceptNode } from './node';
import { acceptProduction } from './production';
import { NotAcceptedError } from './report';
import { acceptScaling } from './scaling';

/** Parts of `npm run accept:cluster`, by name: what each shows, and how. */
const parts: Readonly<Record<string, { readonly shows: string; readonly run: () => Promise<void> }>> = {
  commands: { shows: 'plumbline up, doctor, test-load, verify and down on a real node', run: acceptCommands },
  minors: { shows: 'dist/ at API servers of the older minor versions that are supported', run: acceptMinors },
  node: { shows: 'the worker image and dist/thesis on a real node; wants root and containerd', run: acceptNode },
  production: {
    shows:
      'the stores of production on a real node, over TLS: found, told once, nothing lost when one of each is killed',
    run: acceptProduction,
  },
  scaling: { shows: 'what the autoscaler of dist/minimal decides, by a metrics API of ours', run: acceptScaling },
};

const usage = `npm run accept:cluster -- PART…

${Object.entries(parts)
  .map(([name, { shows }]) => `  ${name.padEnd(11)} ${shows}`)
  .join('\n')}

Ends with "N passed, N failed", which counts parts. Exit codes: 0 everything holds, 1 something does not, 2 wrong usage.`;

/** Errors that say by themselves what to do. */
const expected = [NotAcceptedError, PeerFailedError, ProgramFailedError, ToolMissingError];

async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--help') || names.includes('-h')) {
    console.log(usage);
    return 0;
  }
  const unknown = names.filter((name) => parts[name] === undefined);
  if (names.length === 0 || unknown.length > 0) {
    console.error(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${usage}` : usage);
    return 2;
  }
  let failed = 0;
  for (const name of names) {
    try {
      await parts[name]?.run();
    } catch (error) {
      failed += 1;
      console.error(expected.some((type) => error instanceof type) && error instanceof Error ? error.message : error);
    }
  }
  console.log(`${names.length - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  },
);
