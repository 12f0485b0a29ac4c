import { signalSources, type DataSource } from '../core/data-source';
import type { EndpointPath } from '../core/stores';

/** Loki in Grafana: the trace id of a line is a link to the first trace store there is. */
export function lokiDataSource(api: EndpointPath): DataSource {
  return {
    ...signalSources.logs,
    api,
    settings: (all) => {
      const traces = all.find(({ type }) => type === signalSources.traces.type);
      return traces === undefined ? {} : { derivedFields: derivedFields(traces.uid) };
    },
  };
}

/** A dollar sign is written twice, for else it would name a variable of the environment. */
function derivedFields(datasourceUid: string): readonly object[] {
  const link = { datasourceUid, url: '$${__value.raw}', urlDisplayLabel: 'Trace' };
  return [
    // Structured metadata, as OTLP brings it.
    { name: 'trace_id', matcherType: 'label', matcherRegex: 'trace_id', ...link },
    // In the text of lines that came another way.
    { name: 'TraceID', matcherType: 'regex', matcherRegex: '(?:trace_?id|traceID)["=: ]+(\\w+)', ...link },
  ];
}
