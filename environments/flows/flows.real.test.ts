import { renderApp } from '../../constructs/testing';
import { platform } from '../../main';
import { chain } from '../../tools/accept/node/policies';
import { environments } from '../index';
import { production } from '../production';
import { thesis } from '../thesis';
import { Flows, strangers, type RenderedPod } from './flows.testing';
import { PodNetwork, type Dial, type StubPod } from './pod-network.testing';

/** Everybody to everybody, at each port that is listened on. */
function everyDial(pods: readonly StubPod[]): readonly (Dial & { readonly target: StubPod })[] {
  return pods.flatMap((from) =>
    pods
      .filter((target) => target !== from)
      .flatMap((target) => target.listens.map((listens) => ({ from, target, to: target.address, ...listens }))),
  );
}

/** A try, and whether packets came through. */
interface Try {
  readonly from: StubPod;
  readonly target: StubPod;
  readonly port: number;
  readonly protocol: string;
  readonly answered: boolean;
}

async function tryAll(flows: Flows, without?: Parameters<Flows['rules']>[0]): Promise<readonly Try[]> {
  const everybody = [...flows.pods, ...Object.values(strangers)];
  const network = await PodNetwork.open(everybody, flows.rules(without), chain);
  try {
    const dials = everyDial(everybody);
    const answers = await network.dial(dials);
    return dials.map((dial, index) => ({ ...dial, answered: answers[index] === true }));
  } finally {
    await network.close();
  }
}

const isRendered = (pod: StubPod): pod is RenderedPod => 'workload' in pod;
const inWords = ({ from, target, port, protocol }: Try) => `${from.name} to ${target.name} at ${port}/${protocol}`;

/** What configuration says of a try: whether it should come through. */
function isMeant(flows: Flows, { from, target, ...port }: Try): boolean {
  if (!isRendered(target)) return isRendered(from) && flows.goesOut(from, port.port);
  if (!isRendered(from)) return flows.isOpen(target, port);
  return flows.isTold(from, target, port) || (flows.goesOut(from, port.port) && flows.isOpen(target, port));
}

/** Tries between two pods of the platform that went otherwise than configuration says. */
function surprises(flows: Flows, tries: readonly Try[]): readonly string[] {
  return tries.flatMap((each) => {
    const { from, target, answered } = each;
    if (!isRendered(from) || !isRendered(target)) return [];
    if (answered && !isMeant(flows, each)) return [`open: ${inWords(each)}`];
    if (!answered && flows.isToldExactly(from, target, each)) return [`shut: ${inWords(each)}`];
    return [];
  });
}

describe.each([...environments, production])('Packets between pods of the $name environment', (environment) => {
  const flows = new Flows(renderApp(platform(environment)));
  let tries: readonly Try[];
  beforeAll(async () => {
    tries = await tryAll(flows);
  });

  it('come through where something tells one of the other, and nowhere else', () => {
    expect(surprises(flows, tries)).toEqual([]);
    const between = tries.filter(({ from, target }) => isRendered(from) && isRendered(target));
    const counts = [between.length, between.filter(({ answered }) => answered).length];
    expect(counts[0]).toBeGreaterThan(100);
    expect(counts[1]).toBeGreaterThan(10);
  });

  it('come in from pods of others at doors and where a policy says why, and nowhere else', () => {
    // A door may be for some pods or addresses only, of which these need not be.
    const { pod, outside } = strangers;
    const inwards = tries.filter(({ from, target }) => (from === pod || from === outside) && isRendered(target));
    expect(inwards.filter((each) => each.answered && !isMeant(flows, each)).map(inWords)).toEqual([]);
    expect(inwards.some(({ answered }) => answered)).toBe(true);
  });

  it('go out to others from who says why or has rights in the API, and from nobody else', () => {
    const outwards = tries.filter(({ from, target }) => isRendered(from) && target === strangers.outside);
    // Whoever goes out to some addresses only need not come to this one.
    expect(outwards.filter((each) => each.answered && !isMeant(flows, each)).map(inWords)).toEqual([]);
    expect(outwards.filter(({ answered }) => answered).length).toBeGreaterThan(0);
  });

  it('ask for names, and at no other port of who answers them', () => {
    const asked = tries.filter(({ from, target }) => isRendered(from) && target === strangers.dns);
    const answered = asked.filter(
      (each) => each.answered && !(isRendered(each.from) && flows.goesOut(each.from, each.port)),
    );
    expect(answered.length).toBeGreaterThan(10);
    expect(new Set(answered.map(({ port, protocol }) => `${port}/${protocol}`))).toEqual(new Set(['53/TCP', '53/UDP']));
  });
});

describe('Trying all pods', () => {
  const flows = new Flows(renderApp(platform(thesis)));

  it('notices a policy that is missing', async () => {
    const ofTempo = await tryAll(flows, ({ metadata }) => metadata.name === 'tempo');
    expect(surprises(flows, ofTempo)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^shut: .*otel-aggregator-0 to tempo\/StatefulSet tempo-0 at 4317/),
      ]),
    );
  });

  it('notices pods that are left to anybody', async () => {
    const open = await tryAll(flows, ({ metadata }) => metadata.namespace === 'tempo');
    expect(surprises(flows, open)).toContainEqual(expect.stringMatching(/^open: tempo\/StatefulSet tempo-0 to .*/));
    const strangersIn = open.filter(
      ({ from, target, answered }) => answered && from === strangers.pod && isRendered(target),
    );
    expect(strangersIn.map(inWords)).toContainEqual(
      expect.stringContaining('to tempo/StatefulSet tempo-0 at 3200/TCP'),
    );
  });
});
