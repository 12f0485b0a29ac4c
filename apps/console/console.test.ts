import { serviceKey, type Incident } from '@plumbline/wire';
import { exampleIncident, incidentAfterRelease } from '@plumbline/wire/incident.testing';
import { consoleApp } from './app';
import { IncidentIndex } from './incident-index';

const key = (service: string) => serviceKey({ tenant: 'default', environment: '', namespace: '', service });

/** The nth incident, with a stored trace, a second suspect and something that was not seen. */
function incident(n: number, changes: Partial<Incident> = {}): Incident {
  const { causes, traces } = exampleIncident();
  const suspect = { confidence: 0.05, calibrated: false, change: 'it waits for payment' };
  return exampleIncident({
    id: n.toString(16).padStart(12, '0'),
    startedAtMs: 1_700_000_000_000 + n * 1000,
    openedAtMs: 1_700_000_010_000 + n * 1000,
    throughMs: 1_700_000_010_000 + n * 1000,
    environment: '',
    causes: [...causes, { ...suspect, service: key('checkout'), evidence: [], against: [], signals: {} }],
    traces: traces.map((trace) => ({
      ...trace,
      object: { bucket: 'anomaly-data', key: `date=2023-11-14/service=gateway/trace_${trace.traceId}.parquet` },
    })),
    notSeen: ['4 % of spans have a parent that never came.'],
    ...changes,
  });
}

describe('the console', () => {
  const index = new IncidentIndex();
  const app = consoleApp({ index, grafanaUrl: 'http://grafana.local', now: () => 1_700_000_020_000 });
  const get = async (path: string) => {
    const response = await app.request(path);
    return { status: response.status, text: await response.text(), headers: response.headers };
  };

  beforeEach(() => {
    index.clear();
  });

  it('says that there is nothing, and how to send traces, before any came', async () => {
    const fresh = consoleApp({ index, status: () => ({ traces: 0, operationsLearnt: 0, operationsSeen: 0 }) });
    const text = await (await fresh.request('/incidents')).text();
    expect(text).toContain('No incidents.');
    expect(text).toContain('OTEL_EXPORTER_OTLP_ENDPOINT');
  });

  it('tells programs the list, and what the pipeline says of itself where it runs here', async () => {
    index.put(incident(1));
    index.put(incident(2));
    const { text } = await get('/incidents.json');
    const { incidents } = JSON.parse(text) as { readonly incidents: readonly { readonly id: string }[] };
    expect(incidents.map(({ id }) => id)).toEqual(['000000000002', '000000000001']);
    expect((await get('/status.json')).status).toBe(404);
    const told = { traces: 7, operationsLearnt: 1, operationsSeen: 2 };
    const answer = await consoleApp({ index, status: () => told }).request('/status.json');
    expect(await answer.json()).toEqual(told);
  });

  it('lists incidents, newest first, with cause and state', async () => {
    index.put(incident(1));
    index.put(incident(2, { state: 'resolved', title: 'Errors in cart' }));
    const { text } = await get('/incidents');
    expect(text.indexOf('Errors in cart')).toBeLessThan(text.indexOf('High latency in gateway'));
    expect(text).toContain('<strong>payment</strong>: its own time rose');
  });

  it('shows a release beside what was measured, whatever the version is called', async () => {
    index.put(incidentAfterRelease('<b onclick=x>1.4.2'));
    const { text } = await get('/incidents/7f3a00112233');
    expect(text).toContain('A new version &lt;b onclick=x&gt;1.4.2 of payment appeared at 20:59 UTC, 40 s before');
    expect(text).toContain('aria-label="Normal 0 % to 0 %, now 62 %"');
  });

  it('shows the cause first, with evidence in words and as a picture, then other causes and traces', async () => {
    index.put(incident(1));
    const { status, text } = await get('/incidents/000000000001');
    expect(status).toBe(200);
    expect(text).toContain('<b>payment</b> is the likely cause: its own time rose.');
    expect(text).toContain('POST /charge self time p95: 41 to 912 ms (×22, 318 spans); normal 38–47 ms.');
    expect(text).toContain('aria-label="Normal 38 ms to 47 ms, now 912 ms"');
    expect(text).toContain('gateway &gt; checkout &gt; payment');
    expect(text).toMatch(/href="http:\/\/grafana\.local\/explore\?[^"]*4bf92f3577b34da6a3ce929d0e0e4736/);
    expect(text).toContain('date=2023-11-14/service=gateway/trace_4bf92f3577b34da6a3ce929d0e0e4736.parquet');
    expect(text).toContain('4 % of spans have a parent that never came.');
  });

  it('says how sure it is, and by how many answers that is known', async () => {
    const [cause] = incident(1).causes;
    if (cause === undefined) throw new Error('the example has a cause');
    index.put(incident(1));
    expect((await get('/incidents/000000000001')).text).toContain('Confidence 91 %, not calibrated.');
    const calibrated = { ...cause, confidence: 0.62, calibrated: true, computed: 0.91, answers: 41 };
    index.put(incident(1, { revision: 2, causes: [calibrated] }));
    const { text } = await get('/incidents/000000000001');
    expect(text).toContain('<b>payment</b> is the possible cause');
    expect(text).toContain(
      'Confidence 62 %: as often as people found such claims right, by 41 answers; computed 91 %.',
    );
  });

  it('gives the incident as JSON', async () => {
    index.put(incident(1));
    expect(JSON.parse((await get('/incidents/000000000001.json')).text)).toEqual(incident(1));
  });

  it('escapes whatever came from outside', async () => {
    const hostile = '<script>alert(1)</script>"\'&';
    const [cause] = incident(1).causes;
    if (cause === undefined) throw new Error('the example has a cause');
    index.put(
      incident(1, {
        title: hostile,
        causes: [{ ...cause, service: key(hostile), change: hostile }],
        notSeen: [hostile],
      }),
    );
    for (const path of ['/incidents', '/incidents/000000000001']) {
      const { text } = await get(path);
      expect(text).not.toContain('<script>');
      expect(text).toContain('&lt;script&gt;');
    }
  });

  it('forbids everything but its own style sheet', async () => {
    const { headers } = await get('/incidents');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("style-src 'self'");
    expect(policy).not.toContain('unsafe');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    const { text } = await get('/incidents');
    expect(text).not.toMatch(/<script|style=|javascript:/);
  });

  it.each(['/incidents/zzz', '/incidents/ffffffffffff', '/incidents/..%2f..%2fetc', '/nothing'])(
    'answers 404 to %s',
    async (path) => {
      expect((await get(path)).status).toBe(404);
    },
  );

  it('pages through many incidents and keeps no more than its capacity', async () => {
    const small = new IncidentIndex(120);
    for (let n = 1; n <= 150; n += 1) small.put(incident(n, n <= 40 ? { state: 'resolved' } : {}));
    const first = small.list({ limit: 50 });
    const second = small.list({ limit: 50, after: first.next ?? '' });
    const third = small.list({ limit: 50, after: second.next ?? '' });
    expect([first.incidents.length, second.incidents.length, third.incidents.length, third.next]).toEqual([
      50,
      50,
      20,
      undefined,
    ]);
    expect(new Set([...first.incidents, ...second.incidents, ...third.incidents].map(({ id }) => id)).size).toBe(120);
    expect(small.openCount).toBe(110);
  });

  it('keeps the newest revision when an older one comes late', () => {
    index.put(incident(1, { revision: 3, title: 'new' }));
    index.put(incident(1, { revision: 2, title: 'old' }));
    expect(index.get('000000000001')?.title).toBe('new');
  });
});
