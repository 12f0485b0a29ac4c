import { Command } from 'commander';
import { Progress } from '../output/progress';

interface RankArguments {
  readonly normal: string[];
  readonly abnormal: string[];
  readonly text?: boolean;
}

export function rankCommand(): Command {
  return new Command('rank')
    .description('rank services as causes of what differs between a normal recording and an abnormal one')
    .requiredOption('--normal <file...>', 'recordings, or folders of them, of when all was well')
    .requiredOption('--abnormal <file...>', 'recordings of when it was not; one slow trace is enough')
    .option('--text', 'print it for people')
    .addHelpText(
      'after',
      `
Recordings are JSON lines (one OTLP export request a line) or length-delimited protobuf; may be gzipped. Prints one line of JSON:
  {"ranking":[{"service":"<service.name>","confidence":0.93,"evidence":[{"sentence":"…",…},…]},…],"unknown":0.04,…}
All services are in it, best first. "unknown" is the belief that it is none of them. A service has a "key" where others share its name.`,
    )
    .action(async ({ normal, abnormal, text }: RankArguments) => {
      const { rankRecordings } = await import('@plumbline/standalone');
      const { pipelineSettings } = await import('../settings/pipeline-settings.js');
      const { formatRanking } = await import('../output/ranking.js');
      const progress = new Progress();
      const result = await rankRecordings({ normal, abnormal }, pipelineSettings(process.env));
      console.log(text === true ? formatRanking(result) : JSON.stringify(result));
      progress.done(`${result.abnormalTraces} traces compared with ${result.normalTraces} normal ones`);
    });
}
