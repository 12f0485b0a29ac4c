import { decodeBundle, encodeBundle, type Bundle, type WindowStats } from '@plumbline/wire';
import { Learner } from './learner';
import { incident, laptop, looked, shopMessages, start, windowMs } from './testing';

/** Bundles that a learner makes of the messages, with root cause looking at every window as soon as it is closed. */
function learn(learner: Learner, messages: readonly WindowStats[]): Bundle[] {
  return messages.flatMap((message) => [
    ...learner.add(message),
    ...learner.observeProgress(looked(message.watermarkMs, [], message.tenant)),
  ]);
}

const minute = 60_000;
const holdback = laptop.holdbackMs / windowMs;

describe('the first profile', () => {
  test('is made as soon as enough was seen, without waiting', () => {
    const messages = shopMessages(4);
    const learner = new Learner(laptop, 1);
    expect(learn(learner, messages.slice(0, 3))).toEqual([]);
    const [bundle] = learn(learner, messages.slice(3));
    expect(bundle?.learnt).toEqual({ fromMs: start, throughMs: start + 3 * windowMs, windows: 3, traces: 150 });
  });

  test('becomes effective at an event time that no trace judged so far has reached', () => {
    const [bundle] = learn(new Learner(laptop, 1), shopMessages(4));
    expect(bundle?.effectiveFromMs).toBe(start + 4 * windowMs + laptop.activationMs);
  });

  test('waits for enough traces where traffic is thin', () => {
    const learner = new Learner({ ...laptop, minTraces: 500 }, 1);
    const [bundle] = learn(learner, shopMessages(20));
    expect(bundle?.learnt).toMatchObject({ windows: 10, traces: 500 });
  });

  test('waits until every partition has been heard of', () => {
    expect(learn(new Learner(laptop, 2), shopMessages(20))).toEqual([]);
  });
});

describe('later profiles', () => {
  test('follow each doubling of what was learnt, and then the interval', () => {
    const bundles = learn(new Learner(laptop, 1), shopMessages(150));
    expect(bundles.map(({ learnt }) => learnt.windows)).toEqual([3, 6, 12, 24, 48, 96]);
    const often = learn(new Learner({ ...laptop, intervalMs: 20 * windowMs }, 1), shopMessages(100));
    expect(often.map(({ learnt }) => learnt.windows)).toEqual([3, 6, 12, 24, 44, 64, 84]);
  });

  test('hold back windows until an incident in them would be known', () => {
    const learner = new Learner(laptop, 1);
    const messages = shopMessages(6 + holdback + 1);
    expect(learn(learner, messages.slice(0, -1))).toHaveLength(1);
    expect(learn(learner, messages.slice(-1)).map(({ learnt }) => learnt.windows)).toEqual([6]);
  });

  test('leave out the windows of an incident and the one before it', () => {
    const learner = new Learner(laptop, 1);
    learn(learner, shopMessages(8));
    const from = start + 6 * windowMs + 1000;
    learner.observe(incident(from));
    learner.observe(incident(from, start + 9 * windowMs, 2));
    const [second] = learn(learner, shopMessages(30).slice(8));
    expect(learner.excluded).toBe(4);
    expect(second?.learnt).toEqual({ fromMs: start, throughMs: start + 10 * windowMs, windows: 6, traces: 300 });
    expect(second?.progress?.default?.throughMs).toBe(start + 10 * windowMs);
  });

  test('leave out only what an incident touched: the services it names, their callers and callees', () => {
    const learner = new Learner(laptop, 1);
    learn(learner, shopMessages(8));
    const until = start + 60 * windowMs;
    learner.observe(incident(start + 4 * windowMs, until, 1, ['default///payment']));
    const [, second] = learn(learner, shopMessages(40).slice(8));
    expect(learner.excluded).toBe(0);
    expect(learner.partial).toBeGreaterThan(4);
    expect(second?.learnt.windows).toBe(12);
    const spans = (service: string) =>
      [...(second?.profile.operations.values() ?? [])]
        .filter((row) => row.service === `default///${service}` && row.entry)
        .reduce((sum, { all }) => sum + all.count, 0);
    // Three of twelve windows came before the incident and the window before it.
    expect(spans('catalogue')).toBeGreaterThan(2 * spans('payment'));
    expect(spans('gateway')).toBeGreaterThan(3 * spans('checkout'));
    expect(spans('cart')).toBeGreaterThan(3 * spans('checkout'));
  });

  test('learn again what has lasted longer than an incident may: it is the new normal', () => {
    const learner = new Learner({ ...laptop, incidentMaxMs: minute }, 1);
    learn(learner, shopMessages(4));
    learner.observe(incident(start + 3 * windowMs));
    const bundles = learn(learner, shopMessages(60).slice(4));
    expect(learner.excluded).toBe(12);
    expect(bundles.length).toBeGreaterThan(0);
  });

  test('forget: a window counts half after a half-life', () => {
    const learner = new Learner({ ...laptop, halfLifeMs: 3 * windowMs }, 1);
    const [first, second] = learn(learner, shopMessages(20));
    const count = (bundle: Bundle | undefined) =>
      [...(bundle?.profile.entries.values() ?? [])].reduce((sum, { traces }) => sum + traces, 0);
    expect(count(first)).toBe(150);
    // 300 traces; the six windows end three windows after the first profile did, so all that is kept counts half.
    expect(count(second)).toBeCloseTo(150, 0);
    expect(second?.learnt.traces).toBe(300);
  });
});

describe('root cause', () => {
  const messages = shopMessages(60);
  const wait = (learner: Learner) => messages.flatMap((message) => learner.add(message));

  test('is not waited for before there is a bundle, and after it nothing is learnt that it has not looked at', () => {
    const learner = new Learner(laptop, 1);
    expect(wait(learner).map(({ learnt }) => learnt.windows)).toEqual([3]);
    expect(learner.waitingMs).toBe(59 * windowMs - laptop.holdbackMs - 4 * windowMs);
    const made = learner.observeProgress(looked(start + 12 * windowMs + laptop.holdbackMs));
    expect(made.map(({ learnt }) => learnt.windows)).toEqual([6, 12]);
    expect(learner.observeProgress(looked(start + 11 * windowMs + laptop.holdbackMs))).toEqual([]);
    const rest = learner.observeProgress(looked(start + 60 * windowMs));
    expect(rest.map(({ learnt }) => learnt.windows)).toEqual([24, 48]);
    expect(learner.waitingMs).toBeLessThanOrEqual(0);
  });

  test('is further only when the incidents that it names are known, in the revision it names', () => {
    const learner = new Learner(laptop, 1);
    wait(learner);
    const opened = incident(start + 5 * windowMs);
    const resolved = incident(start + 5 * windowMs, start + 40 * windowMs, 2);
    expect(learner.observeProgress(looked(start + 60 * windowMs, [resolved]))).toEqual([]);
    expect(learner.observe(opened)).toEqual([]);
    const [bundle] = learner.observe(resolved);
    expect(bundle?.learnt).toMatchObject({ windows: 6, throughMs: start + 42 * windowMs });
  });

  test('is not waited for beyond bounds: what nobody looked at for so long is left out', () => {
    const learner = new Learner({ ...laptop, maxWaitMs: 10 * windowMs }, 1);
    wait(learner);
    expect(learner.excluded).toBe(41);
    const [bundle] = learner.observeProgress(looked(start + 60 * windowMs));
    expect(bundle?.learnt).toMatchObject({ windows: 6, throughMs: start + 47 * windowMs });
  });

  test('late or in time gives the same bundles, but for when they become effective', () => {
    const late = new Learner(laptop, 1);
    const bundles = [...wait(late), ...late.observeProgress(looked(start + 59 * windowMs))];
    const intime = learn(new Learner(laptop, 1), messages);
    expect(bundles.map(({ learnt, profile }) => ({ learnt, profile }))).toEqual(
      intime.map(({ learnt, profile }) => ({ learnt, profile })),
    );
  });
});

describe('the same windows', () => {
  const single = learn(new Learner(laptop, 1), shopMessages(100));

  test('give the same bundles, version and all', () => {
    expect(learn(new Learner(laptop, 1), shopMessages(100)).map(({ version }) => version)).toEqual(
      single.map(({ version }) => version),
    );
  });

  test('give the same bundles when records come twice', () => {
    const messages = shopMessages(100);
    const repeated = messages.flatMap((message, i) =>
      i % 5 === 4 ? [message, ...messages.slice(i - 4, i + 1)] : [message],
    );
    expect(learn(new Learner(laptop, 1), repeated).map(({ version }) => version)).toEqual(
      single.map(({ version }) => version),
    );
  });

  test('give the same bundles whichever partition is ahead', () => {
    const messages = shopMessages(60, 2);
    const ahead = [0, 1].flatMap((half) => {
      const part = messages.slice(half * 60, half * 60 + 60);
      return [
        ...part.filter(({ source }) => source.partition === 1),
        ...part.filter(({ source }) => source.partition === 0),
      ];
    });
    const profiles = (bundles: readonly Bundle[]) => bundles.map(({ learnt, profile }) => ({ learnt, profile }));
    expect(profiles(learn(new Learner(laptop, 2), ahead))).toEqual(profiles(learn(new Learner(laptop, 2), messages)));
  });

  test.each([1, 2, 4])('give the same bundles when the learner starts again from its bundle %d', (made) => {
    const learner = new Learner(laptop, 1);
    const messages = shopMessages(100);
    const before: Bundle[] = [];
    while (before.length < made) before.push(...learn(learner, messages.splice(0, 1)));
    const last = before[made - 1];
    if (last === undefined) throw new RangeError(`no bundle ${made}`);
    // All records come again, of which the bundle has most, and twelve more than the learner had read.
    const again = new Learner(laptop, 1, decodeBundle(encodeBundle(last)), made);
    expect(learn(again, shopMessages(100)).map(({ version }) => version)).toEqual(
      single.slice(made).map(({ version }) => version),
    );
  });
});

describe('tenants', () => {
  test('are learnt each at its own pace, into one profile', () => {
    const learner = new Learner(laptop, 1);
    const bundles = learn(learner, [...shopMessages(4, 1, 'acme'), ...shopMessages(30)]);
    const last = bundles[bundles.length - 1];
    expect(Object.keys(last?.progress ?? {})).toEqual(['acme', 'default']);
    expect(last?.progress?.acme?.throughMs).toBe(start + 3 * windowMs);
    expect(last?.progress?.default?.throughMs).toBeGreaterThan(start + 3 * windowMs);
  });

  test('say which source offsets are in the bundle', () => {
    const [bundle] = learn(new Learner(laptop, 2), shopMessages(5, 2));
    expect(bundle?.progress).toEqual({ default: { throughMs: start + 3 * windowMs, positions: { 0: 2, 1: 2 } } });
  });
});

describe('settling', () => {
  test('leaves out the first windows with traffic, once', () => {
    const [bundle] = learn(new Learner({ ...laptop, settleWindows: 2 }, 1), shopMessages(8));
    expect(bundle?.learnt).toMatchObject({ windows: 3, fromMs: start + 2 * windowMs });
  });
});
