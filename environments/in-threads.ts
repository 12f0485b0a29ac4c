import { availableParallelism } from 'node:os';
import { isMainThread, Worker, workerData } from 'node:worker_threads';

/**
 * Does something for each of several, in two threads where there are two cores: each takes the next that nobody has taken. The second thread runs
 * the program anew, so it is for what a program does last. If one fails in either thread, the program does.
 *
 * @param program file that runs; if it is not JavaScript, one thread does it all, as the other could not read it
 */
export function inTwoThreads<T>(program: string, all: readonly T[], work: (each: T) => void): void {
  const shared: unknown = workerData;
  const second = !isMainThread && shared instanceof SharedArrayBuffer;
  const taken = new Int32Array(second ? shared : new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  if (isMainThread && program.endsWith('.js') && all.length > 1 && availableParallelism() > 1)
    new Worker(program, { workerData: taken.buffer });
  const next = () => all.slice(Atomics.add(taken, 0, 1)).slice(0, 1);
  for (let mine = next(); mine.length > 0; mine = next()) mine.forEach(work);
}
