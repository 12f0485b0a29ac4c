import { topics } from '@plumbline/contracts';
import { startChannelServer } from '@plumbline/notification/testing';
import { encodeIncident, headers, schemas } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBackbone, type Backbone } from './backbone';
import { eventually } from './eventually';
import { Random } from './random';
import { recordsOf } from './topics';
import { WorkerProcess } from './workers';

const incidents = 12;
const kills = 4;

describe('When notification is killed again and again while one channel does not answer', () => {
  const random = new Random();
  const all = Array.from({ length: incidents }, (_, number) => number.toString(16).padStart(12, 'a'));
  const held: (() => void)[] = [];
  let hangs = true;
  let answered = 0;
  let backbone: Backbone;
  let server: Awaited<ReturnType<typeof startChannelServer>>;
  let notification: WorkerProcess;

  beforeAll(async () => {
    console.info(`PLUMBLINE_SEED=${random.seed}`);
    server = await startChannelServer(async ({ url }) => {
      if (url.startsWith('/discord')) {
        if (hangs) await new Promise<void>((resolve) => held.push(resolve));
        answered += 1;
      }
      return { status: 200, body: { id: '1' } };
    });
    backbone = await startBackbone(1);
    notification = await WorkerProcess.start('notification', {
      ...backbone.environment,
      KAFKA_SESSION_TIMEOUT_SECONDS: '6',
      LOG_LEVEL: 'warn',
      DISCORD_WEBHOOK_URL: `${server.url}/discord`,
      SLACK_WEBHOOK_URL: `${server.url}/slack`,
    });
    await sayAllAndKill();
  });
  afterAll(async () => {
    answer();
    await notification.stop();
    await backbone.stop();
    await server.stop();
  });

  async function sayAllAndKill(): Promise<void> {
    let left = kills;
    for (const [index, id] of all.entries()) {
      const value = encodeIncident(exampleIncident({ id, title: `Incident ${id}` }));
      const record = { topic: topics.incidents.name, key: id, value, headers: { [headers.schema]: schemas.incident } };
      await backbone.stream.produce([record]);
      await sleep(random.between(200, 1_500));
      if (!random.chance(left / (incidents - index))) continue;
      left -= 1;
      await notification.kill();
      await sleep(random.between(0, 1_000));
      await notification.restart();
    }
  }

  function answer(): void {
    hangs = false;
    for (const each of held.splice(0)) each();
  }

  /** Incidents that a channel was told of, once for each message. */
  const told = (path: string): string[] =>
    server.received.filter(({ url }) => url.startsWith(path)).flatMap(({ body }) => idsIn(body));
  const everyone = (path: string) => () => (new Set(told(path)).size === incidents ? true : undefined);

  it('tells the other channel of every incident all the same, again only where it was killed', async () => {
    await eventually('all messages of the channel that answers', everyone('/slack'));
    expect(answered).toBe(0);
    expect(new Set(told('/slack'))).toEqual(new Set(all));
    for (const id of all) expect(told('/slack').filter((each) => each === id).length).toBeLessThanOrEqual(1 + kills);
  });

  it('tells the one that did not answer of every incident once it does, and notes that it has', async () => {
    answer();
    await eventually('all messages of the channel that did not answer', everyone('/discord'));
    await eventually('every delivery to be noted', async () => {
      const noted = new Set((await recordsOf(backbone.stream, topics.deliveries.name)).map(({ key }) => String(key)));
      return noted.size === 2 * incidents ? true : undefined;
    });
  });
});

/** Ids of the incidents that a message is about, by their titles. */
function idsIn(body: unknown): string[] {
  return [...new Set(Array.from(JSON.stringify(body).matchAll(/Incident ([0-9a-f]{12})/g), ([, id = '']) => id))];
}
