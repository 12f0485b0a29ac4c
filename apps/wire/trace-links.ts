/**
 * Link that opens a trace in Grafana Explore: the `panes` form that Grafana writes into its own address bar since
 * version 10.
 *
 * @param grafanaUrl base URL, with or without a path and a closing slash
 * @param traceId 32 hexadecimal digits
 * @param datasourceUid uid of the Tempo data source
 */
export function grafanaTraceUrl(grafanaUrl: string, traceId: string, datasourceUid = 'tempo'): string {
  const panes = {
    trace: {
      datasource: datasourceUid,
      queries: [
        {
          refId: 'A',
          datasource: { type: 'tempo', uid: datasourceUid },
          queryType: 'traceql',
          limit: 20,
          tableType: 'traces',
          query: traceId,
        },
      ],
      range: { from: 'now-24h', to: 'now' },
    },
  };
  const url = new URL(`${grafanaUrl.replace(/\/+$/, '')}/explore`);
  url.searchParams.set('schemaVersion', '1');
  url.searchParams.set('panes', JSON.stringify(panes));
  url.searchParams.set('orgId', '1');
  return url.toString();
}
