import { topics as pipelineTopics } from '@plumbline/contracts';
import { failed, passed, type Check, type Outcome } from '../check';
import type { VerifyContext } from '../context';
import { patiently } from '../patience';

export const rawRecords: Check = {
  name: 'raw-records',
  claim: `the trace reaches the topic ${pipelineTopics.traces.name}`,
  why: 'the pipeline reads it there; it is the other path of every trace',
  run: (context) =>
    reaches(context, pipelineTopics.traces.name, 'look at the log of the aggregator, which writes to the broker'),
};

export const preprocessedRecords: Check = {
  name: 'preprocessed-records',
  claim: `the trace reaches the topic ${pipelineTopics.tracesPreprocessed.name}`,
  why: 'preprocessing works, and detection has something to judge',
  run: (context) =>
    reaches(context, pipelineTopics.tracesPreprocessed.name, 'look at the log and at /metrics of preprocessing'),
};

export const judgedRecords: Check = {
  name: 'judged-records',
  claim: `detection judges the trace, and tells of it on the topic ${pipelineTopics.windowStats.name}`,
  why: 'what detection does not count root cause does not know, and no incident opens',
  async run({ sample, patienceMs, signal }) {
    const { traceId } = await sample.send();
    const range = await patiently(patienceMs, signal, () => sample.judgedRange());
    if (range !== undefined) {
      return passed(`partition ${range.partition}, offsets ${range.firstOffset} to ${range.lastOffset}`);
    }
    return failed(
      `no statistics name the record of trace ${traceId} as their source after ${patienceMs / 1000} s`,
      'see the check "preprocessed-records"; then look at the log and at /metrics of anomaly-detection',
    );
  },
};

async function reaches(context: VerifyContext, topic: string, todo: string): Promise<Outcome> {
  const { sample, patienceMs, signal } = context;
  const { traceId } = await sample.send();
  const sighting = await patiently(patienceMs, signal, () => sample.sighting(topic));
  if (sighting !== undefined) {
    return passed(`trace ${traceId}, partition ${sighting.partition}, offset ${sighting.offset}`);
  }
  return failed(
    `trace ${traceId} was taken by the ingestor, but is not on ${topic} after ${patienceMs / 1000} s`,
    todo,
  );
}
