import { homeOf } from './installed';
import { runProgram, type Printed, type RunProgramOptions } from './run';

/**
 * Runs Python with pyarrow and DuckDB, the independent readers of our Parquet: `['-c', script, …]`.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with the traceback
 */
export async function python(args: readonly string[], options: RunProgramOptions = {}): Promise<Printed> {
  return runProgram(homeOf('python').path('python', 'bin', 'python'), args, options);
}

/**
 * Runs Python with NumPy alone, in which tests compute again what our models say.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with the traceback
 */
export async function numpy(args: readonly string[], options: RunProgramOptions = {}): Promise<Printed> {
  return runProgram(homeOf('numpy').path('numpy', 'bin', 'python'), args, options);
}
