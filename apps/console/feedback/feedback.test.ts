import { topics } from '@plumbline/contracts';
import { FeedbackBook, serviceKey, type Feedback } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { StreamError, type OutgoingRecord } from '@plumbline/worker';
import { Registry } from 'prom-client';
import { consoleApp } from '../app';
import { IncidentIndex } from '../incident-index';
import { FeedbackDesk, type FeedbackDeskOptions } from './desk';
import { observeFeedback } from './metrics';

const id = '7f3a00112233';
const key = (service: string) => serviceKey({ tenant: 'default', environment: 'production', namespace: '', service });
const origin = 'http://console.local';

/** Replicas of the console whose answers come back to all of them at once, as from a topic. */
function replicas(count: number, options: Partial<FeedbackDeskOptions> = {}) {
  const records: OutgoingRecord[] = [];
  const books = Array.from({ length: count }, () => new FeedbackBook());
  const produce = (written: readonly OutgoingRecord[]) => {
    records.push(...written);
    for (const { key: name, value } of written)
      for (const book of books) book.add({ key: Buffer.from(name ?? ''), value });
    return Promise.resolve();
  };
  const consoles = books.map((book) => {
    const index = new IncidentIndex();
    index.put(exampleIncident({ reckoning: { model: 'rule/1', unknown: 0.05 } }));
    const registry = new Registry();
    const { onUnreadable: _, ...observer } = observeFeedback(registry, book);
    const feedback = new FeedbackDesk({ book, stream: { produce }, ...observer, ...options });
    return { app: consoleApp({ index, feedback }), index, book, registry };
  });
  return { consoles, records };
}

function one(options: Partial<FeedbackDeskOptions> = {}) {
  const { consoles, records } = replicas(1, options);
  const [console] = consoles;
  if (console === undefined) throw new RangeError('no console');
  return { ...console, records };
}
type App = ReturnType<typeof one>['app'];

/** The page of the incident as a browser has it: its text, and the cookies that came with it. */
async function open(app: App, query = '?answer=more') {
  const response = await app.request(`${origin}/incidents/${id}${query}`);
  const cookie = response.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const text = await response.text();
  const token = /name="form" value="([0-9a-f]{32})"/.exec(text)?.[1] ?? '';
  return { text, cookie, token, response };
}

/** Sends the form as a browser does that has the page. */
async function send(app: App, fields: Record<string, string>, headers: Record<string, string> = {}) {
  const { cookie, token } = await open(app);
  const response = await app.request(`${origin}/incidents/${id}/feedback`, {
    method: 'POST',
    headers: { origin, cookie, 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ form: token, cause: key('payment'), ...fields }).toString(),
  });
  return { status: response.status, text: await response.text(), response };
}

describe('the form of an incident', () => {
  it('stores an answer with what was shown, and leads back to the page, which shows it', async () => {
    const { app, book, records } = one({ now: () => 1_800_000_000_000 });
    const { status, response } = await send(app, {
      answer: 'wrong',
      service: key('checkout'),
      note: 'pool\r\nexhausted',
      by: ' Ann ',
    });
    expect([status, response.headers.get('location')]).toEqual([303, `/incidents/${id}#feedback`]);
    const [said] = book.about('default', id);
    expect(said).toEqual<Feedback>({
      schema: 1,
      tenant: 'default',
      incident: id,
      revision: 1,
      by: 'Ann',
      answer: 'wrong',
      service: key('checkout'),
      note: 'pool\nexhausted',
      saidAtMs: 1_800_000_000_000,
      shown: [{ service: key('payment'), confidence: 0.91, computed: 0.91 }],
      model: 'rule/1',
    });
    expect(records[0]).toMatchObject({
      topic: topics.feedback.name,
      key: `default/${id}/Ann`,
      timestampMs: 1_800_000_000_000,
      headers: { 'plumbline-schema': 'feedback/1' },
    });
    const { text } = await open(app);
    expect(text).toContain('it was <b><bdi>checkout</bdi></b>');
    expect(text).toMatch(/<bdi>Ann<\/bdi>,\s+2027-01-15/);
  });

  it('is answered at another replica by the same page: what proves where it comes from is not of one process', async () => {
    const { consoles } = replicas(2);
    const [first, second] = consoles;
    if (first === undefined || second === undefined) throw new RangeError('no consoles');
    const { cookie, token } = await open(first.app);
    const response = await second.app.request(`${origin}/incidents/${id}/feedback`, {
      method: 'POST',
      headers: { origin, cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ form: token, answer: 'right' }).toString(),
    });
    expect(response.status).toBe(303);
    expect((await open(first.app)).text).toContain('<strong>Right</strong>');
  });

  it('names a service that is not in the list, in the environment of the incident or a namespace', async () => {
    const { app, book } = one();
    const named = async (other: string) => {
      expect((await send(app, { answer: 'wrong', other, service: key('checkout') })).status).toBe(303);
      return book.about('default', id)[0]?.service;
    };
    expect(await named('stock')).toBe(key('stock'));
    expect(await named('shop/stock')).toBe('default/production/shop/stock');
    expect(await named('gateway')).toBe(key('gateway'));
    expect(await named('default/staging//stock')).toBe('default/staging//stock');
  });

  it('is taken back', async () => {
    const { app, book, records } = one();
    await send(app, { answer: 'right', by: 'Ann' });
    expect((await send(app, { answer: 'withdrawn', by: 'Ben' })).status).toBe(409);
    expect((await send(app, { answer: 'withdrawn', by: 'Ann' })).status).toBe(303);
    expect(book.about('default', id)).toEqual([]);
    expect(records.at(-1)).toMatchObject({ key: `default/${id}/Ann`, value: null });
  });

  it('shows what others wrote as text, whatever it is', async () => {
    const { app } = one();
    const hostile = '<script>alert(1)</script>"\'&';
    await send(app, { answer: 'wrong', other: hostile, note: hostile, by: hostile });
    const { cookie } = await open(app);
    const text = await (
      await app.request(`${origin}/incidents/${id}?answer=more`, {
        headers: { cookie: `${cookie}; plumbline-by=${encodeURIComponent(hostile)}` },
      })
    ).text();
    expect(text).not.toContain('<script>');
    expect(text.match(/&lt;script&gt;/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('stands on a page that does not renew itself; the one that does has buttons only', async () => {
    const { app, index } = one();
    const renewing = (await open(app, '')).text;
    expect(renewing).toContain('http-equiv="refresh"');
    expect(renewing).not.toContain('<textarea');
    expect(renewing).toContain('<button name="answer" value="right">');
    const still = (await open(app)).text;
    expect(still).not.toContain('http-equiv="refresh"');
    expect(still).toContain('<textarea');
    index.put(exampleIncident({ revision: 2, state: 'resolved' }));
    expect((await open(app, '')).text).toContain('<textarea');
  });

  it('asks who it was where no cause is named', async () => {
    const { app, index } = one();
    index.put(exampleIncident({ revision: 2, causes: [] }));
    expect((await open(app)).text).not.toContain('value="right"');
    expect((await send(app, { answer: 'right', cause: '' })).status).toBe(422);
    expect((await send(app, { answer: 'wrong', cause: '', service: key('payment') })).status).toBe(303);
  });

  it.each([
    ['an answer that there is not', { answer: 'perhaps' }, 422, 'answer'],
    ['a service with “right”', { answer: 'right', service: key('checkout') }, 422, 'only with'],
    ['the cause itself as another', { answer: 'wrong', other: 'payment' }, 422, 'that is “right”'],
    ['a cause that is no longer named', { answer: 'right', cause: key('cart') }, 409, 'has changed: payment'],
    ['a token that is not the cookie’s', { answer: 'right', form: 'f'.repeat(32) }, 403, 'answer again'],
    ['a note that is too large', { answer: 'right', note: 'x'.repeat(40_000) }, 413, 'at most'],
  ])('says on the page what is wrong with %s, and stores nothing', async (_, fields, status, message) => {
    const { app, records } = one();
    const answer = await send(app, fields);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(message);
    expect(answer.text).toContain('role="alert"');
    expect(records).toEqual([]);
  });
});

it('what was typed is not lost when an answer cannot be taken', async () => {
  const { app } = one();
  const typed = { answer: 'right', service: key('checkout'), other: ' ', note: '\n  two\nlines</textarea>', by: 'Ann' };
  const { text } = await send(app, typed);
  expect(text).toMatch(/value="right" required checked/);
  expect(text).toMatch(/<option value="default\/production\/\/checkout" selected>/);
  expect(text).toContain('maxlength="1000">\n  two\nlines&lt;/textarea&gt;</textarea>');
  expect(text).toContain('value="Ann"');
  const again = await app.request(`/incidents/${id}/feedback`);
  expect([again.status, again.headers.get('location')]).toEqual([302, `/incidents/${id}?answer=more#feedback`]);
});

describe('another site', () => {
  it.each([
    { origin: 'http://evil.local' },
    { origin: 'null' },
    { origin: '', 'sec-fetch-site': 'cross-site' },
    { origin: 'http://evil.local', 'sec-fetch-site': 'same-site' },
  ])('cannot send the form, with %j', async (headers) => {
    const { app, records } = one();
    expect((await send(app, { answer: 'right' }, headers)).status).toBe(403);
    expect(records).toEqual([]);
  });

  it('cannot send it as another type either: it has no token', async () => {
    const { app, records } = one();
    const headers = { origin: 'http://evil.local', 'content-type': 'application/json' };
    expect((await send(app, { answer: 'right' }, headers)).status).toBe(403);
    expect(records).toEqual([]);
  });

  it('cannot send what programs send: a browser asks first for that header, and is not answered', async () => {
    const { app, records } = one();
    const path = `${origin}/incidents/${id}/feedback.json`;
    const body = JSON.stringify({ answer: 'right' });
    expect((await app.request(path, { method: 'POST', body })).status).toBe(403);
    const asked = await app.request(path, { method: 'OPTIONS', headers: { origin: 'http://evil.local' } });
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    expect(records).toEqual([]);
  });

  it('may be sent forms by no page but the one that has one', async () => {
    const { app } = one();
    const policy = async (path: string) => (await app.request(origin + path)).headers.get('content-security-policy');
    expect(await policy(`/incidents/${id}`)).toContain("form-action 'self'");
    expect(await policy('/incidents')).toContain("form-action 'none'");
    const reading = consoleApp({ index: new IncidentIndex() });
    expect((await reading.request(`/incidents/${id}`)).headers.get('content-security-policy')).toContain(
      "form-action 'none'",
    );
  });
});

describe('programs', () => {
  const say = (app: App, body: unknown, incident = id) =>
    app.request(`${origin}/incidents/${incident}/feedback.json`, {
      method: 'POST',
      headers: { 'plumbline-feedback': '1', 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });

  it('say it as JSON, and are told what was stored', async () => {
    const { app, book } = one();
    const response = await say(app, { answer: 'wrong', service: 'checkout', by: 'Ann' });
    expect(response.status).toBe(201);
    expect(await response.json()).toMatchObject({ stored: { answer: 'wrong', service: key('checkout'), by: 'Ann' } });
    const list = (await (await app.request('/feedback.json')).json()) as { answers: Feedback[]; precision: object };
    expect(list.answers).toEqual(book.about('default', id));
    expect(list.precision).toMatchObject({ answered: 1, right: 0 });
    expect(await (await app.request('/incidents.json')).json()).toMatchObject({ precision: { answered: 1, right: 0 } });
    expect(await (await app.request(`/incidents/${id}/feedback.json`)).json()).toEqual({ answers: list.answers });
    expect(await (await say(app, { answer: 'withdrawn', by: 'Ann' })).json()).toEqual({ withdrawn: true });
  });

  it.each([
    [404, { answer: 'right' }, 'ffffffffffff'],
    [404, { answer: 'right' }, '..%2f'],
    [422, { answer: 'right', note: 1 }, id],
    [422, '{', id],
    [422, [], id],
    [413, { answer: 'right', note: 'x'.repeat(40_000) }, id],
  ])('are answered %i when they say %j of %s', async (status, body, incident) => {
    const { app, records } = one();
    const response = await say(app, body, incident);
    expect(response.status).toBe(status);
    expect(await response.json()).toHaveProperty('error');
    expect(records).toEqual([]);
  });

  it('are held back when they say too much at once, and no more people than fifty are taken for one incident', async () => {
    let now = 1_800_000_000_000;
    const { app, registry } = one({ now: () => now });
    const statuses: number[] = [];
    for (let i = 0; i < 35; i += 1) statuses.push((await say(app, { answer: 'right', by: `p${i}` })).status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
    now += 30_000;
    for (let i = 30; i < 50; i += 1) expect((await say(app, { answer: 'right', by: `p${i}` })).status).toBe(201);
    expect((await say(app, { answer: 'right', by: 'p50' })).status).toBe(409);
    expect((await say(app, { answer: 'wrong', by: 'p7' })).status).toBe(201);
    const metrics = await registry.metrics();
    expect(metrics).toContain('plumbline_feedback_stored_total{answer="right"} 50');
    expect(metrics).toContain('plumbline_feedback_answers{answer="right"} 49');
    expect(metrics).toContain('plumbline_feedback_incidents{verdict="right"} 1');
    expect(metrics).toContain('plumbline_feedback_precision_ratio{bound="value"} 1');
    expect(metrics).toContain('plumbline_feedback_refused_total{status="429"} 5');
  });
});

describe('a broker that does not take it', () => {
  const refused = new StreamError('PLUMBLINE_STREAM_REFUSED', 'produce to feedback: not authorized at 10.0.0.1');
  const away = new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', 'produce to feedback: no broker at 10.0.0.1');

  it.each([
    ['refuses it', () => Promise.reject(refused), 'is not stored'],
    ['is away', () => Promise.reject(away), 'not known to be stored'],
    ['says nothing', () => new Promise<void>(() => undefined), 'not known to be stored'],
  ])('is told of when it %s', async (_, produce, message) => {
    const { app, book, registry } = one({ stream: { produce }, writeTimeoutMs: 20 });
    const { status, text } = await send(app, { answer: 'right' });
    expect(status).toBe(503);
    expect(text).toContain(message);
    expect(text).not.toContain('10.0.0.1');
    expect([...book.all()]).toEqual([]);
    expect(await registry.metrics()).toContain('plumbline_feedback_refused_total{status="503"} 1');
  });

  it('that takes it and gives it back late has it nonetheless', async () => {
    const { app } = one({ stream: { produce: () => Promise.resolve() }, returnTimeoutMs: 30 });
    expect((await send(app, { answer: 'right' })).status).toBe(303);
  });
});

it('the list says how often people found the named cause right', async () => {
  const { app } = one();
  expect(await (await app.request('/incidents')).text()).toContain('No incident that named a cause is answered yet.');
  await send(app, { answer: 'right' });
  expect(await (await app.request('/incidents')).text()).toContain(
    'Of 1 answered incident 1 named the right cause: 100 %',
  );
});
