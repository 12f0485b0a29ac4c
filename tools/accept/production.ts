import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../apps/end-to-end/eventually';
import { signals, type Signal } from '../../constructs/collection/signal';
import { onNode } from './node/machine';
import { apply, containerOf, podsOf } from './node/objects';
import type { Machine } from './node/machine';
import { alertMetrics } from './production/environment';
import { Found, ingest, queries, Taken } from './production/signals';
import { members, people, startStack, type Member, type Stack } from './production/stack';
import { accept, Report } from './report';

/** What is asked of production: seconds until something sent is found, until people are told, and of a query. */
const goals = { foundSeconds: 30, toldSeconds: 30, querySeconds: 5 };

const shop = { name: 'shop', namespace: 'shop' };
const buyers = { name: 'buyers', namespace: 'shop' };
const perSecond = 5;
/** Nothing may be missing after so long: who was killed reads its log again, and tells the others. */
const patienceMs = 120_000;

/**
 * The stores of production, as rendered, on a node that really runs them, over TLS and through the policies: what is sent to the collectors is
 * found, people are told of alerts once, and nothing that was taken is lost when one of each is killed.
 *
 * @throws {NotAcceptedError} naming what does not hold, or what the machine lacks
 */
export async function acceptProduction(): Promise<void> {
  const report = new Report();
  await onNode(report, async (machine) => {
    try {
      const stack = await startStack(report, machine);
      await apply(machine.cluster.kubectl, [
        { apiVersion: 'v1', kind: 'Namespace', metadata: { name: shop.namespace } },
      ]);
      await stack.clients.start(shop);
      await acceptFound(report, stack);
      await acceptQueries(report, stack);
      await acceptTold(report, stack, 'OrdersLost');
      await acceptKilled(report, stack, machine);
      await acceptTold(report, stack, 'OrdersDoubled');
    } catch (error) {
      console.error(await unready(machine));
      throw error;
    }
  });
}

/** Pods that are not ready, the last lines of each, and what the cluster warned of. */
async function unready({ cluster }: Machine): Promise<string> {
  const { stdout } = await cluster.kubectl(['get', 'pods', '--all-namespaces', '--no-headers']);
  const lines = stdout.split('\n').filter((line) => line !== '' && !/ (\d+)\/\1 +Running| Completed /.test(line));
  const said = await Promise.all(
    lines.map(async (line) => {
      const [namespace = '', pod = ''] = line.split(/ +/);
      return `${line}\n${(await cluster.logs(namespace, pod)).slice(-2_000)}`;
    }),
  );
  const events = ['get', 'events', '--all-namespaces', '--field-selector=type=Warning', '--no-headers'];
  return [...said, (await cluster.kubectl(events)).stdout.slice(-4_000)].join('\n');
}

/** One of each signal, until it is found; looked for one after the other, each from when all were sent. */
async function acceptFound(report: Report, { clients }: Stack): Promise<void> {
  const service = 'first';
  const start = performance.now();
  const sent = JSON.parse(await clients.run(shop, 'one', { host: ingest, service })) as { readonly traceId: string };
  const found = new Found(clients, people, service);
  for (const signal of signals) {
    await report.step(
      `${signal} are found again in less than ${goals.foundSeconds} s`,
      async () => {
        const patience = { timeoutMs: goals.foundSeconds * 1000 - (performance.now() - start), everyMs: 200 };
        const isThere = async () => ((await found.missing(signal, [sent.traceId])).length === 0 ? true : undefined);
        await eventually(`what was sent of ${signal}`, isThere, patience);
        return (performance.now() - start) / 1000;
      },
      (seconds) => `after ${seconds.toFixed(1)} s at most`,
    );
  }
}

/** What people ask of each store, some times. */
async function acceptQueries(report: Report, { clients }: Stack): Promise<void> {
  for (const { store, base, path } of queries) {
    await report.step(
      `queries of ${store} take less than ${goals.querySeconds} s`,
      async () => {
        const answers = await clients.askAll(
          people,
          base,
          Array.from({ length: 5 }, () => path),
        );
        const wrong = answers.find(({ status }) => status !== 200);
        accept(wrong === undefined, `${store} answers ${wrong?.status ?? 0}: ${wrong?.text ?? ''}`);
        const slowest = Math.max(...answers.map(({ ms }) => ms));
        accept(slowest < goals.querySeconds * 1000, `${slowest} ms`);
        return slowest;
      },
      (slowest) => `${slowest} ms at most`,
    );
  }
}

/** An alert of a metric that an application sends: evaluated by one of Mimir, told by one of Alertmanager. */
async function acceptTold(report: Report, stack: Stack, alert: keyof typeof alertMetrics): Promise<void> {
  const told = () =>
    stack.webhook.told.flatMap(({ alerts, atMs }) =>
      alerts
        .filter(({ labels }) => labels.alertname === alert)
        .map(({ startsAt }) => (atMs - Date.parse(startsAt)) / 1000),
    );
  await report.step(
    `people are told of ${alert} in less than ${goals.toldSeconds} s after it fires, and once`,
    async () => {
      await stack.clients.run(shop, 'one', { host: ingest, service: 'shop', metric: alertMetrics[alert] });
      // Rules look at what was a minute ago, once a minute, and twice before they fire.
      const [seconds = Infinity] = await eventually('a message', () => (told().length > 0 ? told() : undefined), {
        timeoutMs: 300_000,
      });
      accept(seconds < goals.toldSeconds, `${seconds} s after it fired`);
      // The others would, after fifteen and thirty seconds, if they had not been told that it was done.
      await sleep(40_000);
      accept(told().length === 1, `people were told ${told().length} times`);
      return seconds;
    },
    (seconds) => `${seconds.toFixed(1)} s`,
  );
}

/** While applications send, one of each is killed, until it is ready again; then all that was taken is looked for. */
async function acceptKilled(report: Report, { clients }: Stack, machine: Machine): Promise<void> {
  const service = 'shop';
  await clients.start({ ...buyers, runs: ['many', { host: ingest, service, perSecond }] });
  const taken = async () => new Taken(await clients.printed(buyers));
  const takes = async () => {
    const before = (await taken()).counts();
    await eventually('more that is taken', async () => {
      const now = (await taken()).counts();
      return signals.every((signal) => now[signal] > before[signal]) ? true : undefined;
    });
  };
  await takes();
  const killed: { readonly name: string; readonly atMs: number }[] = [];
  for (const member of members) {
    await report.step(
      `one of ${member.name} is killed, and comes back, while the others go on`,
      async () => {
        killed.push({ name: member.name, atMs: Date.now() });
        const seconds = await killOne(machine, member);
        await takes();
        return seconds;
      },
      (seconds) => `${seconds.toFixed(0)} s until it was ready`,
    );
  }
  await acceptNothingLost(report, new Found(clients, people, service), await taken(), killed);
}

/** All signals are looked at before it is said of which something is lost. */
async function acceptNothingLost(
  report: Report,
  found: Found,
  taken: Taken,
  killed: readonly { readonly name: string; readonly atMs: number }[],
): Promise<void> {
  /** When it was taken, by who had been killed last, or was a moment later. */
  const near = (signal: Signal, id: string) => {
    const atMs = taken.timeOf(signal, id);
    const last = killed.findLast((each) => each.atMs <= atMs + 2_000);
    return last === undefined ? 'at first' : `${((atMs - last.atMs) / 1000).toFixed(1)} s after ${last.name}`;
  };
  await report.step(
    'nothing that was taken is lost',
    async () => {
      const lost: string[] = [];
      const searched: string[] = [];
      for (const signal of signals) {
        const ids = taken.ids(signal);
        const start = performance.now();
        let missing = await found.missing(signal, ids);
        while (missing.length > 0 && performance.now() - start < patienceMs) {
          await sleep(1_000);
          missing = await found.missing(signal, missing);
        }
        searched.push(`${ids.length} ${signal} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
        if (missing.length === 0) continue;
        const times = missing.slice(0, 30).map((id) => near(signal, id));
        lost.push(`${missing.length} of ${ids.length} ${signal}, taken ${times.join(', ')}`);
      }
      accept(lost.length === 0, `lost are\n${lost.join('\n')}`);
      return searched;
    },
    (searched) => `${searched.join(', ')}; ${taken.refused()} requests had to be sent again`,
  );
}

/** @returns seconds until it was ready again */
async function killOne({ cluster }: Machine, { namespace, name, replicas }: Member): Promise<number> {
  const pods = await podsOf(cluster.kubectl, namespace, name);
  accept(pods.length === replicas, `there are ${pods.length} of ${name}`);
  const victim = pods.at(-1);
  if (victim === undefined) throw new Error(`nobody is there to be killed of ${name}`);
  const before = containerOf(victim);
  const start = performance.now();
  await cluster.kill(before);
  await eventually(
    `${victim.metadata.name} again`,
    async () => {
      const now = (await podsOf(cluster.kubectl, namespace, name)).find(
        ({ metadata }) => metadata.name === victim.metadata.name,
      );
      const isReady = now?.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
      return now !== undefined && isReady === true && containerOf(now) !== before ? true : undefined;
    },
    { timeoutMs: 240_000 },
  );
  return (performance.now() - start) / 1000;
}
