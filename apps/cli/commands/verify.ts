import { Command } from 'commander';
import { Progress } from '../output/progress';
import { chosenByName, names } from '../settings/choose';
import { addSessionOptions, credentialsHelp, sessionOptions, type SessionArguments } from '../settings/session-options';

interface VerifyArguments extends SessionArguments {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
}

export function verifyCommand(): Command {
  const command = new Command('verify').description(
    'go through a checklist: whether what was applied to a cluster works, from pods to traces',
  );
  return addSessionOptions(command)
    .option('--only <names>', 'only these checks, separated by commas', names)
    .option('--skip <names>', 'without these checks, separated by commas', names)
    .option('--list', 'list the checks and why each is made')
    .option('--json', 'print the outcome as one JSON line')
    .addHelpText(
      'after',
      `
What there should be follows from the manifests.
${credentialsHelp}
Nothing is changed: one trace of a service plumbline-verify is sent, and three topics are read by a group that is deleted in the end.

Exit code: 0 when every check passed, 1 when one failed, 3 when none failed but not all could be told, 2 on wrong usage.`,
    )
    .action(async ({ only, skip, list, json, ...args }: VerifyArguments) => {
      const { checklist } = await import('../verify/checklist.js');
      if (list === true) {
        for (const { name, claim, why } of checklist) console.log(`${name}\n  ${claim}\n  why: ${why}\n`);
        return;
      }
      const checks = chosenByName(checklist, only, skip);
      const { withSession } = await import('../verify/session.js');
      const { exitCodeOfOutcomes, runChecks } = await import('../verify/run.js');
      const { formatReport, formatSummary } = await import('../verify/report.js');
      process.exitCode = await withSession(sessionOptions(args), async ({ context, about }) => {
        const progress = new Progress();
        if (json !== true) progress.heading(`Plumbline verify  ${about}`);
        const reports = await runChecks(checks, context, {
          onStart: ({ claim }) => progress.busy(claim),
          onEnd: (report) => {
            progress.clear();
            if (json !== true) console.log(formatReport(report));
          },
        });
        const exitCode = exitCodeOfOutcomes(reports.map(({ outcome }) => outcome));
        console.log(
          json === true ? JSON.stringify({ about, checks: reports, exitCode }) : `\n${formatSummary(reports)}`,
        );
        return exitCode;
      });
    });
}
