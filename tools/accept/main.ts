import { ToolMissingError } from '../peers';
import { acceptNode } from './node';
import { NotAcceptedError } from './report';

/** Parts of `npm run accept:cluster`, by name: what each shows, and how. */
const minors: Readonly<Record<string, { readonly shows: string; readonly run: () => Promise<void> }>> = {
  node: { shows: 'the worker image and dist/thesis on a real node; wants root and containerd', run: acceptNode },
};

const usage = `npm run accept:cluster -- PART…

${Object.entries(minors)
  .map(([name, { shows }]) => `  ${name.padEnd(8)} ${shows}`)
  .join('\n')}

Exit codes: 0 everything holds, 1 something does not, 2 wrong usage.`;

async function main(names: readonly string[]): Promise<number> {
  if (names.includes('--help') || names.includes('-h')) {
    console.log(usage);
    return 0;
  }
  const unknown = names.filter((name) => minors[name] === undefined);
  if (names.length === 0 || unknown.length > 0) {
    console.error(unknown.length > 0 ? `There is no part ${unknown.join(', ')}.\n\n${usage}` : usage);
    return 2;
  }
  for (const name of names) await minors[name]?.run();
  return 0;
}

main(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const expected = error instanceof NotAcceptedError || error instanceof ToolMissingError;
    console.error(expected ? error.message : error);
    process.exitCode = 1;
  },
);
