import { grafanaTraceUrl } from './trace-links';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';

function panes(url: string): unknown {
  return JSON.parse(new URL(url).searchParams.get('panes') ?? '');
}

describe('the link to a trace', () => {
  test("is Grafana Explore's own, with the trace id as the query", () => {
    const url = new URL(grafanaTraceUrl('http://grafana.example:3000', traceId));
    expect(url.pathname).toBe('/explore');
    expect(url.searchParams.get('schemaVersion')).toBe('1');
    expect(panes(url.href)).toMatchObject({
      trace: {
        datasource: 'tempo',
        queries: [{ query: traceId, queryType: 'traceql', datasource: { type: 'tempo', uid: 'tempo' } }],
      },
    });
  });

  test('keeps the path that Grafana is served below', () => {
    expect(new URL(grafanaTraceUrl('https://ops.example/grafana/', traceId)).pathname).toBe('/grafana/explore');
  });

  test('names the data source it is told', () => {
    expect(panes(grafanaTraceUrl('http://g', traceId, 'tempo-eu'))).toMatchObject({
      trace: { datasource: 'tempo-eu' },
    });
  });

  test('escapes whatever it is given', () => {
    const url = grafanaTraceUrl('http://g', '"}&x=<script>');
    expect(url).not.toContain('<');
    expect(panes(url)).toMatchObject({ trace: { queries: [{ query: '"}&x=<script>' }] } });
  });

  test('cannot be made below something that is no URL', () => {
    expect(() => grafanaTraceUrl('grafana', traceId)).toThrow('Invalid URL');
  });
});
