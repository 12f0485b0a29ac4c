import { Argument, Command, InvalidArgumentError } from 'commander';

interface FeedbackArguments {
  readonly url: string;
  readonly service?: string;
  readonly note?: string;
  readonly by?: string;
  readonly json?: boolean;
}

/** Where `standalone` serves the console unless it is told otherwise. */
const localConsole = 'http://127.0.0.1:8080';

export function feedbackCommand(): Command {
  return new Command('feedback')
    .description('say whether an incident named the right cause; messages and profiles learn from it')
    .argument('<incident>', 'id of the incident, twelve digits; or `list`', incidentId)
    .addArgument(
      new Argument('<answer>', 'what is so; `withdrawn` takes back what was said under the name').choices([
        'right',
        'wrong',
        'not-an-incident',
        'withdrawn',
      ]),
    )
    .option('--service <name>', 'with `wrong`: the service that it was, as the page calls it, or its key')
    .option('--note <text>', 'anything else, up to 1000 characters')
    .option('--by <name>', 'who says so; a later answer under the same name takes the place of the one before')
    .option('--url <url>', 'where the console is', httpUrl, localConsole)
    .option('--json', 'print what was stored as one JSON line')
    .addHelpText(
      'after',
      `
\`plumbline feedback list\` prints what was said, and how often incidents named the right cause.
Leaves with 2 when the console cannot take it (no such incident, a service with \`right\`), with 1 when it does not answer or could not
store it. Saying the same again is harmless.`,
    )
    .action(async (incident: string, answer: string, options: FeedbackArguments) => {
      const { sayOfIncident } = await import('../feedback/console-client.js');
      const { formatStored } = await import('../feedback/report.js');
      const { url, json, service, note, by } = options;
      const stored = await sayOfIncident(url, incident, {
        answer,
        ...(service === undefined ? {} : { service }),
        ...(note === undefined ? {} : { note }),
        ...(by === undefined ? {} : { by }),
      });
      if (json === true) console.log(JSON.stringify(stored === undefined ? { withdrawn: true } : { stored }));
      else console.log(stored === undefined ? 'Taken back.' : formatStored(stored));
    })
    .addCommand(listCommand());
}

function listCommand(): Command {
  return new Command('list')
    .description('print what was said of incidents, newest first, and how often they named the right cause')
    .option('--url <url>', 'where the console is', httpUrl, localConsole)
    .option('--json', 'print it as one JSON line')
    .action(async (_: unknown, command: Command) => {
      const { feedbackList } = await import('../feedback/console-client.js');
      const { formatFeedback } = await import('../feedback/report.js');
      // The command in front has the same options, and takes them wherever they stand.
      const { url, json } = command.optsWithGlobals<FeedbackArguments>();
      const list = await feedbackList(url);
      console.log(json === true ? JSON.stringify(list) : formatFeedback(list));
    });
}

function incidentId(text: string): string {
  if (!/^[0-9a-f]{12}$/.test(text))
    throw new InvalidArgumentError('give the twelve digits of an incident, as the console shows them.');
  return text;
}

function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('give an http or https URL.');
  return text.replace(/\/+$/, '');
}
