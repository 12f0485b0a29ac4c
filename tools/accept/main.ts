import { parseArgs } from 'node:util';
import { minors } from './minors';
import { runParts, UnknownPartError } from './run';

const parts = { minors };

const usage = `npm run accept:cluster [-- PART ...]

What takes too long, or needs too much, for every change. Ends with "N passed, N failed"; exit code 1 if anything failed.

  minors   dist/ at API servers of older minor versions; wants \`npm run tools -- --only kubernetes-1.35,kubernetes-1.34\``;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  return runParts(parts, positionals, (line) => console.log(line));
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof UnknownPartError ? error.message : error);
    process.exitCode = 2;
  },
);
