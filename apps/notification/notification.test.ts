import { encodeIncident, headers, schemas, type Incident } from '@plumbline/wire';
import { exampleIncident, incidentAfterRelease } from '@plumbline/wire/incident.testing';
import type { Effect, OutgoingRecord, StageOutput } from '@plumbline/worker';
import { channelsOf } from './channels';
import { notificationConfig } from './config';
import { deliver, DeliveryError } from './deliver';
import { renderDiscord } from './render/discord';
import { linksOf } from './render/links';
import { renderPagerDuty } from './render/pagerduty';
import { renderSlack } from './render/slack';
import { renderText } from './render/text';
import { NotificationStage } from './stage';
import { startChannelServer } from './testing';

const bases = {
  grafanaUrl: 'http://grafana.local',
  consoleUrl: 'http://console.local/',
  runbookUrl: 'http://runbooks.local',
};

describe('the Discord message', () => {
  it('has the documented form, field for field', () => {
    const message = renderDiscord(exampleIncident(), linksOf(exampleIncident(), bases));
    expect(message).toEqual({
      username: 'AIOps RCA Bot',
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: '🚨 Anomaly Detected: High latency in gateway',
          color: 15158332,
          fields: [
            { name: 'Root Cause', value: 'payment: its own time rose', inline: false },
            { name: 'Affected Services', value: 'gateway, checkout, payment', inline: false },
            {
              name: 'Trace Link',
              value: expect.stringMatching(
                /^\[View in Grafana\]\(http:\/\/grafana\.local\/explore\?schemaVersion=1&panes=.*4bf92f3577b34da6a3ce929d0e0e4736.*\)$/,
              ) as string,
              inline: false,
            },
          ],
          timestamp: '2026-01-24T21:00:00Z',
        },
      ],
    });
  });

  it('stays within the limits of the channel and escapes names', () => {
    const hostile = exampleIncident({
      title: '@everyone '.repeat(100),
      affected: Array.from({ length: 200 }, (_, n) => `d/p//*svc*${n}`),
    });
    const [embed] = renderDiscord(hostile, {}).embeds;
    expect(embed.title.length).toBeLessThanOrEqual(256);
    expect(embed.fields.every((field) => field.value.length <= 1024)).toBe(true);
    expect(embed.fields[1]?.value).toMatch(/^\\\*svc\\\*0, .* and \d+ more$/);
  });
});

describe('evidence of a release', () => {
  const sentence = 'of payment appeared at 20:59 UTC, 40 s before the incident began';

  it('is in every message that has evidence, after what was measured', () => {
    const incident = incidentAfterRelease('1.4.2');
    expect(renderText(incident, {})).toMatch(new RegExp(`self time p95: .*\\n  A new version 1\\.4\\.2 ${sentence}`));
    const [slack, pager] = [renderSlack(incident, {}), renderPagerDuty(incident, {}, 'key')].map((m) =>
      JSON.stringify(m),
    );
    for (const message of [slack, pager]) expect(message).toContain(`A new version 1.4.2 ${sentence}`);
  });

  it('has no markup of its own, whatever a version is called', () => {
    const message = JSON.stringify(renderSlack(incidentAfterRelease('<!channel> & <http://evil|x>'), {}));
    expect(message).toContain('&lt;!channel&gt; &amp; &lt;http://evil|x&gt;');
    expect(message).not.toContain('<!channel>');
  });
});

describe('the Slack message', () => {
  it('names cause, evidence and links in blocks, with markup escaped', () => {
    const incident = exampleIncident({ title: 'High latency in <b>&gateway' });
    const { text, blocks } = renderSlack(incident, linksOf(incident, bases));
    expect(text).toContain('&lt;b&gt;&amp;gateway');
    expect(JSON.stringify(blocks)).toContain('*Root Cause*: payment: its own time rose');
    expect(JSON.stringify(blocks)).toContain('http://console.local/incidents/7f3a00112233|Incident');
    expect(JSON.stringify(blocks).length).toBeLessThan(8000);
  });
});

describe('the PagerDuty event', () => {
  it('triggers and resolves under one key', () => {
    const open = renderPagerDuty(exampleIncident(), linksOf(exampleIncident(), bases), 'routing');
    const resolved = renderPagerDuty(exampleIncident({ state: 'resolved' }), {}, 'routing');
    expect(open).toMatchObject({
      event_action: 'trigger',
      payload: { severity: 'critical', component: 'payment', source: 'gateway' },
    });
    expect(resolved).toEqual({ routing_key: 'routing', event_action: 'resolve', dedup_key: open.dedup_key });
  });
});

describe('a delivery', () => {
  it('waits as long as the channel asks for and tries again', async () => {
    const server = await startChannelServer((_, n) =>
      n === 1 ? { status: 429, headers: { 'retry-after': '0.05' } } : n === 2 ? { status: 503 } : { status: 204 },
    );
    const response = await deliver({ method: 'POST', url: server.url, body: {} }, { attempts: 3, firstDelayMs: 1 });
    expect([response.status, server.received.length]).toEqual([204, 3]);
    await server.stop();
  });

  it('does not repeat what was refused, and never names the address', async () => {
    const server = await startChannelServer(() => ({ status: 400 }));
    const attempt = deliver({ method: 'POST', url: `${server.url}/secret-token`, body: {} }, { attempts: 5 });
    await expect(attempt).rejects.toMatchObject({
      transient: false,
      message: expect.not.stringContaining('secret') as string,
    });
    expect(server.received).toHaveLength(1);
    await server.stop();
  });

  it('gives up after its attempts with an error that may be cured', async () => {
    const attempt = deliver({ method: 'POST', url: 'http://127.0.0.1:9', body: {} }, { attempts: 2, firstDelayMs: 1 });
    await expect(attempt).rejects.toEqual(expect.objectContaining({ transient: true }));
    await expect(attempt).rejects.toBeInstanceOf(DeliveryError);
  });
});

describe('the outbox', () => {
  const printed: string[] = [];
  const failures: string[] = [];
  const observer = {
    delivered: () => undefined,
    failed: (channel: string, _: Incident, error: Error) => void failures.push(`${channel}: ${error.message}`),
    unreadable: (_: unknown, offset: number) => void failures.push(`unreadable ${offset}`),
  };
  let deliveries: OutgoingRecord[] = [];
  const stream = {
    readAll: async (_topic: string, onRecord: (record: never, partition: number) => void) => {
      for (const { value } of deliveries) {
        onRecord({ offset: 0, timestampMs: 0, key: null, value, headers: {} } as never, 0);
      }
    },
  };
  const stageWith = async (env: Record<string, string>, patienceMs?: number) => {
    const stage = new NotificationStage(
      stream,
      channelsOf(notificationConfig.parse(env), (text) => printed.push(text)),
      observer,
      patienceMs,
    );
    await stage.reset();
    return stage;
  };
  const perform = async (output: StageOutput) => {
    for (const effect of output.effects as Effect[]) await effect.run();
    deliveries.push(...output.records);
  };
  const say = async (stage: NotificationStage, incident: Incident, offset: number) => {
    const record = {
      offset,
      timestampMs: 0,
      key: null,
      value: encodeIncident(incident),
      headers: { [headers.schema]: schemas.incident },
    };
    await perform(
      await stage.process({ topic: 'incidents', partition: 0, records: [record], highWatermark: offset + 1 }),
    );
    await perform(await stage.tick(offset * 1000));
  };

  beforeEach(() => {
    deliveries = [];
    printed.length = failures.length = 0;
  });

  it('posts one message, edits it with each revision, and marks it resolved', async () => {
    const server = await startChannelServer(() => ({ status: 200, body: { id: '123' } }));
    const stage = await stageWith({ DISCORD_WEBHOOK_URL: `${server.url}/webhooks/1/token` });
    await say(stage, exampleIncident(), 0);
    await say(stage, exampleIncident({ revision: 2, severity: 'high' }), 1);
    await say(stage, exampleIncident({ revision: 3, state: 'resolved' }), 2);
    expect(server.received.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'POST /webhooks/1/token?wait=true',
      'PATCH /webhooks/1/token/messages/123',
      'PATCH /webhooks/1/token/messages/123',
    ]);
    await server.stop();
  });

  it('neither repeats nor forgets after a restart', async () => {
    const server = await startChannelServer(() => ({ status: 200, body: { id: '123' } }));
    const env = { DISCORD_WEBHOOK_URL: `${server.url}/webhooks/1/token` };
    await say(await stageWith(env), exampleIncident(), 0);
    const restarted = await stageWith(env);
    await say(restarted, exampleIncident(), 0);
    expect(server.received).toHaveLength(1);
    await say(restarted, exampleIncident({ revision: 2 }), 1);
    expect(server.received[1]).toMatchObject({ method: 'PATCH' });
    await server.stop();
  });

  it('posts anew when somebody deleted the message', async () => {
    const server = await startChannelServer(({ method }) =>
      method === 'PATCH' ? { status: 404 } : { status: 200, body: { id: '9' } },
    );
    const stage = await stageWith({ DISCORD_WEBHOOK_URL: `${server.url}/w` });
    await say(stage, exampleIncident(), 0);
    await say(stage, exampleIncident({ revision: 2 }), 1);
    expect(server.received.map(({ method }) => method)).toEqual(['POST', 'PATCH', 'POST']);
    await server.stop();
  });

  it('keeps an incident, uncommitted, while its channel is down, and tells it later', async () => {
    let up = false;
    const server = await startChannelServer(() => (up ? { status: 200, body: { id: '1' } } : { status: 503 }));
    const stage = await stageWith({ DISCORD_WEBHOOK_URL: `${server.url}/w`, DELIVERY_ATTEMPTS: '1' });
    await say(stage, exampleIncident(), 5);
    expect(failures).toEqual(['discord: the channel answered 503']);
    expect(stage.committable({ topic: 'incidents', partition: 0 })).toBe(5);
    up = true;
    await perform(await stage.tick(100_000));
    await perform(await stage.tick(101_000));
    expect(stage.committable({ topic: 'incidents', partition: 0 })).toBe(6);
    expect(deliveries).toHaveLength(1);
    await server.stop();
  });

  describe('with a channel that never answers', () => {
    /** Takes requests on one path and answers them when it is told to, the others at once. */
    const startHalfDead = async () => {
      const held: (() => void)[] = [];
      const server = await startChannelServer(({ url }) => {
        const answer = { status: 200, body: { id: '1' } };
        return url.startsWith('/dead') ? new Promise((resolve) => held.push(() => resolve(answer))) : answer;
      });
      return { ...server, release: () => held.splice(0).forEach((answer) => answer()) };
    };
    const both = (url: string) => ({ DISCORD_WEBHOOK_URL: `${url}/dead`, SLACK_WEBHOOK_URL: `${url}/slack` });
    const arrived = async (server: { received: { url: string }[] }, path: string, count: number) => {
      while (server.received.filter(({ url }) => url.startsWith(path)).length < count) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };

    it('tells the other channels, and of other incidents, all the same', async () => {
      const server = await startHalfDead();
      const stage = await stageWith(both(server.url), 10);
      await say(stage, exampleIncident({ id: 'aaaaaaaaaaaa' }), 0);
      await say(stage, exampleIncident({ id: 'bbbbbbbbbbbb' }), 1);
      // What was said has arrived a moment before its answer has.
      while (deliveries.length < 2) {
        await perform(await stage.tick(2000));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(deliveries.map(({ key }) => key).toSorted()).toEqual(['aaaaaaaaaaaa/slack', 'bbbbbbbbbbbb/slack']);
      // Both are still to be told to the one that has not answered.
      expect(stage.committable({ topic: 'incidents', partition: 0 })).toBe(0);
      await server.stop();
    });

    it('asks it once at a time of an incident, and then goes on from its answer', async () => {
      const server = await startHalfDead();
      const stage = await stageWith(both(server.url), 10);
      await say(stage, exampleIncident(), 0);
      await say(stage, exampleIncident({ revision: 2, severity: 'critical' }), 1);
      await arrived(server, '/dead', 1);
      expect(server.received.filter(({ url }) => url.startsWith('/dead'))).toHaveLength(1);
      server.release();
      while (deliveries.every(({ key }) => key?.endsWith('discord') !== true)) {
        await perform(await stage.tick(2000));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await arrived(server, '/dead', 2);
      expect(server.received.filter(({ url }) => url.startsWith('/dead')).map(({ method }) => method)).toEqual([
        'POST',
        'PATCH',
      ]);
      await server.stop();
    });

    it('neither forgets nor repeats what it answers after partitions were assigned anew', async () => {
      const server = await startHalfDead();
      const stage = await stageWith(both(server.url), 10);
      await say(stage, exampleIncident(), 0);
      await stage.reset();
      await say(stage, exampleIncident(), 0);
      server.release();
      while (stage.committable({ topic: 'incidents', partition: 0 }) !== 1) {
        await perform(await stage.tick(2000));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      expect(server.received.filter(({ url }) => url.startsWith('/dead'))).toHaveLength(1);
      expect(deliveries.filter(({ key }) => key?.endsWith('discord') === true)).toHaveLength(1);
      await server.stop();
    });
  });

  it('routes: Slack gets production, PagerDuty what is critical and then its resolve', async () => {
    const server = await startChannelServer(() => ({ status: 202, body: {} }));
    const stage = await stageWith({
      SLACK_WEBHOOK_URL: `${server.url}/slack`,
      PAGERDUTY_ROUTING_KEY: 'key',
      PAGERDUTY_EVENTS_URL: `${server.url}/pagerduty`,
    });
    await say(stage, exampleIncident({ severity: 'low', environment: 'staging' }), 0);
    expect(server.received).toHaveLength(0);
    await say(stage, exampleIncident({ id: 'aaaaaaaaaaaa', severity: 'low' }), 1);
    await say(stage, exampleIncident({ id: 'aaaaaaaaaaaa', severity: 'critical', revision: 2 }), 2);
    await say(stage, exampleIncident({ id: 'aaaaaaaaaaaa', state: 'resolved', revision: 3 }), 3);
    expect(server.received.map(({ url }) => url)).toEqual(['/slack', '/slack', '/pagerduty', '/slack', '/pagerduty']);
    await server.stop();
  });

  it('prints and keeps the message when no channel is configured', async () => {
    const stage = await stageWith({ DISCORD_WEBHOOK_URL: '' });
    await say(stage, exampleIncident(), 0);
    expect(printed).toHaveLength(1);
    expect(printed[0]).toContain('Root cause: payment: its own time rose');
    expect(deliveries).toHaveLength(1);
  });

  it('skips what it cannot read and says so', async () => {
    const stage = await stageWith({});
    const record = {
      offset: 7,
      timestampMs: 0,
      key: null,
      value: Buffer.from('{'),
      headers: { [headers.schema]: schemas.incident },
    };
    await perform(await stage.process({ topic: 'incidents', partition: 0, records: [record], highWatermark: 8 }));
    expect(failures).toEqual(['unreadable 7']);
    expect(stage.committable({ topic: 'incidents', partition: 0 })).toBe(8);
  });
});
