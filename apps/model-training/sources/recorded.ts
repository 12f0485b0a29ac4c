import { gatherTraces, readRecordings, writeRequest } from '@plumbline/standalone';
import type { NamedRequest } from '../dataset/span-parts';

/**
 * The traces of recordings, each as one request: spans that came in several are gathered before.
 *
 * @throws {RecordingError} naming the file that cannot be read
 */
export async function* recordedRequests(
  paths: readonly string[],
  isKnown: (traceId: string) => boolean,
): AsyncGenerator<NamedRequest, void, undefined> {
  for (const { id, originNs, spans, bodies } of await gatherTraces(readRecordings(paths))) {
    const path = Buffer.from(id).toString('hex');
    if (isKnown(path)) continue;
    const outgoing = spans.flatMap(({ startNs, endNs }, i) => {
      const body = bodies[i];
      const [from, to] = [originNs + BigInt(startNs), originNs + BigInt(endNs)];
      return body === undefined ? [] : [{ body, traceId: id, startNs: from, endNs: to, fails: false }];
    });
    yield { bytes: writeRequest(outgoing), path };
  }
}
