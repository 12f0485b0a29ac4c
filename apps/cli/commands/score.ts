import { Command } from 'commander';
import { Progress } from '../output/progress';
import { recordingArgument } from './replay';

export function scoreCommand(): Command {
  return new Command('score')
    .description('score each trace of a recording by how seldom a normal recording has one like it')
    .argument('<file...>', recordingArgument)
    .requiredOption(
      '--normal <file>',
      'a recording, or a folder of them, of when all was well; may be repeated',
      collect,
    )
    .addHelpText(
      'after',
      `
Prints a line of JSON a trace: "falseAlarmRate" is the share of normal traces that score as high or higher, "score" its −log10: whoever
looks at every trace with a score of 2 or more looks at one normal trace in a hundred. It is calibrated by normal traces that were not
learnt from. "excess" is what it is made from: ln of how much longer than usual the most conspicuous service took. A trace of which
nothing is known from the normal recording has "abstained": true and scores 0.`,
    )
    .action(async (files: string[], { normal }: { readonly normal: string[] }) => {
      const { scoreRecording } = await import('@plumbline/standalone');
      const { pipelineSettings } = await import('../settings/pipeline-settings.js');
      const progress = new Progress();
      let traces = 0;
      let abstained = 0;
      for await (const line of scoreRecording(normal, files, pipelineSettings(process.env))) {
        console.log(JSON.stringify(line));
        traces += 1;
        if (line.abstained) abstained += 1;
      }
      const of = abstained === 0 ? '' : `, of which ${abstained} enter where too little is known`;
      progress.done(`${traces} traces scored${of}`);
    });
}

function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
