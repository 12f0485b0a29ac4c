import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';
import { dump } from '../constructs/core/yaml';
import { Loki } from '../constructs/logs/loki';
import { fileOf, renderApp, testApp } from '../constructs/testing';
import { apmRoutesStatus, apmServiceMap } from '../constructs/tracing/apm-dashboards';
import { platform } from '../main';
import {
  lokiOnLoopback,
  type LokiPeer,
  type Peer,
  type PrometheusPeer,
  sendTraces,
  startLoki,
  startPrometheus,
  substituteAddresses,
} from '../tools/peers';
import { allQueries, interpolated, queriesOf, type FoundQuery } from './dashboards.testing';
import { startGeneratingTempo, type GeneratingTempo } from './generating-tempo.testing';
import { thesis } from './thesis';

const peers: Peer[] = [];
afterAll(() => Promise.all(peers.map((peer) => peer.stop())));

const asked = (language: FoundQuery['language']) => allQueries.filter((query) => query.language === language);

interface Answer {
  readonly status: number;
  readonly text: string;
}

async function get(url: string, path: string, parameters: Readonly<Record<string, string>>): Promise<Answer> {
  const answer = await fetch(`${url}${path}?${new URLSearchParams(parameters).toString()}`);
  return { status: answer.status, text: await answer.text() };
}

/** Queries that a server refuses, with what it says. */
async function refusedBy(
  queries: readonly FoundQuery[],
  ask: (text: string) => Promise<Answer>,
): Promise<readonly string[]> {
  const refused: string[] = [];
  for (const { dashboard, panel, text } of queries) {
    const { status, text: said } = await ask(interpolated(text));
    if (status !== 200) refused.push(`${dashboard}, ${panel}: ${said}`);
  }
  return refused;
}

/** Asks again and again until there is an answer; ends with the test's own deadline. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await sleep(500);
  }
}

describe('What panels ask of Prometheus and of Tempo', () => {
  let prometheus: PrometheusPeer;
  let generating: GeneratingTempo;

  beforeAll(async () => {
    prometheus = await startPrometheus(dump({ global: { scrape_interval: '1s' } }));
    peers.push(prometheus);
    generating = await startGeneratingTempo(prometheus.url);
    peers.push(generating.tempo);
  });

  const promql = (text: string) => get(prometheus.url, '/api/v1/query', { query: text });
  const traceql = (text: string) => get(generating.tempo.queryUrl, '/api/search', { q: text });

  it('Prometheus understands, all of it', async () => {
    expect(asked('PromQL').length).toBeGreaterThan(200);
    expect(await refusedBy(asked('PromQL'), promql)).toEqual([]);
    const [first] = asked('PromQL');
    const wrong = first === undefined ? [] : [{ ...first, text: `${first.text} by` }];
    expect(await refusedBy(wrong, promql)).toEqual([expect.stringContaining('parse error')]);
  });

  it('Prometheus understands of links from a span, too', async () => {
    const { datasources } = parse(fileOf(renderApp(platform(thesis)), 'grafana-datasources', 'datasources.yaml')) as {
      readonly datasources: readonly { readonly jsonData: { readonly tracesToMetrics?: Links } }[];
    };
    interface Links {
      readonly queries: readonly { readonly name: string; readonly query: string }[];
    }
    const links = datasources.flatMap(({ jsonData }) => jsonData.tracesToMetrics?.queries ?? []);
    expect(links).toHaveLength(3);
    for (const { query } of links) {
      // As Grafana has it: two dollar signs are one, then come the tags, then the span.
      const text = query.replaceAll('$$', '$').replace('$__tags', 'service="cart"').replace('${__span.name}', 'GET /');
      expect(text).toContain('{service="cart", span_name="GET /"');
      expect(await promql(text)).toMatchObject({ status: 200 });
    }
  });

  it('Tempo understands, all of it', async () => {
    expect(asked('TraceQL').length).toBeGreaterThan(1);
    expect(await refusedBy(asked('TraceQL'), traceql)).toEqual([]);
    const [first] = asked('TraceQL');
    const wrong = first === undefined ? [] : [{ ...first, text: `${first.text} {` }];
    expect(await refusedBy(wrong, traceql)).toHaveLength(1);
  });

  it('of routes and of who calls whom has an answer, from spans alone', async () => {
    const series = [apmRoutesStatus, apmServiceMap].flatMap(queriesOf).filter(({ language }) => language === 'PromQL');
    expect(series.length).toBeGreaterThan(12);
    const unanswered = async () => {
      const open: string[] = [];
      for (const { dashboard, panel, text } of series) {
        const { text: answer } = await promql(interpolated(text, '.+'));
        const { data } = JSON.parse(answer) as { readonly data: { readonly result: readonly object[] } };
        if (data.result.length === 0) open.push(`${dashboard}, ${panel}`);
      }
      return open;
    };
    const send = () =>
      sendTraces({
        endpoint: generating.otlp,
        service: 'checkout',
        traces: 20,
        status: 'Error',
        spanDuration: '600ms',
      });
    let open = await unanswered();
    for (let times = 0; times < 60 && open.length > 0; times += 1) {
      await send();
      await sleep(1_000);
      open = await unanswered();
    }
    expect(open).toEqual([]);
  });

  it('of failed and of slow requests has traces', async () => {
    for (const { text } of queriesOf(apmRoutesStatus).filter(({ language }) => language === 'TraceQL')) {
      const found = await eventually(async () => {
        const { traces } = JSON.parse((await traceql(interpolated(text, '.+'))).text) as { readonly traces?: object[] };
        return traces !== undefined && traces.length > 0 ? traces : undefined;
      });
      expect(found[0]).toMatchObject({ rootServiceName: 'checkout' });
    }
  });
});

describe('What panels ask of Loki', () => {
  let loki: LokiPeer;

  beforeAll(async () => {
    const app = testApp();
    new Loki(app.chart('logs'), 'loki');
    loki = await startLoki(
      substituteAddresses(fileOf(renderApp(app), 'loki-config', 'loki.yaml'), await lokiOnLoopback()),
    );
    peers.push(loki);
  });

  const logql = (text: string) => get(loki.url, '/loki/api/v1/query_range', { query: text, since: '1h' });

  it('it understands, all of it', async () => {
    expect(asked('LogQL').length).toBeGreaterThan(3);
    expect(await refusedBy(asked('LogQL'), logql)).toEqual([]);
    const [first] = asked('LogQL');
    const wrong = first === undefined ? [] : [{ ...first, text: `${first.text} |` }];
    expect(await refusedBy(wrong, logql)).toEqual([expect.stringContaining('parse error')]);
  });

  it('it answers of a line that came by OTLP: by service, by level, and with its trace id', async () => {
    const record = {
      timeUnixNano: `${Date.now()}000000`,
      severityText: 'ERROR',
      severityNumber: 17,
      traceId: '5b8efff798038103d269b633813fc60c',
      body: { stringValue: 'the card was refused' },
    };
    const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'payment' } }] };
    const sent = await fetch(`${loki.url}/otlp/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ resourceLogs: [{ resource, scopeLogs: [{ logRecords: [record] }] }] }),
    });
    expect(sent.ok).toBe(true);
    for (const { panel, text } of asked('LogQL')) {
      const query = interpolated(text, { service: 'payment', level: 'error|warn', search: 'CARD' });
      const answer = await eventually(async () => {
        const { status, text: said } = await logql(query);
        return status === 200 && said.includes('payment')
          ? said
          : status === 200 && said.includes('error')
            ? said
            : undefined;
      });
      if (panel === 'Lines') expect(answer).toContain('5b8efff798038103d269b633813fc60c');
    }
  });
});
