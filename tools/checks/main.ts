import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { renderedEnvironments } from '../../constructs/invariants';
import { check, renderedFolder } from './check';
import { exceptions } from './exceptions';
import { judge } from './judge';

const usage = `npm run checks [-- ENVIRONMENT ...]

Has kube-score and checkov judge dist/ENVIRONMENT, by default every folder of dist/, and prints what is neither
well nor excepted in tools/checks/exceptions.ts. Exit code 1 if there is anything. Wants \`npm run synth\` and
\`npm run tools -- --only kube-score,checkov\` first.`;

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', short: 'h', default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    console.log(usage);
    return 0;
  }
  let problems = 0;
  for (const environment of positionals.length > 0 ? positionals : renderedEnvironments(renderedFolder)) {
    const folder = join(renderedFolder, environment);
    if (!existsSync(folder))
      throw new Error(`There is no ${folder}: run \`npm run synth\`, or name another environment`);
    const findings = (await check(folder)).flatMap((report) => report.findings);
    const lines = judge(environment, findings, exceptions);
    problems += lines.length;
    console.log(`${environment}: ${findings.length} findings, ${lines.length} problems`);
    for (const line of lines) console.log(`  ${line}`);
  }
  return problems === 0 ? 0 : 1;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  },
);
