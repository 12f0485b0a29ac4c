import { homeOf } from './installed';
import { runProgram } from './run';

/** Options of {@link vrl}. */
export interface VrlOptions {
  /** Whether what a program evaluates to is wanted, instead of the event. @default false */
  readonly result?: boolean;
}

const script = `
import json, sys
from vrl_python import VRLRuntime
runtime = VRLRuntime()
given = json.load(sys.stdin)
answers = []
for event in given['events']:
    for program in given['programs']:
        ran = runtime.execute(program, event)
        event = ran.processed_event
    answers.append(ran.runtime_result if given['result'] else event)
json.dump(answers, sys.stdout)
`;

/**
 * Lets VRL compile programs and run them, one behind the other, on each event.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with what it objects to
 */
export async function vrl(
  programs: readonly string[],
  events: readonly object[],
  { result = false }: VrlOptions = {},
): Promise<readonly unknown[]> {
  const input = JSON.stringify({ programs, events, result });
  const { stdout } = await runProgram(homeOf('vrl').path('vrl', 'bin', 'python'), ['-c', script], { input });
  return JSON.parse(stdout) as readonly unknown[];
}
