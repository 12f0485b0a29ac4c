import { count, failed, passed, unknown, type Check } from '../check';
import { expectedDataSources } from '../expected';
import { GrafanaClient } from '../grafana/grafana';
import { patiently } from '../patience';
import { sampleService } from '../sample/otlp';
import { searchTraces, spansOf, storedTrace } from '../tempo';

const recentSeconds = 3_600;

export const trace: Check = {
  name: 'trace',
  claim: 'a trace that is sent to the ingestor is found whole in Tempo',
  why: 'this is the way of every trace to where people look at it',
  async run({ sample, servers, patienceMs, signal }) {
    const tempo = await servers.url('tempo');
    const { traceId, spans } = await sample.send();
    let most = 0;
    const whole = await patiently(patienceMs, signal, async () => {
      most = (await storedTrace(tempo, traceId)).length;
      return most >= spans ? most : undefined;
    });
    if (whole !== undefined) return passed(`trace ${traceId}, ${count(spans, 'span')}`);
    const seen = most === 0 ? 'Tempo has not got it' : `Tempo has ${most} of its ${count(spans, 'span')}`;
    return failed(
      `trace ${traceId} was taken by the ingestor, but after ${patienceMs / 1000} s ${seen}`,
      'look at the log of the aggregator, which sends to Tempo, and at its queue: otelcol_exporter_queue_size',
    );
  },
};

export const explore: Check = {
  name: 'explore',
  claim: 'the trace is seen through the data source of Grafana, as Explore asks it',
  why: 'what Explore shows comes through Grafana, not straight from Tempo',
  async run(context) {
    const { sample, rendered, patienceMs, signal } = context;
    const source = expectedDataSources(rendered).items.find(({ type }) => type === 'tempo');
    if (source === undefined) {
      return unknown('no data source that is rendered is a Tempo', 'give Grafana a trace store in the environment');
    }
    const client = await GrafanaClient.open(context);
    const { traceId, spans } = await sample.send();
    let last = '';
    const whole = await patiently(patienceMs, signal, async () => {
      const answer = await client.through(source.uid, `/api/traces/${traceId}`);
      last = `it answers ${answer.status}`;
      return answer.status === 200 && spansOf(answer.json).length >= spans ? true : undefined;
    });
    if (whole === true) return passed(`Explore, ${source.name}, TraceQL ${traceId}`);
    return failed(
      `${source.name} in Grafana does not show trace ${traceId} after ${patienceMs / 1000} s: ${last}`,
      'see the checks "trace" and "connections"',
    );
  },
};

export const application: Check = {
  name: 'application',
  claim: 'an application sends traces',
  why: 'the pipeline learns from the traffic of applications; without any it stays silent',
  async run({ servers }) {
    const tempo = await servers.url('tempo');
    const found = await searchTraces(tempo, `{ resource.service.name != "${sampleService}" }`, recentSeconds);
    const services = [...new Set(found.map(({ rootService }) => rootService))].filter((name) => name !== '');
    if (found.length > 0) return passed(`in the last hour: ${services.slice(0, 5).join(', ')}`);
    return failed(
      'no application has sent a trace in the last hour',
      'set OTEL_EXPORTER_OTLP_ENDPOINT of one to the ingestor, or run plumbline scenario distributed-tracing, which brings one',
    );
  },
};
