import { consoleApp, IncidentIndex } from '@plumbline/console';
import { linksOf, renderText } from '@plumbline/notification';
import type { Incident } from '@plumbline/wire';
import { renderDiscord } from '../notification/render/discord';
import { renderPagerDuty } from '../notification/render/pagerduty';
import { renderSlack } from '../notification/render/slack';
import { otlpRequest, testEpochMs, type SpanToSend } from '../preprocessing/testing';
import { partitionRequest } from './otlp/partition';
import type { PlacedRequest } from './replay/recordings';
import { replayRequests } from './replay/replay';

/**
 * The only attributes of which messages and pages show a value: they name services, their instances, operations and what is
 * called. Whoever adds one says so in docs/how-to/redact-attributes.md.
 */
const shown = [
  'service.name',
  'service.namespace',
  'deployment.environment.name',
  'tenant.id',
  'service.version',
  'service.instance.id',
  'k8s.pod.name',
  'k8s.node.name',
  'host.name',
  'http.request.method',
  'http.route',
  'url.template',
  'db.system.name',
  'db.namespace',
  'messaging.system',
  'messaging.destination.name',
  'rpc.system.name',
  'rpc.service',
  'server.address',
  'peer.service',
];

const minute = 60_000;
const faultMs = 20 * minute;

/** Each attribute has a value that names it. */
function named(keys: readonly string[]): Record<string, string> {
  return Object.fromEntries(keys.map((key) => [key, mark(key)]));
}

function mark(key: string): string {
  return `seen<${key}>`;
}

const hiddenKeys = [
  ...[
    'url.full',
    'url.path',
    'url.query',
    'user.id',
    'user.email',
    'client.address',
    'user_agent.original',
    'db.query.text',
  ],
  ...[
    'exception.message',
    'exception.stacktrace',
    'http.request.header.x-user',
    'error.message',
    'shop.customer',
    'tenant',
  ],
  ...[
    'messaging.message.id',
    'code.function.name',
    'network.peer.address',
    'enduser.id',
    'status message',
    'trace state',
  ],
];
const spanKeys = [...shown.filter((key) => !/^(service|deployment|tenant|k8s|host)\./.test(key)), ...hiddenKeys];
const resourceKeys = [
  ...shown.filter((key) => /^(service|deployment|k8s|host)\./.test(key)),
  ...['process.command_line', 'process.owner', 'os.description', 'container.id'],
];

function traffic(): PlacedRequest[] {
  const ended: { readonly endMs: number; readonly spans: readonly SpanToSend[] }[] = [];
  for (let number = 0; number < 25 * 60; number += 1) {
    const atMs = number * 1000;
    const slow = atMs >= faultMs;
    const startMs = testEpochMs + atMs;
    const common: Pick<SpanToSend, 'trace' | 'startMs' | 'attributes' | 'events' | 'traceState'> = {
      trace: `a${number.toString(16).padStart(8, '0')}`,
      startMs,
      attributes: named(spanKeys),
      traceState: `vendor=${mark('trace state')}`,
      events: slow ? [{ name: 'exception', attributes: named(['exception.type', 'exception.message']) }] : [],
    };
    const resource = (service: string) => ({
      ...named(resourceKeys),
      ...(slow ? { 'service.version': `2-${mark('service.version')}` } : {}),
      'service.name': `${service}-${mark('service.name')}`,
    });
    const failing = slow ? { statusCode: 2, statusMessage: mark('status message') } : {};
    const jitter = 0.8 + 0.4 * ((number * 0.618) % 1);
    const took = (slow ? 900 : 40) * jitter;
    ended.push({
      endMs: startMs + took + 20,
      spans: [
        { ...common, ...failing, id: '1', name: 'GET', kind: 2, durationMs: took + 20, resource: resource('shop') },
        { ...common, id: '2', parent: '1', name: 'GET', kind: 3, durationMs: took + 10, resource: resource('shop') },
        {
          ...common,
          ...failing,
          id: '3',
          parent: '2',
          name: 'GET',
          kind: 2,
          durationMs: took,
          resource: resource('stock'),
        },
        {
          ...common,
          ...failing,
          id: '4',
          parent: '3',
          name: 'SELECT',
          kind: 3,
          durationMs: took - 5,
          resource: resource('stock'),
        },
      ],
    });
  }
  return ended
    .sort((a, b) => a.endMs - b.endMs)
    .map(({ spans }, index) => {
      const bytes = otlpRequest(spans);
      return { index, path: 'traffic', bytes, parts: partitionRequest(bytes, 1) };
    });
}

/** Everything that people are shown of an incident. */
async function texts(incident: Incident): Promise<string[]> {
  const bases = { grafanaUrl: 'http://grafana.local', consoleUrl: 'http://console.local/' };
  const links = linksOf(incident, bases);
  const index = new IncidentIndex();
  index.put(incident);
  const app = consoleApp({ index, grafanaUrl: 'http://grafana.local' });
  const page = async (path: string) => (await app.request(path)).text();
  return [
    renderText(incident, links),
    JSON.stringify(renderSlack(incident, links)),
    JSON.stringify(renderDiscord(incident, links)),
    JSON.stringify(renderPagerDuty(incident, links, 'key')),
    await page('/incidents'),
    await page(`/incidents/${incident.id}`),
    await page(`/incidents/${incident.id}.json`),
  ];
}

jest.setTimeout(300_000);

describe('What people are shown of an incident', () => {
  let seen: ReadonlySet<string>;

  beforeAll(async () => {
    const { found } = await replayRequests(() => traffic());
    const all = (await Promise.all(found.map(texts))).flat().join('\n');
    // Channels and pages each escape in a way of their own.
    seen = new Set(
      [...spanKeys, ...resourceKeys, 'exception.type'].filter((key) =>
        new RegExp(`seen\\W.{0,12}?${key.replaceAll('.', String.raw`\.`)}\\W`).test(all),
      ),
    );
  });

  it('has values of attributes that name services, instances, operations and calls', () => {
    expect([...seen]).toEqual(expect.arrayContaining(['service.name', 'http.route', 'db.namespace']));
    expect(seen.size).toBeGreaterThan(4);
  });

  it('has values of no other', () => {
    expect([...seen].filter((key) => !shown.includes(key))).toEqual([]);
  });
});
