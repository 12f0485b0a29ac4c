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
 * Runs Python with PySpark, whose jobs then run in this one process.
 *
 * @throws {ToolMissingError} before `npm run tools -- --only spark`
 * @throws {ProgramFailedError} with the traceback
 */
export async function pyspark(args: readonly string[], options: RunProgramOptions = {}): Promise<Printed> {
  const env = { SPARK_LOCAL_IP: '127.0.0.1', PYSPARK_SUBMIT_ARGS: '--master local[2] pyspark-shell', ...options.env };
  return runProgram(homeOf('spark').path('spark', 'bin', 'python'), args, { ...options, env });
}

/**
 * Runs Python with NumPy and scikit-learn, an implementation of models that knows nothing of ours.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} with the traceback
 */
export async function scikitLearn(args: readonly string[], options: RunProgramOptions = {}): Promise<Printed> {
  return runProgram(homeOf('scikit-learn').path('scikit-learn', 'bin', 'python'), args, options);
}
